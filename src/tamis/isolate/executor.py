"""The seam between a stage and the place where its work is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol

from tamis.isolate.confinement import Confinement, Level
from tamis.isolate.outcome import Item, Outcome, Status
from tamis.isolate.serve import make_codec, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Executor(Protocol[Item]):
    """Anything that runs a function on items: `InlineExecutor`, `tamis.isolate.pool.SafePool`."""

    @property
    def confinement(self) -> Confinement:
        """How far the work is confined."""

    def run(self, next_item: Callable[[], Item | None]) -> Iterator[Outcome[Item]]:
        """Work on what `next_item` gives until it gives None and nothing is left to answer.

        Every item is answered by exactly one outcome.
        """


class InlineExecutor(Generic[Item]):
    """Runs the function here, in this process: for tests, debuggers and trusted input.

    What raises, and what cannot travel, ends as it would in a pool; what crashes, hangs or eats
    memory does so here.

    Args:
        function: what is done with an item.
        results: dataclasses and enumerations of the caller's that `function` returns.
    """

    def __init__(
        self, function: Callable[[Item], object], *, results: tuple[type, ...] = ()
    ) -> None:
        self._function = function
        self._codec = make_codec(results)
        self.confinement = Confinement(Level.NONE, reasons=("the work is done in this process",))

    def run(self, next_item: Callable[[], Item | None]) -> Iterator[Outcome[Item]]:
        """Work on one item after the other; see `Executor.run`."""
        while (item := next_item()) is not None:
            status, answer = perform(self._function, item, self._codec)
            if status is Status.OK:
                yield Outcome(item, status, self._codec.decode(answer))
            else:
                yield Outcome(item, status, detail=answer.decode())
