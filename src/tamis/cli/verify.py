"""``tamis verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tamis.cli.output import as_json, remark, say
from tamis.i18n import _


def verify(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    head: Annotated[
        str | None,
        typer.Option(
            metavar="N:HASH", help=_("An end of the chain noted earlier, kept elsewhere.")
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEX", help=_("Key of another site that worked on the case; repeatable.")
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Check the audit log and the stored state; exit 1 where something does not hold."""
    from tamis.audit.verify import verify as check
    from tamis.store.database import open_store

    with open_store(case) as store:
        result = check(store, head, key or ())
    end = f"{result.head.seq}:{result.head.hash.hex()}"
    signed_with = [key.hex() for key in result.keys]
    if json:
        say(
            as_json(
                {
                    "holds": result.fault is None,
                    "fault": result.fault,
                    "head": end,
                    "keys": signed_with,
                    "notes": result.notes,
                }
            )
        )
    else:
        if result.fault is None:
            say(_("Everything holds: {number} audit records.", number=result.head.seq))
        else:
            say(_("Does not hold: {fault}", fault=result.fault))
        for public in signed_with:
            say(_("Signed with the key {key}", key=public))
        if result.fault is None:
            say(_("End of the chain, to keep elsewhere: {head}", head=end))
        for note in result.notes:
            remark(_("Note: {note}", note=note))
    if result.fault is not None:
        raise typer.Exit(1)
