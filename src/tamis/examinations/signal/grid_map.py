"""Where in a picture stored without loss the traces of an earlier JPEG compression are missing.

A photograph that was a JPEG and is stored without loss after a region was replaced keeps its
coefficients on multiples of the steps everywhere but there. Which grid and which steps, the picture
as a whole tells (`grid`, after R. Neelamani et al., IEEE TIP 15(6), 2006). For each block it is
then asked how likely the distances of its coefficients from the nearest multiples are, compared
with distances that are all alike likely: block by block, as T. Bianchi and A. Piva (IEEE TIFS 7(3),
2012) do for two compressions. How the distances are distributed is taken from the picture itself.

Blocks in which one of the colours is clipped do not keep their coefficients, in any photograph, and
say nothing. Those are blocks of saturated colours as well as of black and white.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.signal import grid
from tamis.examinations.signal.block_map import BLOCK, blocks_of, strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.examinations.signal.block_map import Blocks, Floats, Luma, Region
    from tamis.examinations.signal.grid import Grid

LEAST_COMB = 0.4
"""Mean of cos(2π c/q) over the coefficients of a frequency from which its step is believed."""
LEAST_FREQUENCIES = 3
"""With a step that is believed; with fewer the map is not made."""
_LEAST_COUNT = 40
_NEAR_BEST = 0.85
_BINS = 8
# Of the distances that are taken to be of blocks that were changed, in the picture as it is.
_OTHERS = 0.03


def find(luma: Luma, pixels: NDArray[np.uint8], earlier: Grid) -> Region | None:
    """Return the region whose blocks have least of the earlier compression.

    Args:
        luma: 0 to 255, shape (h, w), in the resolution of the file.
        pixels: red, green and blue of the same, shape (h, w, 3 or 4).
        earlier: the grid of the picture as a whole, counted from its corner.

    Returns:
        None where the picture is too small, or too few steps can be told.
    """
    blocks = blocks_of(luma, earlier.x, earlier.y)
    if blocks is None:
        return None
    evidence = _evidence(blocks, _unclipped(pixels, blocks))
    return None if evidence is None else strongest(evidence, blocks)


def _unclipped(pixels: NDArray[np.uint8], blocks: Blocks) -> NDArray[np.bool_]:
    """Return which blocks have no colour at 0 or 255, shape (rows × columns)."""
    colours = pixels.shape[2]
    rows, columns = (
        (side - start) // BLOCK
        for side, start in zip(pixels.shape, (blocks.y, blocks.x), strict=False)
    )
    every = blocks.pitch // BLOCK
    whole = pixels[blocks.y : blocks.y + rows * BLOCK, blocks.x : blocks.x + columns * BLOCK]
    parts = whole.reshape(rows, BLOCK, columns, BLOCK, colours)[::every, :, ::every]
    # 0 and 255 become the two largest, and rows are compared as wholes
    most = (parts - np.uint8(1)).max(axis=1).max(axis=2)[:, :, :3].max(axis=2)
    unclipped: NDArray[np.bool_] = most.ravel() < 254
    return unclipped


def _evidence(blocks: Blocks, counted: NDArray[np.bool_]) -> Floats | None:
    coefficients = blocks.samples.astype(np.float32) @ grid.waves()
    total = np.zeros(len(coefficients), np.float32)
    used = 0
    for column in coefficients.T:
        step = _step(column[counted])
        if step:
            used += 1
            total += _of_frequency(column, counted, step)
    if used < LEAST_FREQUENCIES:
        return None
    total *= counted
    return total.reshape(blocks.rows, blocks.columns)


def _step(coefficients: NDArray[np.float32]) -> int:
    """Return the largest step on whose multiples they lie about as well as on any; 0 for none.

    What lies on the multiples of 6 lies on those of 3 and 2 too.
    """
    parts = (np.abs(coefficients) * grid.PARTS + 0.5).astype(np.int64)
    counts = np.bincount(np.minimum(parts, grid.LARGEST * grid.PARTS))[: grid.LARGEST * grid.PARTS]
    waves, counted = grid.combs()
    numbers = counts @ counted[: len(counts)]
    means = counts @ waves[: len(counts)] / np.maximum(numbers, 1)
    means[numbers < _LEAST_COUNT] = 0
    most = float(means[(means * np.sqrt(numbers)).argmax()])
    if most < LEAST_COMB:
        return 0
    return int(grid.STEPS[np.flatnonzero(means >= _NEAR_BEST * most)[-1]])


def _of_frequency(
    coefficients: NDArray[np.float32], counted: NDArray[np.bool_], step: int
) -> Floats:
    """Return the evidence of one frequency; none where the coefficient is nearest to zero."""
    quotients = coefficients * np.float32(1 / step)
    nearest = np.rint(quotients)
    distances = np.abs(quotients - nearest)
    bins = np.minimum((distances * 2 * _BINS).astype(np.int64), _BINS - 1)
    bins[nearest == 0] = _BINS
    counts = np.bincount(bins[counted], minlength=_BINS + 1)[:_BINS] + 1.0
    chances = (1 - _OTHERS) * counts / counts.sum() + _OTHERS / _BINS
    nats = np.zeros(_BINS + 1, np.float32)
    nats[:_BINS] = -np.log(chances * _BINS)
    found: Floats = nats[bins]
    return found
