"""The inner loop of `luma` in numpy: the oracle of `compiled`, and its fallback without numba."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STRIP = 1 << 16


def weigh(pixels: NDArray[np.uint32], luma: NDArray[np.float32]) -> None:
    """Write the luminance of `pixels`, R in the lowest byte and B in the third, to `luma`."""
    for start in range(0, luma.size, _STRIP):
        part = pixels[start : start + _STRIP].astype(np.int64)
        thousandths = 299 * (part & 255) + 587 * (part >> 8 & 255) + 114 * (part >> 16 & 255)
        luma[start : start + _STRIP] = thousandths.astype(np.float32) / np.float32(1000)
