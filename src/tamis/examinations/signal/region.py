"""A part of a picture in its own resolution, for what resizing would destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.media.jpeg_strip import top_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.model import Content

    Luma = NDArray[np.uint8] | NDArray[np.float32]

MOST_COLUMNS = 1024
MOST_PIXELS = 400_000
"""Of the part that is looked at: at least 390 rows of a picture that has them."""
_BLOCK = 8


def native_region(content: Content) -> Luma | None:
    """Return luminance in the resolution of the file, 0 to 255.

    From the middle, beginning at multiples of 8 pixels, so that the blocks of the file keep their
    places. A JPEG that was decoded reduced is decoded again at its top alone.

    Returns:
        shape (h, w), uint8 as a JPEG file stores it, else float32; None where there is none to be
        had at small cost, or the file is damaged.
    """
    luma = content.luma
    if luma is None or content.truncated:
        return None
    if content.scale > 1:
        if content.format != "jpeg":
            return None
        strip = top_strip(content.data, min(MOST_PIXELS, content.width * content.height))
        if strip is None:
            return None
        luma = strip
    width = min(luma.shape[1], MOST_COLUMNS)
    height = min(luma.shape[0], MOST_PIXELS // max(width, 1))
    top = (luma.shape[0] - height) // 2 // _BLOCK * _BLOCK
    left = (luma.shape[1] - width) // 2 // _BLOCK * _BLOCK
    return luma[top : top + height, left : left + width]


def quarters(luma: Luma) -> NDArray[np.int16]:
    """Return luminance in quarters of a level: sums of a few fit 16 bits, and go fast."""
    if luma.dtype == np.uint8:
        return luma.astype(np.int16) << 2
    return (luma * np.float32(4)).astype(np.int16)
