"""``tamis queue``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tamis.cli.output import as_json, csv_line, remark, say, table
from tamis.i18n import _

if TYPE_CHECKING:
    from tamis.store.database import Store


class Format(StrEnum):
    """How the queue is printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


def queue(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    form: Annotated[Format, typer.Option("--format", help=_("table, csv or jsonl."))] = (
        Format.TABLE
    ),
    limit: Annotated[int | None, typer.Option(min=0, help=_("Only so many places."))] = None,
) -> None:
    """Print the order of review."""
    from tamis.cli.site import up_to_date

    with up_to_date(case) as store:
        print_queue(store, form, limit)


def print_queue(store: Store, form: Format, limit: int | None) -> None:
    """Print the queue of an open case."""
    from tamis.pipeline.queue_view import COLUMNS, rows

    with store.read() as connection:
        found = rows(connection, limit)
        if form is Format.CSV:
            say(csv_line(COLUMNS))
            for row in found:
                say(csv_line([row[name] for name in COLUMNS]))
        elif form is Format.JSONL:
            for row in found:
                say(as_json(row, lines=True))
        else:
            _print_table([dict(row) for row in found])


def _print_table(found: list[dict[str, object]]) -> None:
    if not found:
        remark(_("The queue is empty: the case holds no picture or video yet."))
        return
    table(
        (_("rank"), _("stack"), _("files"), _("priority"), _("path"), _("why")),
        (
            (
                row["rank"],
                row["stack"],
                row["files"],
                row["priority"],
                row["path"],
                "; ".join(str(row[name]) for name in ("known", "declared", "reasons") if row[name]),
            )
            for row in found
        ),
        right=4,
    )
