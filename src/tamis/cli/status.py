"""``tamis status``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tamis.cli.output import as_json, remark, say, table
from tamis.i18n import _
from tamis.model import printable, printable_path

WAITING = "waiting: not looked at yet"


def remark_on_waiting(case: Path, number: int) -> str:
    """Say that a scan is not done."""
    return _(
        "{number} files taken in wait to be looked at; `tamis scan --case {case}` goes on.",
        number=number,
        case=case,
    )


def status(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    files: Annotated[
        bool, typer.Option("--files", help=_("List every media file with its state and reason."))
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Count media files by state."""
    from tamis.store import files as stored_files
    from tamis.store.database import open_store

    with open_store(case) as store, store.read() as connection:
        counts = stored_files.counts(connection)
        waiting = stored_files.waiting(connection)
        listed = [
            {
                "path": str(file.locator),
                "state": file.state.value,
                "reason": WAITING if file.waits else printable(file.reason),
                "source": printable_path(file.location),
            }
            for file in (stored_files.listing(connection) if files else ())
        ]
    if json:
        say(as_json({"counts": counts, "waiting": waiting} | ({"files": listed} if files else {})))
        return
    for state, number in counts.items():
        say(f"{number:>8}  {_(state)}")
    say(f"{sum(counts.values()):>8}  {_('in all')}")
    if waiting:
        remark(remark_on_waiting(case, waiting))
    if files:
        say()
        table(
            (_("state"), _("path"), _("reason")),
            ((_(item["state"]), item["path"], item["reason"]) for item in listed),
        )
