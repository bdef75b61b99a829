"""Whether numbers from the pixels of a picture are to be given at all; worked out once for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.examinations.signal import kind
from tamis.examinations.signal.coding import coding_of
from tamis.examinations.signal.kind import Kind
from tamis.examinations.signal.region import native_region

if TYPE_CHECKING:
    from tamis.examinations.signal.coding import Coding
    from tamis.examinations.signal.region import Luma
    from tamis.model import Content

NOT_APPLICABLE = frozenset({Kind.TINY, Kind.FLAT, Kind.GRAPHIC})
_NOTE = "signal.applicable"


@dataclass(frozen=True, slots=True)
class Look:
    """What a first look at a picture says.

    Args:
        coding: how its pixels are stored.
        region: luminance in its own resolution, shape (h, w); None where there is none at hand.
        kind: None where nothing could be decoded.
        reasons: why no number from the pixels is to be given; empty where it may.
    """

    coding: Coding
    region: Luma | None
    kind: Kind | None
    reasons: tuple[str, ...]


def look(content: Content) -> Look:
    """Return what a first look says; the second time what it said before."""
    found = content.notes.get(_NOTE)
    if not isinstance(found, Look):
        found = content.notes[_NOTE] = _look(content)
    return found


def _look(content: Content) -> Look:
    coding = coding_of(content)
    if content.luma is None or not content.luma.size:
        return Look(coding, None, None, ("nothing_decoded", *coding.unusual))
    region = native_region(content)
    sort = _kind(content, content.luma, region)
    reasons = (sort.value,) if sort in NOT_APPLICABLE else ()
    damaged = ("truncated",) if content.truncated else ()
    return Look(coding, region, sort, (*reasons, *coding.unusual, *damaged))


def _kind(content: Content, luma: Luma, region: Luma | None) -> Kind:
    """Return the kind; reducing blurs text, so of a reduced picture the strip is asked too."""
    sort = kind.kind_of(content.width, content.height, kind.measure(luma))
    if content.scale > 1 and region is not None and sort not in NOT_APPLICABLE:
        of_strip = kind.kind_of(content.width, content.height, kind.measure(region))
        return of_strip if of_strip is Kind.GRAPHIC else sort
    return sort
