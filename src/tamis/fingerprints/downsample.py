"""PDQ's first half: from luminance to 64 × 64, two ways.

The reference runs a box filter twice along rows and columns and keeps every n/64th sample. All of
this is linear: the result is ``A · L · Bᵀ`` with banded weights A (64 × height) and B (64 × width).

`exact` runs the filter as the reference does, with the same float32 additions in the same order, so
that even coefficients that ought to be equal, as in symmetric drawings, fall the same way.
`projected` applies A and B directly, which needs one pass, and can be pulled back onto a picture
already reduced by s: where each sample is the mean of s × s pixels, its weight is the sum of
theirs. libjpeg-turbo's reduced decoding gives such means (``jidctred.c``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.fingerprints import loops

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
_NEGLIGIBLE = 1e-12


def exact(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the 64 × 64 samples of the reference for full-size `luma`, bit for bit."""
    height, width = luma.shape
    if (height, width) == (SIDE, SIDE):
        return luma
    start, end = reach(width)
    counts = (end - start + 1).astype(np.float32)
    return loops.tent(
        np.ascontiguousarray(luma), window(height), counts, centres(height), centres(width)
    )


def projected(
    samples: NDArray[Any],
    height: int,
    width: int,
    scale: int,
    *,
    flip: tuple[bool, bool] = (False, False),
) -> NDArray[np.float32]:
    """Return the 64 × 64 samples by the linear operator.

    Args:
        samples: luminance, float32 or uint8, of a picture of `height` × `width` pixels, reduced by
            `scale`: shape (⌈height / scale⌉, ⌈width / scale⌉).
        height: of the full picture.
        width: likewise.
        scale: 1, 2, 4 or 8.
        flip: whether to swap top and bottom, and left and right, before.
    """
    if (height, width, scale) == (SIDE, SIDE, 1):
        flipped = samples[:: -1 if flip[0] else 1, :: -1 if flip[1] else 1]
        return flipped.astype(np.float32)
    down = loops.project(np.ascontiguousarray(samples), *weights(height, scale, flip[0]))
    return loops.project(np.ascontiguousarray(down.T), *weights(width, scale, flip[1])).T.copy()


def window(size: int) -> int:
    """Length of the box along an axis of `size` pixels."""
    return (size + 2 * SIDE - 1) // (2 * SIDE)


def centres(size: int) -> NDArray[np.intp]:
    """The 64 samples kept along an axis of `size` pixels; repeated where it is shorter."""
    return ((np.arange(SIDE) + 0.5) * size / SIDE).astype(np.intp)


def reach(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last sample the box covers at each of `size` pixels, cut off at the ends."""
    box = window(size)
    end = np.arange(size) + (box + 2) // 2 - 1
    return np.maximum(end - box + 1, 0), np.minimum(end, size - 1)


@lru_cache(maxsize=256)
def weights(
    size: int, scale: int, flipped: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the weights along an axis of `size` pixels reduced by `scale`, and where they lie.

    `flipped` weights give the samples of the axis read from its other end. The operator is not
    symmetric, and the last mean of an axis may stand for fewer than `scale` pixels, so this is not
    the same as flipping samples.

    Returns:
        weights, float32 (64, ⌈size / scale⌉); per column the first row that is not zero, and the
        one after the last.
    """
    start, end = reach(size)
    share = 1.0 / (end - start + 1)
    steps = np.zeros((SIDE, size + 1))
    for row, centre in enumerate(centres(size)):
        inner = np.arange(start[centre], end[centre] + 1)
        np.add.at(steps[row], start[inner], share[centre] * share[inner])
        np.subtract.at(steps[row], end[inner] + 1, share[centre] * share[inner])
    full = np.cumsum(steps, axis=1)[:, :size]
    full[full < _NEGLIGIBLE] = 0
    if flipped:
        full = full[:, ::-1]
    reduced = _pulled_back(full, scale).astype(np.float32)
    used = reduced != 0
    first = used.argmax(axis=0).astype(np.int32)
    last = (SIDE - used[::-1].argmax(axis=0)).astype(np.int32)
    last[~used.any(axis=0)] = 0
    return reduced, first, last


def _pulled_back(full: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """Return weights for means of `scale` pixels from the weights of the pixels.

    A mean stands for its pixels as a straight line through it would: as steep as from the mean
    before it to the one after. Taking it for a constant instead doubles the error.
    """
    if scale == 1:
        return full
    blocks = np.pad(full, ((0, 0), (0, -full.shape[1] % scale))).reshape(SIDE, -1, scale)
    offset = (np.arange(scale) - (scale - 1) / 2) / scale
    tilt = (blocks * offset).sum(axis=2) / 2
    reduced: NDArray[np.float64] = blocks.sum(axis=2)
    reduced[:, 1:] += tilt[:, :-1]
    reduced[:, -1] += tilt[:, -1]
    reduced[:, :-1] -= tilt[:, 1:]
    reduced[:, 0] -= tilt[:, 0]
    return reduced
