"""``tamis calibrate``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tamis.cli.output import as_json, remark, say
from tamis.cli.site import site_folder
from tamis.cli.validate import TRUTH, WORKERS, labelled
from tamis.errors import CalibrationError, UsageError
from tamis.i18n import _

if TYPE_CHECKING:
    from tamis.assess.refit import Refitted
    from tamis.pipeline.refitting import Made


def calibrate(
    truth: Annotated[Path | None, TRUTH] = None,
    case: Annotated[
        Path | None,
        typer.Option(help=_("A case that holds the pictures; else they are scanned for this.")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Although the fit of Tamis is no worse."))
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help=_("Go back to the fit that comes with Tamis."))
    ] = False,
    workers: Annotated[int | None, WORKERS] = None,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Fit what the pixels are worth on the site's own labelled pictures."""
    if remove:
        if truth or case or force:
            raise UsageError(_("--remove takes the fit away: give nothing else"))
        _remove(json=json)
        return
    if truth is None:
        raise UsageError(_("name a truth file"))
    from tamis.pipeline import refitting
    from tamis.store.database import open_store

    made = _fitted(truth, case, workers)
    if not made.better and not force:
        worst = min(made.refitted.values(), key=lambda found: found.gain[0])
        raise CalibrationError(
            _(
                "on groups left out the new fit costs {cllr} bits, that of Tamis {before} on the "
                "same pictures: it stays as it is; --force takes the new one all the same",
                cllr=f"{worst.quality.cllr:.3f}",
                before=f"{worst.before:.3f}",
            )
        )
    with open_store(site_folder(), create=True) as site, site.only_writer():
        digest = refitting.store(site, made, forced=not made.better)
    if json:
        say(as_json(made.contents | {"sha256": digest, "unscored": made.unscored}))
    else:
        _print(made)


def _fitted(path: Path, case: Path | None, workers: int | None) -> Made:
    from tamis.config import settings
    from tamis.pipeline import refitting
    from tamis.pipeline.take_in import versions_in_force
    from tamis.pipeline.truth import read

    truth = read(path)
    with (
        tempfile.TemporaryDirectory(prefix="tamis-") as scratch,
        labelled(truth, path.parent, case, Path(scratch) / "case", workers) as (connection, places),
    ):
        return refitting.fit(connection, truth, versions_in_force(settings()), places)


def _remove(*, json: bool) -> None:
    from tamis.pipeline import refitting
    from tamis.store.database import open_store

    with open_store(site_folder(), create=True) as site, site.only_writer():
        digest = refitting.remove(site)
    if json:
        say(as_json({"removed": digest}))
    elif digest is None:
        say(_("This site has no fit of its own: that of Tamis is in force."))
    else:
        say(_("Removed: the fit that comes with Tamis is in force again."))
        remark(_("`tamis assess CASE` weighs a case anew."))


def _print(made: Made) -> None:
    from tamis.assess.pixels import SMALL, STRATA

    contents = made.contents
    say(
        _(
            "Fitted on {real} captures of {sources} groups and {fake} synthetic pictures of "
            "{generators} groups.",
            real=contents["n_capture"],
            sources=len(contents["sources"]),
            fake=contents["n_synthetic"],
            generators=len(contents["generators"]),
        )
    )
    for name in STRATA:
        say()
        small = name == SMALL
        say(_("Longer side below 512 pixels:") if small else _("Longer side from 512 pixels on:"))
        if name in made.refitted:
            _print_stratum(made.refitted[name])
        else:
            say(_("Too few pictures of it: the fit of Tamis stays in force."))
    say()
    say(_("In force at this site: version {version}", version=contents["version"]))
    for reason, number in made.unscored.items():
        remark(_("{number} pictures have no score: {reason}", number=number, reason=reason))
    remark(_("`tamis assess CASE` weighs a case anew; validate on other pictures than these."))


def _print_stratum(found: Refitted) -> None:
    say(
        _(
            "Cllr on groups left out: {cllr} (0 is perfect, 1 says nothing); of Tamis' own fit on "
            "the same pictures: {before}",
            cllr=f"{found.quality.cllr:.3f}",
            before=f"{found.before:.3f}",
        )
    )
    say(
        _(
            "Likelihood ratios between {lower} and {upper} (capture against synthesis)",
            lower=f"{10**found.bounds.lower:.3g}",
            upper=f"{10**found.bounds.upper:.3g}",
        )
    )
    gain, low, high = found.gain
    if low <= 0:
        remark(
            _(
                "The gain of {gain} bits may be chance: its interval is {low} to {high}.",
                gain=f"{gain:.3f}",
                low=f"{low:.3f}",
                high=f"{high:.3f}",
            )
        )
