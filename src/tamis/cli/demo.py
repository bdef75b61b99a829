"""``tamis demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tamis.cli.output import as_json, remark, say
from tamis.errors import UsageError
from tamis.i18n import _


def demo(
    folder: Annotated[
        Path | None, typer.Option(help=_("Where to make it; else a new temporary folder."))
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=_("Another seed makes another case."))] = 1,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Make a benign demonstration case, scan it and print its queue."""
    from tamis.cli.progress import drawn
    from tamis.cli.queue import Format, print_queue
    from tamis.cli.scan import report, run
    from tamis.demo.case import PICTURES, build
    from tamis.exchange.importing import import_list
    from tamis.store.database import open_store

    if folder and folder.exists() and any(folder.iterdir()):
        raise UsageError(_("{folder}: is not empty; name a new folder", folder=folder))
    place = folder or Path(tempfile.mkdtemp(prefix="tamis-demo-"))
    with drawn() as progress:
        progress.phase("build", PICTURES)
        made = build(place, seed=seed, progress=lambda *_: progress.advance(1))
    case = place / "case"
    with open_store(case, create=True, seed=seed.to_bytes(16, "big")) as store, store.only_writer():
        for name, kind, path in made.lists:
            import_list(store, name, path, kind)
    summary = run([made.evidence], case)
    if json:
        truth = {"case": str(case), "evidence": str(made.evidence), "truth": str(made.truth)}
        say(as_json(truth | {"counts": summary.counts}))
        return
    with open_store(case) as store:
        print_queue(store, Format.TABLE)
    report(case, summary)
    remark(_("Everything was made by code and lies in {folder}.", folder=place))
