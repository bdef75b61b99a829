"""``tamis scan``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tamis.cli.output import as_json, remark, say
from tamis.cli.progress import drawn
from tamis.cli.site import existing_site
from tamis.config import settings
from tamis.errors import UsageError
from tamis.i18n import _
from tamis.model import FileState

if TYPE_CHECKING:
    from tamis.pipeline.scan import Summary

FAILED = (FileState.PARTLY_EXAMINED.value, FileState.UNREADABLE.value)


class Engine(StrEnum):
    """Where files are looked at."""

    LOCAL = "local"
    INLINE = "inline"


def scan(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SOURCE...",
            help=_("Folders, files or archives; none: those the case already knows."),
        ),
    ] = None,
    case: Annotated[Path, typer.Option(help=_("Folder of the case; made where absent."))] = ...,  # type: ignore[assignment]  # typer's mark of a required option
    workers: Annotated[
        int | None, typer.Option(min=0, help=_("Worker processes; 0: one per core."))
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help=_("local: confined workers; inline: this process, to debug."))
    ] = Engine.LOCAL,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="HEX", help=_("Seed of a new case, to repeat the order of another one.")
        ),
    ] = None,
    retry: Annotated[
        bool,
        typer.Option("--retry", help=_("Look again at files that are not wholly examined.")),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=_("Exit 3 where a file could not be examined."))
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Take in evidence and examine it."""
    if not sources and not (case / "case.db").is_file():
        raise UsageError(_("name at least one source for a new case"))
    summary = run(
        sources or [], case, workers=workers, engine=engine, seed=_seed(seed), retry=retry
    )
    if json:
        say(
            as_json(
                {
                    "case": str(case),
                    "new": summary.walked.new,
                    "changed": summary.walked.changed,
                    "known": summary.walked.known,
                    "gone": summary.walked.gone,
                    "looked_at": summary.looked_at,
                    "counts": summary.counts,
                    "seconds": round(summary.seconds, 3),
                    "confinement": summary.confinement,
                    "absent": summary.absent,
                }
            )
        )
    else:
        report(case, summary)
    for source in summary.absent:
        remark(_("{source}: is not there now; what is known of it is kept.", source=source))
    if summary.absent:
        raise typer.Exit(1)
    if strict and any(summary.counts[state] for state in FAILED):
        raise typer.Exit(3)


def _seed(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError(_("--seed takes hexadecimal digits, two to a byte")) from None


def run(
    sources: list[Path],
    case: Path,
    *,
    workers: int | None = None,
    engine: Engine = Engine.LOCAL,
    seed: bytes | None = None,
    retry: bool = False,
) -> Summary:
    """Scan, drawing progress."""
    from tamis.isolate.worker import start_early

    if engine is Engine.LOCAL:
        start_early(("tamis.pipeline.warm",))
    from tamis.pipeline.scan import Scan, source_for
    from tamis.store.database import open_store

    for source in sources:
        source_for(source)  # before a case is made for what cannot be read
    chosen = settings() if workers is None else settings().model_copy(update={"workers": workers})
    with (
        open_store(case, create=True, seed=seed) as store,
        existing_site() as site,
        store.only_writer(),
        drawn() as progress,
    ):
        try:
            scan = Scan(
                store, chosen, engine=engine.value, progress=progress, site=site, retry=retry
            )
            return scan.run(sources)
        except KeyboardInterrupt:
            remark(_("Interrupted; `tamis scan --case {case}` goes on from there.", case=case))
            raise


def report(case: Path, summary: Summary) -> None:
    """Say in words what a scan came to."""
    total = sum(summary.counts.values())
    say(
        _(
            "{looked_at} files looked at in {seconds} s; the case holds {total} files.",
            looked_at=summary.looked_at,
            seconds=f"{summary.seconds:.1f}",
            total=total,
        )
    )
    for state, number in summary.counts.items():
        say(f"  {number:>8}  {_(state)}")
    if summary.walked.changed:
        remark(_("{number} files changed since they were taken in.", number=summary.walked.changed))
    if summary.walked.gone:
        remark(
            _(
                "{number} files known to the case are no longer in their sources; what was found "
                "in them is kept.",
                number=summary.walked.gone,
            )
        )
    if any(summary.counts[state] for state in FAILED):
        remark(_("`tamis status {case} --files` lists every file with its reason.", case=case))
    remark(_("Next: `tamis queue {case}`", case=case))
