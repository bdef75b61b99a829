"""Which squares of a picture are shown to a model.

Candidates lie on multiples of 8 pixels, so that the blocks of a JPEG file keep their place in each,
evenly spread, neighbours overlapping by half or a little more. Those with most texture come first:
traces of how a picture was made are weak in a flat sky. Texture is the mean absolute difference of
neighbours, along rows and along columns, in a luminance reduced fourfold, so that noise counts for
little; each difference counts for `CLIP` levels at most, so that one hard edge does not outweigh a
meadow. A tile with a fifth of its samples at the ends of the scale comes after all others: what is
burnt out or black has no traces left. One that shares more than a quarter of its area with a tile
chosen before waits for the others. All is counted in whole numbers, so the choice is the same
anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

GRID = 8
REDUCED = 4
CLIP = 24
"""Levels of 255 that one difference counts for at most."""
DARKEST, BRIGHTEST = 4, 250
"""Levels beyond which a sample is at an end of the scale."""
_ENDS = 5
"""One in so many samples at the ends of the scale, and a tile comes last."""
_SHARED = 4


def places(width: int, height: int, size: int) -> list[tuple[int, int]]:
    """Return the candidates, (left, top), row by row.

    Args:
        width: of the picture, pixels; at least `size`.
        height: likewise.
        size: side of a tile, a multiple of 8.
    """
    return [(left, top) for top in _along(height, size) for left in _along(width, size)]


def chosen(image: Image.Image, size: int, count: int, ranking: str) -> list[tuple[int, int]]:
    """Return the tiles to look at, (left, top), the best first; fewer where there are fewer.

    Args:
        image: RGB; both sides at least `size`.
        size: side of a tile, a multiple of 8.
        count: at most so many.
        ranking: ``texture``, or ``grid`` for tiles evenly spread over the candidates.
    """
    found = places(image.width, image.height, size)
    if ranking == "grid":
        number = min(count, len(found))
        return [
            found[(2 * position + 1) * len(found) // (2 * number)] for position in range(number)
        ]
    luminance = np.asarray(image.reduce(REDUCED).convert("L"))
    ranked = [found[position] for position in _by_texture(luminance, found, size)]
    return _apart(ranked, size, count)


def _along(side: int, size: int) -> list[int]:
    """Return where tiles begin along a side."""
    steps = -(-2 * (side - size) // size)
    if steps <= 0:
        return [0]
    starts = (step * (side - size) // steps // GRID * GRID for step in range(steps + 1))
    return list(dict.fromkeys(starts))


def _by_texture(luminance: NDArray[np.uint8], found: list[tuple[int, int]], size: int) -> list[int]:
    """Return the candidates' positions in `found`, the best first."""
    levels = luminance.astype(np.int16)
    across = np.minimum(np.abs(np.diff(levels, axis=1)), CLIP)
    down = np.minimum(np.abs(np.diff(levels, axis=0)), CLIP)
    texture = _summed(across[:-1] + down[:, :-1])
    ends = _summed((luminance < DARKEST) | (luminance > BRIGHTEST))
    side = size // REDUCED
    x, y = np.array(found).T // REDUCED
    extreme = _within(ends, x, y, side) * _ENDS > side * side
    order = np.lexsort((-_within(texture, x, y, side - 1), extreme))  # equal ones stay in order
    return [int(position) for position in order]


def _summed(values: NDArray[np.int16] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the summed-area table, with a row and a column of zeros before."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1), np.int64)
    np.cumsum(np.cumsum(values, axis=0, dtype=np.int64), axis=1, out=table[1:, 1:])
    return table


def _within(
    table: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64], side: int
) -> NDArray[np.int64]:
    """Return the sums over squares that begin at `x`, `y`, shape (n,)."""
    right = np.minimum(x + side, table.shape[1] - 1)
    below = np.minimum(y + side, table.shape[0] - 1)
    sums: NDArray[np.int64] = table[below, right] - table[y, right] - table[below, x] + table[y, x]
    return sums


def _apart(ranked: list[tuple[int, int]], size: int, count: int) -> list[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    waiting: list[tuple[int, int]] = []
    for tile in ranked:
        if len(taken) == count:
            return taken
        near = any(_SHARED * _common(tile, other, size) > size * size for other in taken)
        (waiting if near else taken).append(tile)
    return taken + waiting[: count - len(taken)]


def _common(one: tuple[int, int], other: tuple[int, int], size: int) -> int:
    """Return how many pixels two tiles share."""
    across = max(0, size - abs(one[0] - other[0]))
    return across * max(0, size - abs(one[1] - other[1]))
