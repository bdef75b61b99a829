"""The queue as it is dealt to a person: now and then a place from further down.

The order puts what is most urgent first, and that is the worst to look at. Whoever works through it
meets nothing else for hours. So every few places one comes from the later half, drawn at random:
relief, and a look at what would otherwise be seen last. Nothing is left out, and nothing comes much
later. Pure.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

EVERY = 8
"""One place in so many is from the later half: what is dealt takes a seventh longer."""


def mixed(places: Sequence[T], tie: Callable[[T], bytes], every: int = EVERY) -> Iterator[T]:
    """Yield all places, each once, every so many of them one from the later half.

    Args:
        places: in the order of the queue.
        tie: of a place, bytes that nobody can foresee (see `tamis.triage.queue.tie_of`).
        every: 2 or more.
    """
    half = (len(places) + 1) // 2
    later = iter(sorted(range(half, len(places)), key=lambda at: _drawn(tie(places[at]))))
    given = set()
    for at, place in enumerate(places):
        if at not in given:
            yield place
        if at < half and (at + 1) % (every - 1) == 0 and (drawn := next(later, None)) is not None:
            given.add(drawn)
            yield places[drawn]


def _drawn(tie: bytes) -> bytes:
    # Not the tie itself, which orders the places of equal priority.
    return hashlib.sha256(b"mixed" + tie).digest()
