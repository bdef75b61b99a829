"""Whether a picture stored without loss was a JPEG before, and where its blocks lay.

Two steps. The borders of blocks are steps in the luminance: third differences, cut off at six
levels so that no edge of the picture counts for much, are averaged along each column and row, and
the phases of 8 in which they stand out are kept (after Z. Fan and R. de Queiroz, IEEE TIP 12(2),
2003). At each pair of phases the cosine transform of the blocks is taken: only at the right one do
the coefficients lie on the multiples of a step, and the mean of cos(2π c/q) over them says so for
each step q (R. Neelamani et al., JPEG compression history estimation, IEEE TIP 15(6), 2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.signal.region import quarters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.examinations.signal.region import Luma

LEAST_STRENGTH = 12.0
"""Sum over twenty frequencies of the standard deviations by which the best step stands out of
chance, above three each, less the same at the best other place."""
LEAST_BLOCKS = 64
_MOST_BLOCKS = 600
_FIRST_BLOCKS = 300
_BLOCK = 8
_CANDIDATES = 3
_CUT = 6 * 4
# The higher ones are for fine qualities, whose steps are 1 at the lowest.
FREQUENCIES = (
    (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (2, 1), (1, 2), (0, 3), (3, 0), (2, 2), (3, 1), (1, 3),
    (0, 4), (4, 0), (0, 5), (5, 0), (0, 6), (6, 0), (3, 3), (4, 1),
)  # fmt: skip
STEPS = np.arange(2, 33)
PARTS, LARGEST = 8, 96
"""Coefficients are counted in eighths, up to this one."""
_BY_CHANCE = 3.0
# Below this many steps a coefficient says nothing: all pictures have small ones.
_LEAST_MULTIPLE = 0.6
_LEAST_COUNT = 20


@dataclass(frozen=True, slots=True)
class Grid:
    """Blocks of an earlier compression.

    Args:
        x: of the first whole block, pixels from the left; 0 to 7.
        y: likewise from the top.
        strength: see `LEAST_STRENGTH`.
    """

    x: int
    y: int
    strength: float


def find(luma: Luma) -> Grid | None:
    """Return the blocks of an earlier JPEG compression; None where none are seen.

    Args:
        luma: 0 to 255, shape (h, w), in the resolution of the file, not rounded after its colours
            were, and beginning at a multiple of 8 pixels of it.
    """
    height, width = luma.shape
    if (height // _BLOCK - 1) * (width // _BLOCK - 1) < LEAST_BLOCKS:
        return None
    samples = quarters(luma)
    columns = np.argsort(-_phases(_steps_at(samples.T)))[:_CANDIDATES].tolist()
    rows = np.argsort(-_phases(_steps_at(samples)))[:_CANDIDATES].tolist()
    places = [(x, y) for x in columns for y in rows]
    scores = [_score(luma, place, _FIRST_BLOCKS) for place in places]
    best, other = (places[number] for number in np.argsort(scores)[:-3:-1].tolist())
    strength = _score(luma, best, _MOST_BLOCKS) - _score(luma, other, _MOST_BLOCKS)
    return Grid(best[0], best[1], strength) if strength >= LEAST_STRENGTH else None


def _steps_at(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return how much luminance steps before each row but the first two and the last."""
    steps = samples[2:-1] - samples[1:-2]
    steps *= 3
    steps += samples[:-3]
    steps -= samples[3:]
    np.abs(steps, out=steps)
    np.minimum(steps, _CUT, out=steps)
    means: NDArray[np.float64] = steps.mean(axis=1, dtype=np.float32).astype(np.float64)
    return means


def _phases(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each phase of 8 stands out of its surroundings."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(steps, 4, mode="reflect"), 9)
    excess = steps - np.median(around, axis=1)
    spread = 1.4826 * np.median(np.abs(excess)) + 1e-3
    phase = (np.arange(len(steps)) + 2) % _BLOCK
    total = np.bincount(phase, np.clip(excess / spread, -4, 4), _BLOCK)
    result: NDArray[np.float64] = total / np.bincount(phase, minlength=_BLOCK)
    return result


def _score(luma: Luma, place: tuple[int, int], most: int) -> float:
    """Return how well the coefficients of blocks at a place lie on multiples of steps."""
    x, y = place
    rows, columns = (luma.shape[0] - y) // _BLOCK, (luma.shape[1] - x) // _BLOCK
    every = max(1, -(-rows * columns // most))
    all_blocks = (
        luma[y : y + rows * _BLOCK, x : x + columns * _BLOCK]
        .reshape(rows, _BLOCK, columns, _BLOCK)
        .swapaxes(1, 2)
    )
    down, right = np.divmod(np.arange(0, rows * columns, every), columns)
    blocks = all_blocks[down, right].reshape(len(down), _BLOCK * _BLOCK)
    inside = (blocks.max(axis=1) < 254) & (blocks.min(axis=1) > 1)
    blocks = blocks[inside].astype(np.float32)
    if len(blocks) < LEAST_BLOCKS // 2:
        return 0.0
    parts = np.abs(blocks @ (waves() * PARTS)) + 0.5
    places = np.minimum(parts, LARGEST * PARTS).astype(np.int64)
    bins = LARGEST * PARTS + 1
    places += np.arange(len(FREQUENCIES)) * bins
    counts = np.bincount(places.ravel(), minlength=bins * len(FREQUENCIES))
    counts = counts.reshape(len(FREQUENCIES), bins)[:, :-1].astype(np.float32)
    cosines, counted = combs()
    chance = np.sqrt(np.maximum(counts @ counted, _LEAST_COUNT) / 2)
    return float(np.maximum((counts @ cosines / chance).max(axis=1) - _BY_CHANCE, 0).sum())


@cache
def waves() -> NDArray[np.float32]:
    """Return the cosines of `FREQUENCIES`, shape (64, 20): what blocks of 64 samples are times."""
    places = np.arange(_BLOCK)
    cosines = 0.5 * np.cos((2 * places + 1) * places[:, None] * np.pi / 16)
    cosines[0] /= np.sqrt(2)
    waves = [np.outer(cosines[down], cosines[right]).ravel() for down, right in FREQUENCIES]
    return np.stack(waves, axis=1).astype(np.float32)


@cache
def combs() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return cos(2π c/q) and whether c counts, of each eighth and step."""
    values = np.arange(LARGEST * PARTS)[:, None] / PARTS
    counted = values > _LEAST_MULTIPLE * STEPS
    waves = np.cos(2 * np.pi * values / STEPS) * counted
    return waves.astype(np.float32), counted.astype(np.float32)
