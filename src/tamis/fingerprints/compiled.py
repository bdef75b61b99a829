"""The inner loops of PDQ, compiled; `plain` has the same in numpy, as oracle and fallback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types

from tamis.media.compiling import compiled, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLANE = types.float32[:, ::1]
_READ_PLANE = taken(types.float32, 2)
_READ_ROW = taken(types.float32, 1)
_ENDS = taken(types.int32, 1)
_PLACES = taken(types.int64, 1)


@compiled(
    _PLANE(_READ_PLANE, _READ_PLANE, _ENDS, _ENDS),
    _PLANE(taken(types.uint8, 2), _READ_PLANE, _ENDS, _ENDS),
)
def project(
    samples: NDArray[Any],
    weights: NDArray[np.float32],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Return ``weights @ samples``: (64, n) by (n, m) to float32 (64, m).

    Args:
        samples: float32 or uint8, C-contiguous.
        weights: zero outside rows `first` to `last` (exclusive) of each column.
        first: per column, shape (n,).
        last: likewise.
    """
    out = np.zeros((weights.shape[0], samples.shape[1]), np.float32)
    for y in range(samples.shape[0]):
        row = samples[y]
        for i in range(first[y], last[y]):
            weight = weights[i, y]
            sums = out[i]
            for x in range(row.size):
                sums[x] += weight * np.float32(row[x])
    return out


@compiled()
def _sum_row(values: NDArray[np.float32], window: int, out: NDArray[np.float32]) -> None:
    """Running sum over `window` samples; over fewer where it hangs over an end."""
    size = values.size
    ahead = (window + 2) // 2 - 1
    total = np.float32(0)
    for x in range(ahead):
        total += values[x]
    for x in range(size):
        if x + ahead < size:
            total += values[x + ahead]
        if x + ahead >= window:
            total -= values[x + ahead - window]
        out[x] = total


@compiled()
def _box_column_step(
    row: NDArray[np.float32],
    at: int,
    rows: int,
    ring: NDArray[np.float32],
    totals: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Take row number `at` into the running sums down the columns, write the mean now complete."""
    window = ring.shape[0]
    ahead = (window + 2) // 2 - 1
    old = ring[at % window]
    if at < rows and at >= window:
        for x in range(row.size):
            total = totals[x] + row[x]
            totals[x] = total - old[x]
            old[x] = row[x]
    elif at < rows:
        for x in range(row.size):
            totals[x] += row[x]
            old[x] = row[x]
    elif at >= window:
        for x in range(row.size):
            totals[x] -= old[x]
    count = np.float32(min(rows - 1, at) - max(0, at - window + 1) + 1)
    if at >= ahead:
        for x in range(row.size):
            out[x] = totals[x] / count


@compiled(_PLANE(_READ_PLANE, types.int64, _READ_ROW, _PLACES, _PLACES))
def tent(
    luma: NDArray[np.float32],
    window_y: int,
    counts: NDArray[np.float32],
    ys: NDArray[Any],
    xs: NDArray[Any],
) -> NDArray[np.float32]:
    """Return the samples at rows `ys` and columns `xs` of `luma` after two box passes each way.

    The rows flow through the four passes one by one, so that only `window_y` rows per pass are held
    in memory, whatever the size of the picture.

    Args:
        luma: shape (h, w), C-contiguous.
        window_y: length of the box down the columns.
        counts: per column how many samples the box along the rows covers there, shape (w,).
        ys: ascending.
        xs: ascending.
    """
    rows, columns = luma.shape
    window_x = int(counts.max())
    ahead = (window_y + 2) // 2 - 1
    ring = np.zeros((window_y, columns), np.float32)
    totals, once, down, sums = np.zeros((4, columns), np.float32)
    last_ring = np.zeros((window_y, xs.size), np.float32)
    last_totals, twice, done = np.zeros((3, xs.size), np.float32)
    out = np.empty((ys.size, xs.size), np.float32)
    picked = 0
    for at in range(rows + 2 * ahead):
        if at < rows:
            _sum_row(luma[at], window_x, once)
            for x in range(columns):
                once[x] /= counts[x]
        if at < rows + ahead:
            _box_column_step(once, at, rows, ring, totals, down)
        if at < ahead:
            continue
        if at - ahead < rows:
            _sum_row(down, window_x, sums)
            for j in range(xs.size):
                twice[j] = sums[xs[j]] / counts[xs[j]]
        _box_column_step(twice, at - ahead, rows, last_ring, last_totals, done)
        while picked < ys.size and ys[picked] == at - 2 * ahead:
            out[picked] = done
            picked += 1
    return out


@compiled(_PLANE(_READ_PLANE, _READ_PLANE))
def multiply(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``left @ right`` in float32, each sum added in the order of its index."""
    out = np.zeros((left.shape[0], right.shape[1]), np.float32)
    for i in range(left.shape[0]):
        for k in range(left.shape[1]):
            for j in range(right.shape[1]):
                out[i, j] += left[i, k] * right[k, j]
    return out
