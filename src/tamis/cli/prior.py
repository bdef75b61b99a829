"""``tamis prior``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say
from tamis.cli.status import remark_on_waiting
from tamis.i18n import _
from tamis.model import PriorUse  # noqa: TC001 - typer reads annotations

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = "  "


def prior(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    use: Annotated[
        PriorUse | None,
        typer.Option(help=_("Put a prior into force: estimated, stated or none.")),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Say how many captures are to be expected, and which prior is in force."""
    from tamis.cli.site import up_to_date
    from tamis.config import settings
    from tamis.pipeline.prior_view import view
    from tamis.store import files

    if use is not None:
        _choose(case, use)
    with up_to_date(case) as store, store.read() as connection:
        waiting = files.waiting(connection)
        found = view(connection, settings())
    if json:
        say(as_json(found))
    else:
        for line in _told(found):
            say(line)
    if waiting:
        remark(remark_on_waiting(case, waiting))


def _choose(case: Path, use: PriorUse) -> None:
    from tamis.cli.site import existing_site
    from tamis.config import settings
    from tamis.pipeline.prior_choice import choose
    from tamis.store.database import open_store

    with open_store(case) as store, store.only_writer(), existing_site() as site:
        choose(store, settings(), site, use)


def _told(found: dict[str, Any]) -> Iterator[str]:
    now, estimated = found["in_force"], found["estimated"]
    yield in_force_in_words(now)
    yield _("Stated by this site: {share}.", share=_percent(found["stated"]))
    yield from _estimated(estimated)
    if now["use"] == "estimated" and estimated["share"] != round(now["prior_capture"], 4):
        yield _("What is in force stays as it was until --use estimated is given again.")
    yield from _measured(found["prevalence"])


def in_force_in_words(now: dict[str, Any]) -> str:
    """Say which prior is in force, and since when."""
    share = "" if now["prior_capture"] is None else _percent(now["prior_capture"])
    if now["use"] == "none":
        told = _("In force: no prior; no probability of a capture is given.")
    elif now["use"] == "estimated":
        told = _("In force: the estimated prior, {share}.", share=share)
    else:
        told = _("In force: the stated prior, {share}.", share=share)
    if now["since"]:
        told += " " + _("Chosen by {by} at {at}.", by=now["by"], at=now["since"])
    return told


def _estimated(found: dict[str, Any]) -> Iterator[str]:
    from tamis.assess.prior import Doubt
    from tamis.pipeline.prior_choice import why

    basis = found["rests_on"]
    if found["lower"] is None:
        yield _("Estimated: nothing, for no picture has a likelihood ratio.")
        return
    if found["usable"]:
        yield _("Estimated from this case: {range}.", range=_range(found))
    else:
        yield _("Estimated from this case: {range}; not to be used:", range=_range(found))
        for doubt in found["doubts"]:
            yield _STEP + why(Doubt(doubt))
    yield _STEP + _(
        "Pictures with a likelihood ratio: {places}. Decided captures: {captures}, synthetic: "
        "{synthetic}, neither: {neither}.",
        **{name: basis[name] for name in ("places", "captures", "synthetic", "neither")},
    )
    for name, label in (
        ("ratios", _("The likelihood ratios alone: {range}.")),
        ("decisions", _("The decisions alone: {range}.")),
        ("sample", _("The random sample, which takes the place of both: {range}.")),
    ):
        if found[name]:
            yield _STEP + label.format(range=_range(found[name] | {"share": None}))
    if left := found["undecided"]:
        told = {
            "ratios": _("Captures among the {places} not decided, if the ratios fit: {range}."),
            "sample": _("Captures among the {places} not decided, by the sample: {range}."),
        }[left["by"]]
        yield _STEP + told.format(places=left["places"], range=_range(left))


def _measured(found: dict[str, Any] | None) -> Iterator[str]:
    if found is None:
        yield _("For the share of captures in figures, draw a sample: `tamis elusion --draw N`.")
        return
    yield _(
        "Share of captures among all {places} places, by the random sample: {range}.",
        places=found["places"],
        range=_range(found),
    )
    yield _STEP + _(
        "{drawn} drawn and judged, {captures} of them captures.",
        drawn=found["drawn"],
        captures=found["captures_drawn"],
    )
    if found["method"] == "predicted":
        yield _STEP + _(
            "With the likelihood ratios this is worth {worth} judged places.",
            worth=round(found["worth"]),
        )
    if found["not_covered"]:
        yield _STEP + _(
            "{number} places outside the tail are not judged: any of them may be a capture.",
            number=found["not_covered"],
        )


def _range(found: dict[str, Any]) -> str:
    lower, upper = _percent(found["lower"]), _percent(found["upper"])
    if found["share"] is None:
        return _("from {lower} to {upper}", lower=lower, upper=upper)
    share = _percent(found["share"])
    return _("{share} (95 %: from {lower} to {upper})", share=share, lower=lower, upper=upper)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
