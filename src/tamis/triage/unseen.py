"""What may be said of the pictures nobody has looked at, from the labels of a random sample.

Pure. A label is True for a real picture, False for another, None for one that nobody has judged.
What a sample says rests on the order of drawing, and people look in their own: so places that were
passed over count as real, or the sample ends before the first of them, whichever says more. Both
hold at once, since `most_real` holds at every size and grows with the real ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.triage.elusion import most_real, most_real_stated, sample_size

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Labels = Sequence[bool | None]

REAL = frozenset({"capture", "hybrid"})
"""Origins, as a person decides them, behind which there is a real person."""

_FINDS = (1, 2, 5)
_PARTS = (1000, 100)
"""Without a number of its own, a plan is made for none, and for these fractions of the tail."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A tail of the queue, and what is known of it, by whatever way it came to be looked at.

    Args:
        places: as they were fixed when the test was begun.
        judged: of these, in the sample or not.
        real: of those judged.
    """

    places: int
    judged: int
    real: int

    @property
    def unjudged(self) -> int:
        """Places where a real picture may remain."""
        return self.places - self.judged


@dataclass(frozen=True, slots=True)
class Counted:
    """The part of a sample that a bound rests on.

    Args:
        looked_at: how many of the first places drawn.
        real: of these, the passed over included.
        passed_over: of these, places nobody has judged.
    """

    looked_at: int
    real: int
    passed_over: int


@dataclass(frozen=True, slots=True)
class Bound:
    """What may be said of the real pictures of a tail.

    Args:
        remaining: at most so many, among the places nobody has judged.
        counted: what it rests on.
        broken: more were found than the sample allowed for. So the sample was one of the few that
            mislead, and `remaining` is everything that was not judged.
    """

    remaining: int
    counted: Counted
    broken: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """How much more is to be looked at until fewer than a number remain.

    Args:
        fewer_than: the number.
        more: places still to be judged if none of them is real, in the order of drawing; 0 where
            it is reached.
        if_found: the same if so many of them are real: (found, places).
    """

    fewer_than: int
    more: int
    if_found: tuple[tuple[int, int], ...]


def label(
    decided: Sequence[tuple[str | None, str | None]], categories: Collection[str] = ()
) -> bool | None:
    """Say what decisions on one media make of it.

    A media that was ever judged real counts as real, whatever was decided later: to take a real
    picture for another one is worse than the contrary.

    Args:
        decided: origin and category of each decision, None where it was not judged.
        categories: those a real picture must be in to count; none: it counts in any.

    Returns:
        None where what was judged leaves both possible.
    """
    origins = {origin for origin, _ in decided if origin is not None}
    given = {category for _, category in decided if category is not None}
    real, counts = not REAL.isdisjoint(origins), not given.isdisjoint(categories)
    if real and (counts or not categories):
        return True
    if (origins and not real) or (categories and given and not counts):
        return False
    return None


def bound(tail: Tail, labels: Labels, confidence: float) -> Bound:
    """Bound the real pictures that remain, at whatever time one looks.

    Args:
        tail: the labels included.
        labels: of the places drawn, in the order of drawing.
        confidence: above 0.5, below 1.
    """
    total, counted = min(
        (
            (most_real(tail.places, part.looked_at, part.real, confidence), part)
            for part in (_unbroken(labels), _pessimistic(labels))
        ),
        key=lambda each: each[0],
    )
    if total < tail.real:
        return Bound(tail.unjudged, counted, broken=True)
    return Bound(min(total - tail.real, tail.unjudged), counted, broken=False)


def stated(tail: Tail, labels: Labels, confidence: float) -> int | None:
    """Bound what remains for a sample of a size that was stated before, judged as a whole.

    Returns:
        As `Bound.remaining`; None where the sample is empty or a place of it was not judged, or
        where more were found than it allowed for.
    """
    if not labels or None in labels:
        return None
    total = most_real_stated(tail.places, len(labels), _real(labels), confidence)
    return None if total < tail.real else min(total - tail.real, tail.unjudged)


def plan(tail: Tail, labels: Labels, fewer_than: int, confidence: float) -> Plan:
    """Say how many more places are to be looked at.

    Args:
        tail: as for `bound`; without labels, for a sample that is to be drawn.
        labels: as for `bound`.
        fewer_than: real pictures that may remain; at least 1.
        confidence: as for `bound`.
    """
    reached = bound(tail, labels, confidence).remaining < fewer_than
    none = 0 if reached else _more(tail, labels, fewer_than, 0, confidence)
    finds = [found for found in _FINDS if found <= tail.unjudged] if none else []
    return Plan(
        fewer_than,
        none,
        tuple((found, _more(tail, labels, fewer_than, found, confidence)) for found in finds),
    )


def usual_goals(tail: Tail) -> list[int]:
    """Numbers to plan for where none is asked for: none left, a thousandth, a hundredth."""
    return sorted({1, *(math.ceil(tail.places / part) for part in _PARTS)} - {0})


def _more(tail: Tail, labels: Labels, fewer_than: int, found: int, confidence: float) -> int:
    """Places to judge until fewer than a number remain, if `found` of them are real."""
    last = _pessimistic(labels)
    known = last.real - last.passed_over
    begin = min(tail.places, last.looked_at + max(0, found - last.passed_over))
    goal = tail.real + found + fewer_than
    size = sample_size(tail.places, begin, known + found, goal, confidence)
    # Looking at so many leaves too few to hold the others, whatever the sample says.
    enough = max(0, tail.unjudged - fewer_than + 1)
    return max(found, min(size - last.looked_at + last.passed_over, enough))


def _unbroken(labels: Labels) -> Counted:
    """The sample up to the first place that was not judged."""
    end = labels.index(None) if None in labels else len(labels)
    return Counted(end, _real(labels[:end]), 0)


def _pessimistic(labels: Labels) -> Counted:
    """The sample up to the last place that was judged; those passed over count as real."""
    end = len(labels)
    while end and labels[end - 1] is None:
        end -= 1
    passed_over = sum(label is None for label in labels[:end])
    return Counted(end, _real(labels[:end]) + passed_over, passed_over)


def _real(labels: Labels) -> int:
    return sum(label is True for label in labels)
