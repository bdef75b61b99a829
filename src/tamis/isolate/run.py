"""One run of a pool: hand out items, take answers, end workers that die, hang or lie."""

from __future__ import annotations

import pickle
import selectors
import time
from collections import deque
from typing import TYPE_CHECKING, Generic

from tamis.errors import PoolError
from tamis.isolate.confinement import Confinement
from tamis.isolate.outcome import Item, Outcome, Status
from tamis.isolate.serve import reason
from tamis.isolate.wire import WireError
from tamis.isolate.worker import Answer, Flight, Worker, context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tamis.isolate.pool import SafePool

_START_TIMEOUT_S = 120.0
_LOSSES = 100
"""Workers one run may lose to the end of the fork server before they are ready."""


class Run(Generic[Item]):
    """The workers of one run and the items on their way; see `SafePool.run`."""

    def __init__(self, pool: SafePool[Item], next_item: Callable[[], Item | None]) -> None:
        self._pool = pool
        self._next_item = next_item
        self._context = context(pool.preload)
        self._selector = selectors.DefaultSelector()
        self._workers: list[Worker[Item]] = []
        self._waiting: deque[Flight[Item]] = deque()
        self._answered: deque[Outcome[Item]] = deque()
        self._dry = False
        self._losses = 0

    def outcomes(self) -> Iterator[Outcome[Item]]:
        """Yield one outcome per item; end all workers when done, closed or interrupted."""
        try:
            while True:
                self._fill()
                if self._answered:
                    left = time.monotonic()
                    yield self._answered.popleft()
                    self._excuse(time.monotonic() - left)
                elif self._dry and not self._waiting and not any(w.flights for w in self._workers):
                    return
                else:
                    self._step()
        finally:
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.release()
            self._selector.close()

    def _fill(self) -> None:
        """Hand out items until no worker has room or there is nothing at present."""
        while True:
            with_room = [worker for worker in self._workers if self._has_room(worker)]
            idlest = min(with_room, key=lambda worker: len(worker.flights), default=None)
            may_start = len(self._workers) < self._pool.workers
            if idlest is None and not may_start:
                return
            # One item waits for each worker that is starting: none is started without need.
            spoken_for = 0 if idlest else sum(not worker.ready for worker in self._workers)
            if len(self._waiting) <= spoken_for and not self._pull():
                return
            if may_start and (idlest is None or idlest.flights):
                self._start()
            elif idlest is not None:
                self._hand(idlest, self._waiting.popleft())

    def _has_room(self, worker: Worker[Item]) -> bool:
        limit = self._pool.max_tasks
        return (
            worker.ready
            and not worker.deaf
            and len(worker.flights) < self._pool.depth
            and not (limit and worker.handed >= limit)
        )

    def _pull(self) -> bool:
        """Take one more item from the caller; False where there is none at present."""
        while True:
            left = time.monotonic()
            item = self._next_item()
            self._excuse(time.monotonic() - left)
            if item is None:
                self._dry = True
                return False
            try:
                payload = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # noqa: BLE001 - an item that cannot travel is answered too
                self._answer(item, Status.ERROR, detail=reason(error).decode())
            else:
                self._waiting.append(Flight(item, payload))
                self._dry = False
                return True

    def _excuse(self, seconds: float) -> None:
        """Give the workers that were sending the time in which the caller kept us from reading."""
        for worker in self._workers:
            if worker.sending:
                worker.deadline += seconds

    def _start(self) -> None:
        worker: Worker[Item] = Worker(self._context, self._pool.job)
        self._workers.append(worker)
        worker.deadline = time.monotonic() + _START_TIMEOUT_S
        self._selector.register(worker, selectors.EVENT_READ, worker)

    def _hand(self, worker: Worker[Item], flight: Flight[Item]) -> None:
        if not worker.hand(flight):
            self._waiting.appendleft(flight)
            return
        if len(worker.flights) == 1:
            worker.deadline = time.monotonic() + self._pool.timeout(flight.item)
        if worker.unsent:
            self._selector.modify(worker, selectors.EVENT_READ | selectors.EVENT_WRITE, worker)

    def _step(self) -> None:
        """Wait for something to happen, and deal with it."""
        pending = [worker for worker in self._workers if worker.flights or not worker.ready]
        wait = min(worker.deadline for worker in pending) - time.monotonic()
        for key, events in self._selector.select(max(0.0, wait)):
            worker: Worker[Item] = key.data
            if events & selectors.EVENT_WRITE:
                worker.flush()
                if not worker.unsent:
                    self._selector.modify(worker, selectors.EVENT_READ, worker)
            if events & selectors.EVENT_READ:
                self._read(worker)
        # Only now: what arrived while the caller was busy is in time.
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.deadline <= now]:
            if not worker.ready:
                raise PoolError(f"a worker was not ready within {_START_TIMEOUT_S:g} s")
            if worker.flights:
                limit = self._pool.timeout(worker.flights[0].item)
                self._bury(worker, Status.TIMEOUT, f"no answer in {limit:g} s")

    def _read(self, worker: Worker[Item]) -> None:
        try:
            for answer in worker.read():
                self._take(worker, answer)
                if worker not in self._workers:  # it was replaced; what else it says is void
                    return
        except WireError as error:
            self._bury(worker, Status.CRASHED, f"answer refused: {error}")
            return
        if worker.ended:
            self._bury(worker)
        elif worker.halfway and not worker.sending and worker.flights:
            # The work is done and the answer on its way: that much more time, once.
            worker.sending = True
            worker.deadline = time.monotonic() + self._pool.timeout(worker.flights[0].item)

    def _take(self, worker: Worker[Item], answer: Answer) -> None:
        """Accept one answer.

        Raises:
            WireError: it is not what the worker was asked for.
            PoolError: the worker could not set itself up.
        """
        if not worker.ready:
            if answer.number != 0 or answer.status is not Status.OK:
                raise PoolError(f"a worker cannot be set up: {answer.detail}")
            confinement = self._pool.codec.decode(answer.payload)
            if not isinstance(confinement, Confinement):
                raise PoolError("a worker does not say how it is confined")
            self._pool.applied = confinement
            worker.ready = True
            return
        if not worker.flights or worker.flights[0].number != answer.number:
            raise WireError("it was not asked for")
        if answer.status is Status.OK:
            value = self._pool.codec.decode(answer.payload)
            self._answer(worker.flights.popleft().item, Status.OK, value)
        elif answer.status is Status.MEMORY:
            detail = f"more than {self._pool.job.memory >> 20} MiB"
            self._answer(worker.flights.popleft().item, Status.MEMORY, detail=detail)
        elif answer.status is Status.ERROR:
            self._answer(worker.flights.popleft().item, Status.ERROR, detail=answer.detail)
        else:
            raise WireError("a worker cannot know that")
        worker.done += 1
        worker.sending = False
        if worker.flights:
            worker.deadline = time.monotonic() + self._pool.timeout(worker.flights[0].item)
        worn_out = not worker.flights and 0 < self._pool.max_tasks <= worker.done
        if worn_out or answer.status is Status.MEMORY:
            self._dismiss(worker)

    def _answer(self, item: Item, status: Status, value: object = None, detail: str = "") -> None:
        self._answered.append(Outcome(item, status, value, detail))

    def _bury(
        self, worker: Worker[Item], status: Status = Status.CRASHED, detail: str = ""
    ) -> None:
        """End a worker and answer the item it was on; with no `detail`, as its end says."""
        blameless = False
        if not detail:
            detail, blameless = worker.ending()
        if blameless:
            self._losses += 1
        if not worker.ready and not (blameless and self._losses <= _LOSSES):
            raise PoolError(f"a worker ended before it was ready: {detail}")
        if worker.flights:
            first = worker.flights[0]
            # All workers end with the fork server, and an item may meet each of them in turn.
            if blameless and first.losses < self._pool.workers:
                first.losses += 1
            else:
                self._answer(worker.flights.popleft().item, status, detail=detail)
        self._dismiss(worker)

    def _dismiss(self, worker: Worker[Item]) -> None:
        """End a worker; what it still owed goes to another, ahead of new items."""
        self._selector.unregister(worker)
        self._workers.remove(worker)
        worker.kill()
        worker.release()
        self._waiting.extendleft(reversed(worker.flights))
        worker.flights.clear()
