"""The residual of a picture: what is left of its samples when a smoothed copy is taken away.

The smoothing is that of J. S. Lee (Digital image enhancement and noise filtering by use of local
statistics, IEEE TPAMI 2(2), 1980), the local Wiener filter: where the samples around a place vary
little, all that differs from their mean is taken for noise; where they vary much, as at an edge,
only a part of it. So outlines are weak in the residual, though not absent. A median, which others
use, would lose a chessboard of single pixels, the finest trace there is.

All is done in whole numbers and in single operations that IEEE 754 rounds alike everywhere, so the
residual is the same to the bit on any machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Residual = NDArray[np.int16]

UNIT = 16
"""Residuals are in so many parts of one level of 255."""
NOISE = 3
"""Standard deviation, levels, up to which variation passes for noise; no residual is above 4.9 of
it, the square root of 24."""

_SIDE = 5
_REACH = _SIDE // 2
_AREA = _SIDE * _SIDE


def residual(samples: NDArray[np.uint8]) -> Residual:
    """Return the residual of one channel; the edge is continued outwards.

    Args:
        samples: 0 to 255, shape (h, w), at least one of each.

    Returns:
        in units of 1 / `UNIT` level, shape (h, w).
    """
    around = np.pad(samples.astype(np.int32), _REACH, mode="edge")
    total = _summed(around)
    # 625 times the variance; at most 25 * 25 * 255², within 32 bits
    spread = _AREA * _summed(around * around) - total * total
    least = NOISE * NOISE * _AREA * _AREA
    share = np.float32(least) / np.maximum(spread, least).astype(np.float32)
    difference = (_AREA * samples.astype(np.int32) - total).astype(np.float32)
    difference *= np.float32(UNIT)
    difference /= np.float32(_AREA)
    difference *= share
    return np.rint(difference).astype(np.int16)


def rows_of(pixels: NDArray[np.uint8], top: int, bottom: int) -> Residual:
    """Return the residual of some rows of a picture, each channel by itself.

    Args:
        pixels: shape (h, w, 3).
        top: first row.
        bottom: the row after the last.

    Returns:
        as `residual`, shape (bottom - top, w, 3), what it would be in the residual of the whole.
    """
    above, below = max(top - _REACH, 0), min(bottom + _REACH, len(pixels))
    part = pixels[above:below]
    made = np.stack([residual(part[:, :, channel]) for channel in range(part.shape[2])], axis=2)
    return made[top - above : bottom - above]


def _summed(around: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the sums over squares of `_SIDE` samples, for every place that has a whole one."""
    height, width = around.shape[0] - 2 * _REACH, around.shape[1] - 2 * _REACH
    down = around[:height].copy()
    for step in range(1, _SIDE):
        down += around[step : step + height]
    across = down[:, :width].copy()
    for step in range(1, _SIDE):
        across += down[:, step : step + width]
    return across
