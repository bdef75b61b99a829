"""Whether a JPEG file was compressed before, with other steps on the same grid of blocks.

A coefficient quantised with one step and then with another leaves gaps and heaps in its histogram
that no picture has of itself (J. Lukáš and J. Fridrich, DFRWS 2003; A. Popescu and H. Farid, IH
2004). Here the histograms of the nine lowest frequencies are explained twice: by a smooth density
quantised with the steps of the file, and by the same density quantised with other steps first, as
T. Pevný and J. Fridrich (IEEE TIFS 3(2), 2008) look for the earlier steps. How much better the
second explains them is the score.

The density is a mixture of centred normal distributions, so it is even and falls from zero on, as
that of a cosine coefficient does in any picture that is no drawing; its weights are fitted by
expectation-maximisation. All tables depend on the steps alone and are kept: of each step of a file
that was met, 230 kB that take 5 to 50 ms, once, in a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.provenance.jpeg.quantisation import LUMINANCE, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_SCORE = 0.01
"""Nats per block from which an earlier IJG quality is believed, the best frequency left out."""
LEAST_FREE_SCORE = 0.004
"""The same of steps chosen freely for each frequency, the best four left out."""
LEAST_GAIN = 15.0
"""Nats that are asked for besides, so that chance in few blocks is not enough."""
LEAST_BLOCKS = 256
MOST_BLOCKS = 2048
LARGEST_STEP = 40
"""Of the earlier compression; IJG quality 30 has 27 among these frequencies."""
LARGEST_LATER_STEP = 64
"""Of the file itself: with larger ones hardly any coefficient but zero is left."""
QUALITIES = range(30, 101)
"""IJG qualities of the earlier compression that are tried."""

FREQUENCIES = (1, 8, 16, 9, 2, 3, 10, 17, 24)
"""Places in the table of the nine lowest frequencies but the mean, in the order of zigzag."""
_BINS = 48
_SCALES = 0.3 * 2 ** (0.65 * np.arange(15))
# Pixels are rounded to integers and go over RGB between the two compressions: about half a unit.
_NOISE = 0.5
_LOGISTIC = 0.5513  # its scale for a standard deviation of 1
# Blocks that were retouched or clipped in between do not follow the earlier steps.
_OTHERS = 0.2
_LEAST_TABLE = 1e-12
# Few rounds tell whether there is anything to look at, which in most files there is not.
_FIRST_ROUNDS, _ROUNDS = 15, 45
# Below this share of the thresholds, further fitting hardly ever lifts a score above them.
_NEAR = 0.3
# A gradient or a drawing may be far from any smooth density in one or two frequencies, seldom in
# more; an earlier compression is in nearly all.
_LEFT_OUT, _LEFT_OUT_FREE = 1, 4
# Steps chosen freely always explain more; far more only where no IJG quality was used.
_MUCH_BETTER = 1.5


@dataclass(frozen=True, slots=True)
class Recompression:
    """An earlier compression.

    Args:
        quality: IJG quality whose steps explain the histograms best; None where others do far
            better.
        steps: of `FREQUENCIES` that explain each histogram best; 1 to `LARGEST_STEP`. Where it is
            the step of the file there was none, the same one, or one that leaves no trace.
        score: nats per block by which an earlier compression explains them better than none.
    """

    quality: int | None
    steps: tuple[int, ...]
    score: float


def find(luma: NDArray[np.uint8], steps: tuple[int, ...]) -> Recompression | None:
    """Say whether the luminance of a JPEG file was quantised with other steps before.

    Args:
        luma: as the file stores it, shape (h, w), from its first row and column on; a part of the
            picture will do.
        steps: quantisation table of the luminance, 64 in natural order.

    Returns:
        None where nothing speaks for it, or too few blocks are without clipped pixels.
    """
    later = tuple(steps[place] for place in FREQUENCIES)
    if not all(0 < step <= LARGEST_LATER_STEP for step in later):
        return None
    coefficients = _coefficients(luma, later)
    blocks = len(coefficients)
    if blocks < LEAST_BLOCKS:
        return None
    folded = np.minimum(np.abs(coefficients), _BINS - 1)
    counts = np.stack([np.bincount(column, minlength=_BINS) for column in folded.T]).astype(float)
    once = np.stack([_once(step) for step in later])
    weights = np.full((len(later), len(_SCALES)), 1 / len(_SCALES))
    for rounds in (_FIRST_ROUNDS, _ROUNDS):
        weights = _fit(counts, once, weights, rounds)
        gains = _gains(counts, later, once, weights)
        quality, chosen = _chosen(gains)
        if not _believed(np.take_along_axis(gains.T, chosen - 1, axis=0), blocks, _NEAR):
            return None
    fitted = _fitted_gains(counts, later, once, weights, chosen)
    if not _believed(fitted, blocks):
        return None
    total, total_free = fitted.sum(axis=1).tolist()
    return Recompression(
        None if total * _MUCH_BETTER < total_free else quality,
        tuple(chosen[1].tolist()),
        max(total, total_free) / blocks,
    )


def gains_of_blocks(
    samples: NDArray[np.uint8] | NDArray[np.float32],
    counted: NDArray[np.bool_],
    steps: tuple[int, ...],
    earlier: Recompression,
) -> NDArray[np.float32]:
    """Return by how many nats each block is explained better by two compressions than by one.

    Args:
        samples: of blocks on the grid of the file, shape (n, 64).
        counted: which of them the density is fitted to, shape (n,).
        steps: quantisation table of the luminance, 64 in natural order.
        earlier: what `find` returned for the same file.

    Returns:
        float32, shape (n,).
    """
    later = tuple(steps[place] for place in FREQUENCIES)
    first = earlier.steps
    if earlier.quality is not None:
        first = tuple(scaled(LUMINANCE, earlier.quality)[place] for place in FREQUENCIES)
    waves = _basis() / np.array(later, np.float32)
    folded = np.abs(np.rint(samples.astype(np.float32) @ waves)).astype(np.int64)
    np.minimum(folded, _BINS - 1, out=folded)
    columns = folded[counted].T
    counts = np.stack([np.bincount(column, minlength=_BINS) for column in columns]).astype(float)
    once = np.stack([_once(step) for step in later])
    # the step of the file, or a larger one than is looked for, leaves no trace
    twice = np.stack(
        [
            _once(step) if before == step else _twice(step)[min(before, LARGEST_STEP) - 1]
            for step, before in zip(later, first, strict=True)
        ]
    )
    weights = np.full((len(later), len(_SCALES)), 1 / len(_SCALES))
    weights = _fit(np.maximum(counts, _LEAST_TABLE), twice, weights, _ROUNDS)
    nats = np.log(_chances(twice, weights) / _chances(once, weights)).astype(np.float32)
    gains: NDArray[np.float32] = nats[np.arange(len(later)), folded].sum(axis=1)
    return gains


def _chosen(gains: Floats) -> tuple[int, NDArray[np.int64]]:
    """Return the best quality, and its steps and those that are best freely, shape (2, 9)."""
    columns = np.arange(len(gains))
    best = int(gains[columns, _steps_of_qualities() - 1].sum(axis=1).argmax())
    return QUALITIES[best], np.stack([_steps_of_qualities()[best], gains.argmax(axis=1) + 1])


def _believed(gains: Floats, blocks: int, share: float = 1) -> bool:
    """Say whether the gains of a quality or of free steps reach a share of their thresholds."""
    of_quality, free = np.sort(gains, axis=1)
    kept = float(of_quality[:-_LEFT_OUT].sum()), float(free[:-_LEFT_OUT_FREE].sum())
    least = (LEAST_SCORE * blocks, LEAST_FREE_SCORE * blocks)
    return any(
        gain >= share * max(enough, LEAST_GAIN) for gain, enough in zip(kept, least, strict=True)
    )


def _gains(counts: Floats, later: tuple[int, ...], once: Floats, weights: Floats) -> Floats:
    """Return by how many nats each earlier step explains more, shape (9, earlier steps)."""
    twice = np.stack([_twice(step) @ weight for step, weight in zip(later, weights, strict=True)])
    gains = _logs(counts[:, None], twice) - _logs(counts, _chances(once, weights))[:, None]
    for row, step in zip(gains, later, strict=True):
        row[step - 1 : step] = 0  # the same step leaves no trace
    return gains


def _fitted_gains(
    counts: Floats,
    later: tuple[int, ...],
    once: Floats,
    weights: Floats,
    chosen: NDArray[np.int64],
) -> Floats:
    """Return the gains of chosen earlier steps with weights fitted to them, shape (n, 9).

    Those of `_gains` come from weights fitted to a single compression, which is unfair to two.
    """
    twice = [[_twice(step)[i - 1] for step, i in zip(later, row, strict=True)] for row in chosen]
    tables = np.stack([once, *(np.stack(row) for row in twice)])
    start = np.broadcast_to(weights, (len(tables), *weights.shape))
    logs = _logs(counts, _chances(tables, _fit(counts, tables, start, _FIRST_ROUNDS + _ROUNDS)))
    gains: Floats = np.where(chosen == np.array(later), 0, logs[1:] - logs[0])
    return gains


def _coefficients(luma: NDArray[np.uint8], later: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the quantised coefficients, shape (blocks, 9), of blocks without clipped pixels."""
    height, width = luma.shape[0] // 8, luma.shape[1] // 8
    if not height or not width:
        return np.empty((0, len(later)), np.int32)
    every = max(1, -(-height * width // MOST_BLOCKS))
    rows = luma[: height * 8, : width * 8].reshape(height, 8, width * 8)[::every]
    # 0 and 255 become the two largest, and whole rows are compared at once
    most = (rows - np.uint8(1)).max(axis=1)
    inside = most.reshape(-1, width, 8).max(axis=2) < 254
    blocks = rows.reshape(-1, 8, width, 8).swapaxes(1, 2)[inside].reshape(-1, 64)
    waves = _basis() / np.array(later, np.float32)
    quantised: NDArray[np.int32] = np.rint(blocks.astype(np.float32) @ waves).astype(np.int32)
    return quantised


@cache
def _basis() -> NDArray[np.float32]:
    places = np.arange(8)
    cosines = 0.5 * np.cos((2 * places + 1) * places[:, None] * np.pi / 16)
    cosines[0] /= np.sqrt(2)
    waves = [np.outer(*cosines[list(divmod(place, 8))]).ravel() for place in FREQUENCIES]
    return np.stack(waves, axis=1).astype(np.float32)


@cache
def _steps_of_qualities() -> NDArray[np.int64]:
    steps = [[scaled(LUMINANCE, quality)[place] for place in FREQUENCIES] for quality in QUALITIES]
    return np.array(steps)


def _within(edges: Floats) -> Floats:
    """Return the chance of less than `edges` either way, normal; Abramowitz and Stegun 7.1.26."""
    x = edges / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    terms = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
    series = np.zeros_like(x)
    for term in terms:
        series = (series + term) * t
    result: Floats = 1 - series * np.exp(-x * x)
    return result


def _quantised(step: int, count: int) -> Floats:
    """Return the chance of each magnitude below `count`, shape (count, scales)."""
    within = _within((np.arange(count)[:, None] + 0.5) * step / _SCALES)
    return np.maximum(np.diff(within, axis=0, prepend=0), 0)


@lru_cache(128)
def _once(step: int) -> Floats:
    """Return the chances of magnitudes after one compression, shape (bins, scales)."""
    chances = _quantised(step, _BINS)
    chances[-1] = 1 - chances[:-1].sum(axis=0)
    return np.maximum(chances, _LEAST_TABLE)


@lru_cache(64)
def _twice(step: int) -> Floats:
    """Return the chances after another step before, shape (earlier steps, bins, scales)."""
    edges = (np.arange(_BINS - 1) + 0.5) * step
    chances = np.empty((LARGEST_STEP, _BINS, len(_SCALES)))
    for earlier in range(1, LARGEST_STEP + 1):
        count = -(-_BINS * step // earlier) + 2
        away = (edges[:, None] - np.arange(count) * earlier) / (_NOISE * _LOGISTIC)
        below = 1 / (1 + np.exp(-np.clip(away, -30, 30)))
        below[:, 0] = 2 * below[:, 0] - 1  # what was zero gets either sign
        cumulated = below @ _quantised(earlier, count)
        chances[earlier - 1] = np.diff(cumulated, axis=0, prepend=0, append=1)
    chances = (1 - _OTHERS) * chances + _OTHERS * _once(step)
    return np.maximum(chances, _LEAST_TABLE)


def _fit(counts: Floats, tables: Floats, weights: Floats, rounds: int) -> Floats:
    """Return the weights of the scales after some rounds, shape (…, 9, scales)."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        ratios = shares / _chances(tables, weights)
        weights = weights * (ratios[..., None, :] @ tables)[..., 0, :]
    return weights


def _chances(tables: Floats, weights: Floats) -> Floats:
    chances: Floats = (tables @ weights[..., None])[..., 0]
    return chances


def _logs(counts: Floats, chances: Floats) -> Floats:
    total: Floats = (counts * np.log(chances)).sum(axis=-1)
    return total
