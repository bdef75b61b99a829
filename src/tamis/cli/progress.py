"""Draws progress on a terminal; says nothing elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tamis.i18n import _
from tamis.pipeline.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Task

    from tamis.pipeline import progress as pipeline


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(_("{rate} per second", rate=f"{task.speed:.0f}") if task.speed else "")


class _Drawn:
    """Draws the phases of a scan."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)
        self._total: int | None = None
        self._names = {
            "build": _("Making pictures"),
            "walk": _("Finding files"),
            "examine": _("Examining"),
            "match": _("Matching hash lists"),
            "stack": _("Stacking near duplicates"),
            "queue": _("Ordering the queue"),
        }

    def phase(self, name: str, total: int | None) -> None:
        """Begin a phase."""
        self._total = total
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(self._names.get(name, name), total=total)

    def advance(self, steps: int, *, more: int = 0) -> None:
        """Make steps."""
        if self._total is not None and more:
            self._total += more
            self._bar.update(self._task, total=self._total)
        self._bar.advance(self._task, steps)


@contextmanager
def drawn() -> Iterator[pipeline.Progress]:
    """Yield something that draws where somebody watches."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Drawn(bar)
