"""The inner loops of PDQ in numpy: the oracle of `compiled`, and its fallback without numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def project(
    samples: NDArray[Any],
    weights: NDArray[np.float32],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Return ``weights @ samples``: (64, n) by (n, m) to float32 (64, m)."""
    out = np.zeros((weights.shape[0], samples.shape[1]), np.float32)
    for y, row in enumerate(samples):
        band = slice(first[y], last[y])
        out[band] += weights[band, y, None] * row.astype(np.float32)
    return out


def _box_columns(values: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Running mean down the columns over `window` rows; fewer where it hangs over an end."""
    size = values.shape[0]
    ahead = (window + 2) // 2 - 1
    steps = np.zeros((2 * (size + ahead), *values.shape[1:]), np.float32)
    steps[: 2 * size : 2] = values
    steps[2 * window + 1 :: 2] = -values[: size + ahead - window]
    # accumulate adds strictly one after the other, in float32, as the reference does
    totals = np.add.accumulate(steps, axis=0)[2 * ahead + 1 :: 2]
    end = np.arange(size) + ahead
    count = np.minimum(end, size - 1) - np.maximum(end - window + 1, 0) + 1
    means: NDArray[np.float32] = totals / count.astype(np.float32)[:, None]
    return means


def tent(
    luma: NDArray[np.float32],
    window_y: int,
    counts: NDArray[np.float32],
    ys: NDArray[Any],
    xs: NDArray[Any],
) -> NDArray[np.float32]:
    """Return the samples at rows `ys` and columns `xs` of `luma` after two box passes each way."""
    for _ in range(2):
        luma = _box_columns(luma.T, int(counts.max())).T
        luma = _box_columns(luma, window_y)
    return np.ascontiguousarray(luma[np.ix_(ys, xs)])


def multiply(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``left @ right`` in float32, each sum added in the order of its index."""
    out = np.zeros((left.shape[0], right.shape[1]), np.float32)
    for k in range(left.shape[1]):
        out += left[:, k, None] * right[k]
    return out
