"""The coordinator's side of one worker process: hand over items, collect answers, end it.

Nothing here waits for the worker: a hostile one may stop in the middle of a frame.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import socket
from collections import deque
from dataclasses import dataclass
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Generic

from tamis.errors import PoolError
from tamis.isolate.outcome import Item, Status
from tamis.isolate.serve import (
    ANSWER,
    LENGTH,
    LONGEST_DETAIL,
    REQUEST,
    STATUSES,
    Job,
    serve,
)
from tamis.isolate.wire import LARGEST_ANSWER, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerContext, SpawnContext

_PRELOADED = ("tamis.isolate.single_thread", "tamis.isolate.serve")

_CHUNK = 1 << 16
_EXIT_GRACE_S = 1.0
_KILL_GRACE_S = 5.0
_FORK_SERVER_DIED = 255
"""What multiprocessing reports for a child whose fork server ended before it."""


@dataclass(slots=True)
class Flight(Generic[Item]):
    """One item on its way: pickled, and how often it was lost through no fault of its own."""

    item: Item
    payload: bytes
    number: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame from a worker, not yet decoded."""

    number: int
    status: Status
    payload: bytes

    @property
    def detail(self) -> str:
        """The reason, as the worker words it: cut and made printable, since it is not trusted."""
        text = self.payload[: 4 * LONGEST_DETAIL].decode("utf-8", "replace")
        return "".join(each if each.isprintable() else "?" for each in text)[:LONGEST_DETAIL]


def start_early(preload: tuple[str, ...]) -> None:
    """Start the fork server now, so that it gets ready while this program is still importing.

    Args:
        preload: as given to the first `SafePool` of the program.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        context(preload)
        with imports_not_from_current_folder():
            forkserver.ensure_running()


def context(preload: tuple[str, ...]) -> ForkServerContext | SpawnContext:
    """How processes are started: by a clean fork server where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([*_PRELOADED, *preload])
    return made


class Worker(Generic[Item]):
    """One worker process.

    Attributes:
        ready: it has said that it is set up.
        flights: items handed over and not yet answered, oldest first: it is on the first.
        deadline: when the first must be answered, or the worker be ready (monotonic seconds).
        sending: the first bytes of an answer have come.
        deaf: nothing can be sent to it any more; its end is near.
        ended: it has closed its end, and all it sent was read.
        done: answers it has given.

    Raises:
        PoolError: the process cannot be started.
    """

    def __init__(self, context: ForkServerContext | SpawnContext, job: Job) -> None:
        self.ready = self.sending = self.deaf = self.ended = False
        self.flights: deque[Flight[Item]] = deque()
        self.deadline = 0.0
        self.done = 0
        self._handed = 0
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        self._process = context.Process(target=serve, args=(theirs, job), daemon=True)
        try:
            with imports_not_from_current_folder():
                self._process.start()
        except (pickle.PicklingError, AttributeError, TypeError, OSError, EOFError) as error:
            self._socket.close()
            raise PoolError(f"a worker process cannot be started: {error}") from error
        finally:
            theirs.close()

    def fileno(self) -> int:
        """The socket to wait on."""
        return self._socket.fileno()

    @property
    def handed(self) -> int:
        """How many items it was given in its life."""
        return self._handed

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for the socket to take them."""
        return bool(self._outbox)

    def hand(self, flight: Flight[Item]) -> bool:
        """Give it one more item; False, and nothing given, when it is gone."""
        self._handed += 1
        length = REQUEST.size - LENGTH.size + len(flight.payload)
        self._outbox += REQUEST.pack(length, self._handed) + flight.payload
        self.flush()
        if self.deaf:
            return False
        flight.number = self._handed
        self.flights.append(flight)
        return True

    def flush(self) -> None:
        """Send what the socket takes now."""
        try:
            while self._outbox:
                del self._outbox[: self._socket.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:  # it is gone; what it has answered before can still be read
            self._outbox.clear()
            self.deaf = True

    def read(self) -> Iterator[Answer]:
        """Take what has come; yield the answers that are complete.

        Raises:
            WireError: it sends something that is no frame; the answers before it hold.
        """
        try:
            chunk = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self.ended = not chunk
        self._inbox += chunk
        yield from self._frames()

    @property
    def halfway(self) -> bool:
        """Whether part of an answer has come."""
        return bool(self._inbox)

    def ending(self) -> tuple[str, bool]:
        """How it ended, in words, and whether that may have been the fork server's end instead."""
        self._process.join(_EXIT_GRACE_S)
        code = self._process.exitcode
        if code is None:
            return "closed its connection", False
        if code >= 0:
            return f"exit {code}", code == _FORK_SERVER_DIED
        try:
            return signal.Signals(-code).name, False
        except ValueError:
            return f"signal {-code}", False

    def kill(self) -> None:
        """End it now, without waiting; `release` must follow."""
        self._process.kill()
        self._socket.close()

    def release(self) -> None:
        """Wait for its end and free what belongs to it."""
        self._process.join(_KILL_GRACE_S)  # a process stuck in a dead disk cannot end yet
        with contextlib.suppress(ValueError):
            self._process.close()

    def _frames(self) -> Iterator[Answer]:
        while len(self._inbox) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._inbox)
            if not 0 <= length - (ANSWER.size - LENGTH.size) <= LARGEST_ANSWER:
                raise WireError(f"a frame of {length} bytes")
            end = LENGTH.size + length
            if len(self._inbox) < end:
                return
            _, number, status = ANSWER.unpack_from(self._inbox)
            if status >= len(STATUSES):
                raise WireError("an unknown status")
            payload = bytes(self._inbox[ANSWER.size : end])
            del self._inbox[:end]
            yield Answer(number, STATUSES[status], payload)


@contextlib.contextmanager
def imports_not_from_current_folder() -> Iterator[None]:
    """Processes started here import nothing from the current folder, which may hold evidence.

    Python puts it first in the search path of processes started with ``-c``, as multiprocessing
    does: a `socket.py` among the evidence would run, and unconfined.
    """
    name = "PYTHONSAFEPATH"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
