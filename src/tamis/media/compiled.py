"""The inner loop of `luma`, compiled by numba; `plain` has the same in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import types

from tamis.media.compiling import compiled, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled(types.void(taken(types.uint32, 1), types.float32[::1]))
def weigh(pixels: NDArray[np.uint32], luma: NDArray[np.float32]) -> None:
    """Write the luminance of `pixels`, R in the lowest byte and B in the third, to `luma`."""
    for i in range(luma.size):
        red = np.int32(pixels[i] & np.uint32(255))
        green = np.int32((pixels[i] >> np.uint32(8)) & np.uint32(255))
        blue = np.int32((pixels[i] >> np.uint32(16)) & np.uint32(255))
        thousandths = np.int32(299) * red + np.int32(587) * green + np.int32(114) * blue
        luma[i] = np.float32(thousandths) / np.float32(1000)
