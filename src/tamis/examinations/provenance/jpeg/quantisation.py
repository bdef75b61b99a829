"""Quantisation tables: those of the Independent JPEG Group by formula, and a key for all others.

The tables of ITU-T T.81, annex K.1, scaled by a quality of 1 to 100 as ``jpeg_set_quality`` of
libjpeg does (jcparam.c): s = 5000/q below 50, else 200 - 2q; step = (base·s + 50)/100, at least 1,
at most 255 where baseline is forced, else 32767. Nearly all programs that use libjpeg write them,
and many cameras.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from tamis.media.containers.jpeg_structure import ZIGZAG

if TYPE_CHECKING:
    from tamis.media.containers.jpeg_structure import Table

Steps = tuple[int, ...]

_BASELINE, _LARGEST = 255, 32767
_WORDS = struct.Struct(">64H")
_IN_ZIGZAG = itemgetter(*ZIGZAG)
# Annex K, tables K.1 and K.2.
LUMINANCE: Steps = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
CHROMINANCE: Steps = (
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ijg:
    """The IJG qualities of a set of tables, 1 to 100."""

    luminance: int
    chrominance: int | None = None

    def __str__(self) -> str:
        if self.chrominance in (None, self.luminance):
            return f"IJG quality {self.luminance}"
        return f"IJG quality {self.luminance}, chrominance {self.chrominance}"


def scaled(base: Steps, quality: int, *, largest: int = _BASELINE) -> Steps:
    """Return a table of annex K at a quality of 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((step * scale + 50) // 100, 1), largest) for step in base)


@cache
def _qualities(base: Steps) -> dict[Steps, int]:
    """Return the quality of every table; where two are equal, the higher one."""
    return {
        scaled(base, quality, largest=largest): quality
        for largest in (_BASELINE, _LARGEST)
        for quality in range(1, 101)
    }


def ijg(tables: tuple[Table, ...]) -> Ijg | None:
    """Return the IJG qualities of the tables of the components; None where they are others."""
    if not tables:
        return None
    luminance = _qualities(LUMINANCE).get(tables[0].steps)
    if luminance is None or len(tables) == 1:
        return None if luminance is None else Ijg(luminance)
    others = {table.steps for table in tables[1:]}
    if len(others) > 1:
        return None
    steps = others.pop()
    if steps == scaled(CHROMINANCE, luminance) or steps == scaled(
        CHROMINANCE, luminance, largest=_LARGEST
    ):
        return Ijg(luminance, luminance)
    chrominance = _qualities(CHROMINANCE).get(steps)
    return None if chrominance is None else Ijg(luminance, chrominance)


def key(tables: tuple[Table, ...]) -> str:
    """Return 16 hexadecimal digits that stand for the tables of the components, in their order.

    SHA-256 over the steps in zigzag order, as two bytes each.
    """
    written = b"".join(_WORDS.pack(*_IN_ZIGZAG(table.steps)) for table in tables)
    return hashlib.sha256(written).hexdigest()[:16]
