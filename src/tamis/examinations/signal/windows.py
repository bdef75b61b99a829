"""Windows of a picture in its own pixels: a few, where it has most texture.

A trace of the making of a picture is in every part of it, so a few parts are enough; it is seen
best where the pixels differ from each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Luma = NDArray[np.float32] | NDArray[np.uint8]

SIDE = 256
"""Pixels on a side of a window, where the picture has as many."""
MOST = 4
"""Windows of one picture."""
GRID = 8
"""Windows begin at multiples of it, so that none cuts a block of JPEG."""
MOST_LOOKED_AT = 64
"""Windows that are compared; of larger pictures as many, evenly spread."""

_EVERY = 16  # of the rows of a window, to compare its texture


def textured(luma: Luma) -> list[NDArray[np.float32]]:
    """Return the windows with most texture, at most `MOST`, that with most first.

    They do not overlap. The texture is the mean difference of neighbours in every sixteenth row;
    of equal windows that further up and further left comes first.

    Args:
        luma: shape (h, w), not reduced.

    Returns:
        float32, shape (up to `SIDE`, up to `SIDE`), sides that are multiples of `GRID`; none of a
        picture with a side of less than `GRID`.
    """
    height, width = (min(SIDE, side // GRID * GRID) for side in luma.shape)
    if not height or not width:
        return []
    found = [
        luma[top : top + height, left : left + width]
        for top, left in _corners(luma.shape[0] // height, luma.shape[1] // width, height, width)
    ]
    best = sorted(found, key=_texture, reverse=True)[:MOST]
    return [window.astype(np.float32) for window in best]


def _corners(rows: int, columns: int, height: int, width: int) -> list[tuple[int, int]]:
    count = rows * columns
    every = max(1, -(-count // MOST_LOOKED_AT))
    # a step that shares a factor with the columns would look at some columns alone
    while every > 1 and columns > 1 and np.gcd(every, columns) > 1:
        every += 1
    places = (divmod(number, columns) for number in range(0, count, every))
    return [(row * height, column * width) for row, column in places]


def _texture(window: Luma) -> float:
    return float(np.abs(np.diff(window[::_EVERY].astype(np.float32), axis=1)).mean())
