"""``tamis queue``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tamis.cli.output import as_json, csv_line, remark, say, table
from tamis.cli.status import remark_on_waiting
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    everything: Annotated[
        bool, typer.Option("--all", help=_("With the places the policy hides, in the table too."))
    ] = False,
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed",
            help=_("As it is dealt to a person: every eighth place is one from the later half."),
        ),
    ] = False,
) -> None:
    """Print the order of review."""
    from tamis.cli.site import up_to_date
    from tamis.store import files

    with up_to_date(case) as store:
        with store.read() as connection:
            waiting = files.waiting(connection)
        print_queue(store, form, limit, everything=everything, mix=mixed)
        if waiting:
            remark(remark_on_waiting(case, waiting))


def print_queue(
    store: Store,
    form: Format,
    limit: int | None = None,
    *,
    everything: bool = False,
    mix: bool = False,
) -> None:
    """Print the queue of an open case; for programs all of it, for people but for hidden bands."""
    from tamis.config import settings
    from tamis.pipeline.prior_choice import in_force
    from tamis.pipeline.queue_view import COLUMNS, band_sizes, rows
    from tamis.pipeline.take_in import versions_in_force
    from tamis.triage.policy import load_policy

    whole = everything or form is not Format.TABLE
    hidden = frozenset() if whole else load_policy(settings().policy).hidden
    with store.read() as connection:
        sizes = band_sizes(connection)
        versions, prior = versions_in_force(settings()), in_force(connection, settings()).share
        found = rows(connection, versions, limit, hidden, prior, mix=mix)
        if form is Format.CSV:
            say(csv_line(COLUMNS))
            for row in found:
                say(csv_line([row[name] for name in COLUMNS]))
        elif form is Format.JSONL:
            for row in found:
                say(as_json(row, lines=True))
        else:
            if not sizes:
                remark(_("The queue is empty: the case holds no picture or video yet."))
                return
            _print_table(found)
            for band in sorted(hidden & sizes.keys()):
                remark(
                    _(
                        "{number} places of the band {band} are hidden; --all lists them.",
                        number=sizes[band],
                        band=band,
                    )
                )


def _print_table(found: Iterable[dict[str, object]]) -> None:
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
