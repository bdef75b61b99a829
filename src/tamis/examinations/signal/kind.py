"""What kind of picture it is, as far as a histogram and the steps along its rows tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Luma = NDArray[np.uint8] | NDArray[np.float32]

TINY_SIDE, TINY_SHORTER, TINY_PIXELS = 160, 32, 20_000
"""A picture whose longer or shorter side or whose pixels are fewer is tiny."""
FLAT_DEVIATION = 4.0
"""Levels of 255; a picture whose luminance deviates less is flat."""
OVER_EXPOSED_SHARE = 0.5
"""Of the pixels, at 250 or above."""
GRAPHIC_FEW, GRAPHIC_MOST = 0.5, 64
"""A graphic has this share of its pixels in four levels, and nine tenths in so many."""
GRAPHIC_RUNS, GRAPHIC_EDGES = 0.4, 0.2
"""A graphic has this share of pixels equal to the two on their right, and, of the steps of more
than two levels along its rows, this share of more than forty."""
_MOST_PIXELS = 200_000
_OVER_EXPOSED = 250
_STEP, _EDGE = 2, 40


class Kind(StrEnum):
    """The kinds of pictures."""

    TINY = "tiny"
    FLAT = "flat"
    GRAPHIC = "graphic"
    OVER_EXPOSED = "over_exposed"
    PHOTOGRAPHIC = "photographic"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the luminance; all but `deviation` and `levels` are shares.

    Args:
        deviation: standard deviation, levels of 255.
        levels: how many levels it takes for nine tenths of the pixels.
        few: pixels in the four commonest levels.
        runs: pixels equal to the two on their right.
        edges: of the steps of more than two levels along the rows, those of more than forty.
        bright: pixels at 250 or above.
    """

    deviation: float
    levels: int
    few: float
    runs: float
    edges: float
    bright: float


def measure(luma: Luma) -> Statistics:
    """Return the statistics of rows spread over a picture.

    Args:
        luma: 0 to 255, shape (h, w), at least one pixel; may be reduced.
    """
    step = max(1, -(-luma.size // _MOST_PIXELS))
    rows = luma[(luma.shape[0] - 1) % step // 2 :: step]
    # one row of a picture that is all width may still be too long
    rows = rows[:, : _MOST_PIXELS * 4]
    levels = rows if rows.dtype == np.uint8 else np.clip(rows + 0.5, 0, 255).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256) / levels.size
    falling = np.sort(counts)[::-1]
    places = np.arange(256)
    mean = counts @ places
    steps = np.abs(np.diff(levels.astype(np.int16), axis=1))
    equal = steps == 0
    runs = equal[:, :-1] & equal[:, 1:]
    return Statistics(
        deviation=float(np.sqrt(counts @ (places - mean) ** 2)),
        levels=int((falling.cumsum() < 0.9).sum()) + 1,
        few=float(falling[:4].sum()),
        runs=int(np.count_nonzero(runs)) / max(runs.size, 1),
        edges=int(np.count_nonzero(steps > _EDGE)) / max(int(np.count_nonzero(steps > _STEP)), 1),
        bright=float(counts[_OVER_EXPOSED:].sum()),
    )


def kind_of(width: int, height: int, found: Statistics) -> Kind:
    """Return the kind of a picture of so many pixels."""
    longer, shorter = max(width, height), min(width, height)
    if longer < TINY_SIDE or shorter < TINY_SHORTER or width * height < TINY_PIXELS:
        return Kind.TINY
    if found.deviation < FLAT_DEVIATION:
        return Kind.FLAT
    if (
        found.few >= GRAPHIC_FEW
        and found.levels <= GRAPHIC_MOST
        and found.runs >= GRAPHIC_RUNS
        and found.edges >= GRAPHIC_EDGES
    ):
        return Kind.GRAPHIC
    return Kind.OVER_EXPOSED if found.bright >= OVER_EXPOSED_SHARE else Kind.PHOTOGRAPHIC
