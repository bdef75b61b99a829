"""``tamis assess``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, say, table
from tamis.i18n import _

if TYPE_CHECKING:
    from tamis.pipeline.assessing import Change

_MOST = 20


def assess(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Weigh the evidence on every media anew, and say what changed."""
    from tamis.cli.site import up_to_date
    from tamis.pipeline.assessment_view import view

    changes = _assessed(case)
    with up_to_date(case) as store, store.read() as connection:
        found = view(connection, changes)
    if json:
        say(as_json(found))
    else:
        _print(found)


def _assessed(case: Path) -> list[Change]:
    from tamis.audit import checkpoint
    from tamis.cli.progress import drawn
    from tamis.config import settings
    from tamis.pipeline.assessing import assess
    from tamis.store.database import open_store

    with open_store(case) as store, store.only_writer(), drawn() as progress:
        changes = assess(store, settings(), progress)
        if changes is not None:
            checkpoint.sign(store)
    return changes or []


def _print(found: dict[str, Any]) -> None:
    say(_("1: {proposition}", proposition=_(found["propositions"][0])))
    say(_("2: {proposition}", proposition=_(found["propositions"][1])))
    say()
    table(
        (_("media"), _("support"), _("for")),
        (
            (
                item["media"],
                _(item["strength"].replace("_", " ")),
                _(item["supports"]) if item["supports"] else "",
            )
            for item in found["support"]
        ),
        right=1,
    )
    say()
    say(
        _(
            "{number} media without evidence; {pixels} weighed by their pixels; {conflicts} in "
            "conflict.",
            number=found["without_evidence"],
            pixels=found["of_pixels"],
            conflicts=found["conflicts"],
        )
    )
    fit = found["pixels_fit"]
    whose = _("of this site") if fit["of_this_site"] else _("of Tamis")
    say(_("Fit of the pixels: {version} ({whose})", version=fit["version"], whose=whose))
    if fit["refused"]:
        say(fit["refused"])
    changed = found["changed"]
    if not changed:
        say(_("Nothing changed."))
        return
    say(_("Changed: {number}, log10 LR before and after:", number=len(changed)))
    table(
        ("sha256", _("before"), _("after")),
        ((item["sha256"], *_ratios(item)) for item in changed[:_MOST]),
    )
    if len(changed) > _MOST:
        say(_("and {number} more: --json lists all.", number=len(changed) - _MOST))


def _ratios(item: dict[str, Any]) -> tuple[str, str]:
    before, after = (item[name] for name in ("before", "after"))
    return ("" if before is None else f"{before:+.2f}", "" if after is None else f"{after:+.2f}")
