"""The worker's side: set up, say so, then work on one item after the other.

Frames in both directions begin with their length (4 bytes, little endian, not counting itself) and
the number of the item (8 bytes). To the worker follows the item, pickled: the coordinator is
trusted. From the worker follow one byte for the status and the answer: see `tamis.isolate.wire`
for values, UTF-8 for reasons. Number 0 says that the worker is ready, or why it is not.
"""

from __future__ import annotations

import os
import pickle
import signal
import stat
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tamis.isolate.confinement import Confinement, Level, confine, die_with_parent
from tamis.isolate.outcome import Status
from tamis.isolate.wire import Codec
from tamis.model import printable

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

REQUEST = struct.Struct("<IQ")
ANSWER = struct.Struct("<IQB")
LENGTH = struct.Struct("<I")
STATUSES = tuple(Status)
LONGEST_DETAIL = 500

_IMPORTED_BY = os.getpid()  # of the fork server, where it has loaded this module for its workers


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is started with; see `tamis.isolate.pool.SafePool` for the meaning."""

    function: Callable[[Any], object]
    memory: int
    readable: tuple[str, ...]
    initialiser: Callable[[], None] | None
    results: tuple[type, ...]


def make_codec(results: tuple[type, ...]) -> Codec:
    """Return the codec both sides use; `results` are the caller's own classes."""
    return Codec((Confinement, Level, *results))


def perform(function: Callable[[Any], object], item: object, codec: Codec) -> tuple[Status, bytes]:
    """Work on one item; return how it ended with the encoded value or the reason."""
    try:
        answer = codec.encode(function(item))
    except MemoryError as error:
        return Status.MEMORY, reason(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any error is the item's, not ours
        return Status.ERROR, reason(error)
    return Status.OK, answer


def reason(error: BaseException) -> bytes:
    """Return an error as one line that is safe to show, whatever the error contains."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken error must not hide which one it was
        text = "(no text)"
    name = type(error).__name__
    return printable(f"{name}: {text}" if text else name)[:LONGEST_DETAIL].encode()


def serve(channel: socket.socket, job: Job) -> None:
    """Run a worker until the coordinator closes `channel`."""
    try:
        codec = make_codec(job.results)
        status, answer = Status.OK, codec.encode(_set_up(channel, job))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - reported, and fatal to the pool
        status, answer = Status.ERROR, reason(error)
    _send(channel, 0, status, answer)
    if status is not Status.OK:
        return
    requests = channel.makefile("rb")  # buffered: several waiting items come in one system call
    while (request := _receive(requests)) is not None:
        number, payload = request
        try:
            item = pickle.loads(payload)  # noqa: S301 - from the coordinator, which is trusted
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a class that cannot be loaded
            status, answer = Status.ERROR, reason(error)
        else:
            status, answer = perform(job.function, item, codec)
        item = None  # before the wait, lest it take part of the next one's memory
        _send(channel, number, status, answer)
        answer = b""


def _set_up(channel: socket.socket, job: Job) -> Confinement:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when a run ends
    if sys.platform != "win32":
        die_with_parent(os.getppid() if os.getpid() == _IMPORTED_BY else _IMPORTED_BY)
        _close_all_but(channel.fileno())
    if job.initialiser is not None:
        job.initialiser()
    return confine(job.memory, job.readable)


def _close_all_but(own: int) -> None:
    """Keep no way to other processes but the file descriptor `own`.

    Standard input and output are the terminal of the person at work: a decoder's messages, which
    quote the file, have no business there. Pipes and sockets inherited from the fork server would
    keep it alive after the coordinator is gone, and its workers with it.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.close(null)
    for descriptor in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if descriptor in (0, 1, 2, own):
            continue
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError:  # the one that was listing the folder
            continue
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            os.close(descriptor)


def _send(channel: socket.socket, number: int, status: Status, answer: bytes) -> None:
    length = ANSWER.size - LENGTH.size + len(answer)
    channel.sendall(ANSWER.pack(length, number, STATUSES.index(status)) + answer)


def _receive(requests: BinaryIO) -> tuple[int, bytes] | None:
    """Return the next item's number and pickle; None when the coordinator has closed."""
    try:
        head = requests.read(REQUEST.size)
        if len(head) < REQUEST.size:
            return None
        length, number = REQUEST.unpack(head)
        return number, requests.read(length - (REQUEST.size - LENGTH.size))
    except ConnectionError:
        return None
