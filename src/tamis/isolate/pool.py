"""A pool of worker processes that survives hostile files.

A file that crashes its decoder, never ends or eats memory costs itself and one worker, never
another file: every item given is answered exactly once. Workers answer in order, so the first item
a dead worker owes is the culprit and the others go to another worker.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic

from tamis.isolate.confinement import Confinement, probe
from tamis.isolate.outcome import Item, Outcome, Status
from tamis.isolate.run import Run
from tamis.isolate.serve import Job, make_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["Outcome", "SafePool", "Status"]


class SafePool(Generic[Item]):
    """Runs a function on items in confined worker processes.

    Args:
        function: what is done with an item; importable by name. What it returns must be plain data
            (see `tamis.isolate.wire`).
        workers: how many processes.
        timeout: seconds one item may take from when its worker starts on it; a number, or a
            function of the item.
        memory: address space of a worker in bytes.
        readable: files and folders a worker may read, besides what Python needs.
        max_tasks: items after which a worker is replaced by a fresh one; 0: never. A worker that a
            file has taken over can lie about those that follow: this bounds how many.
        depth: items handed to one worker at a time, so that it need not wait for the next.
        preload: modules the fork server imports once, for all workers of this program; the first
            pool of the program decides.
        initialiser: called in each worker before it is confined; must leave no thread running.
        results: dataclasses and enumerations of the caller's that `function` returns.

    Raises:
        TypeError: a class in `results` cannot travel.
        ValueError: `workers` or `depth` is below 1.
    """

    def __init__(
        self,
        function: Callable[[Item], object],
        *,
        workers: int,
        timeout: float | Callable[[Item], float],
        memory: int,
        readable: tuple[Path | str, ...] = (),
        max_tasks: int = 0,
        depth: int = 4,
        preload: tuple[str, ...] = (),
        initialiser: Callable[[], None] | None = None,
        results: tuple[type, ...] = (),
    ) -> None:
        if workers < 1 or depth < 1:
            raise ValueError("a pool needs at least one worker and a depth of one")
        self.workers = workers
        self.max_tasks = max_tasks
        self.depth = depth
        self.job = Job(
            function, memory, tuple(os.fspath(path) for path in readable), initialiser, results
        )
        self.codec = make_codec(results)
        self.applied: Confinement | None = None
        self._timeout = timeout
        self.preload = preload

    @property
    def confinement(self) -> Confinement:
        """What was applied to the workers; before the first is ready, what a probe shows."""
        if self.applied is None:
            self.applied = probe()
        return self.applied

    def timeout(self, item: Item) -> float:
        """Seconds `item` may take."""
        return self._timeout(item) if callable(self._timeout) else self._timeout

    def run(self, next_item: Callable[[], Item | None]) -> Iterator[Outcome[Item]]:
        """Work on what `next_item` gives; yield outcomes as they come.

        Args:
            next_item: called whenever a worker has room; None means that there is nothing at
                present. The run ends when nothing is in flight and it gives None, so an outcome
                may make the caller add items before it asks for the next outcome.

        Yields:
            one outcome per item, in order of completion. Closing the iterator ends all workers.

        Raises:
            PoolError: a worker cannot start, or fails before its first item.
        """
        return Run(self, next_item).outcomes()

    def map(self, items: Iterable[Item]) -> Iterator[Outcome[Item]]:
        """Work on all `items`; yield outcomes as they come (see `run`)."""
        rest = iter(items)
        return self.run(lambda: next(rest, None))
