"""Evidence laid out block by block, and the region of it that stands out.

What is looked for is a region of connected blocks that speak against what the rest of the picture
says of itself. Evidence is in nats: the logarithm of how much better a block is explained when it
was put in than when it has the history of the rest. Its sum is taken over squares of several sizes
(a scan statistic, J. Naus, JASA 60, 1965), so a few blocks that are odd by chance count for little,
and the strongest square is then let grow along the blocks of like evidence beside it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Luma = NDArray[np.uint8] | NDArray[np.float32]

BLOCK = 8
"""Pixels on a side of a block."""
MOST_BLOCKS = 20_000
"""Of larger pictures every second, third, … block of both directions is taken."""
MOST_CELLS = 64
"""On a side of the map that is kept."""
MOST_EVIDENCE = 6.0
"""Nats of one block, either way: no block counts for more."""
_SQUARES = (4, 6, 8, 12, 16, 24, 32, 48, 64)
_NONE = 127


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of a picture, in rows and columns of equal distance.

    Args:
        samples: shape (rows × columns, 64).
        rows: of blocks.
        columns: likewise.
        x: of the first block, pixels from the left.
        y: likewise from the top.
        pitch: pixels from one block to the next.
    """

    samples: NDArray[np.uint8] | NDArray[np.float32]
    rows: int
    columns: int
    x: int
    y: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Region:
    """A region that stands out.

    Args:
        box: left, top, right and bottom, pixels of the stored picture; the last two exclusive.
        strength: nats of the strongest square.
        cells: the map, `MOST_CELLS` or fewer on a side, uint8: 127 where there is no evidence, more
            where it speaks for a region put in, up to 254 at `MOST_EVIDENCE` nats to a block.
    """

    box: tuple[int, int, int, int]
    strength: float
    cells: NDArray[np.uint8]

    def as_value(self) -> dict[str, object]:
        """Return what an observation keeps of it; the cells by rows in base64."""
        rows, columns = self.cells.shape
        return {
            "box": list(self.box),
            "strength": round(self.strength, 1),
            "rows": rows,
            "columns": columns,
            "cells": base64.b64encode(self.cells.tobytes()).decode("ascii"),
        }


def blocks_of(luma: Luma, x: int, y: int) -> Blocks | None:
    """Return blocks spread over a picture; None where not one square of them fits.

    Args:
        luma: shape (h, w).
        x: where the first whole block begins, pixels from the left.
        y: likewise from the top.
    """
    rows, columns = (luma.shape[0] - y) // BLOCK, (luma.shape[1] - x) // BLOCK
    every = max(1, int(np.ceil((max(rows, 0) * max(columns, 0) / MOST_BLOCKS) ** 0.5)))
    if min(rows, columns) // every < _SQUARES[0]:
        return None
    whole = luma[y : y + rows * BLOCK, x : x + columns * BLOCK]
    parts = whole.reshape(rows, BLOCK, columns, BLOCK)[::every, :, ::every]
    taken = parts.swapaxes(1, 2)
    samples = taken.reshape(-1, BLOCK * BLOCK)
    return Blocks(samples, taken.shape[0], taken.shape[1], x, y, every * BLOCK)


def strongest(evidence: Floats, blocks: Blocks) -> Region:
    """Return the region that speaks most against the rest, however little that is.

    Args:
        evidence: nats for a block put in, shape (rows, columns), at least 4 blocks on a side.
        blocks: where they lie.
    """
    capped = np.clip(evidence, -MOST_EVIDENCE, MOST_EVIDENCE).astype(np.float64)
    sums = np.pad(capped, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    best, place = -np.inf, (0, 0, 0)
    for side in _SQUARES:
        if side > min(capped.shape):
            break
        squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]
        squares += sums[:-side, :-side]
        at = int(squares.argmax())
        if squares.flat[at] > best:
            best, place = float(squares.flat[at]), (*divmod(at, squares.shape[1]), side)
    top, left, bottom, right = _grown(sums, *place)
    box = (
        blocks.x + left * blocks.pitch,
        blocks.y + top * blocks.pitch,
        blocks.x + (right - 1) * blocks.pitch + BLOCK,
        blocks.y + (bottom - 1) * blocks.pitch + BLOCK,
    )
    return Region(box, best, _cells(capped))


def _grown(sums: NDArray[np.float64], top: int, left: int, side: int) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of the square and what is connected with it.

    Connected are blocks around which, in three by three, the evidence is for a block put in.
    """
    near = sums[3:, 3:] - sums[:-3, 3:] - sums[3:, :-3] + sums[:-3, :-3]
    for_it = np.zeros((sums.shape[0] + 1, sums.shape[1] + 1), bool)  # a margin of one on all sides
    for_it[2:-2, 2:-2] = near > 0
    reached = np.zeros_like(for_it)
    square = (slice(top + 1, top + side + 1), slice(left + 1, left + side + 1))
    reached[square] = for_it[square]
    count = int(np.count_nonzero(reached))
    if not count:
        return top, left, top + side, left + side
    for _ in range(sum(for_it.shape)):
        reached[1:-1] |= reached[:-2] | reached[2:]
        reached[:, 1:-1] |= reached[:, :-2] | reached[:, 2:]
        reached &= for_it
        before, count = count, int(np.count_nonzero(reached))
        if count == before:
            break
    rows, columns = np.flatnonzero(reached.any(axis=1)), np.flatnonzero(reached.any(axis=0))
    return int(rows[0]) - 1, int(columns[0]) - 1, int(rows[-1]), int(columns[-1])


def _cells(evidence: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the means of as many blocks as it takes to keep the map small."""
    each = -(-max(evidence.shape) // MOST_CELLS)
    rows, columns = (range(0, side, each) for side in evidence.shape)
    sums = np.add.reduceat(np.add.reduceat(evidence, rows, axis=0), columns, axis=1)
    ones = np.ones_like(evidence)
    counts = np.add.reduceat(np.add.reduceat(ones, rows, axis=0), columns, axis=1)
    levels = np.rint(_NONE * (1 + sums / counts / MOST_EVIDENCE))
    return levels.astype(np.uint8)
