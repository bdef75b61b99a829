"""Luminance of a picture, as PDQ's reference makes it: 0.299 R + 0.587 G + 0.114 B.

The weights are those of ITU-R BT.601. ``pdqhash`` applies them in float64 and rounds to float32;
299 R + 587 G + 114 B, an integer, divided by 1000 in float32, is the same for every colour.

Alpha is ignored, as there: the colour that lies under a transparent pixel counts. All is done in
strips, so that beside the picture itself only the luminance takes memory.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tamis.media import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from PIL import Image

    Luma = NDArray[np.float32] | NDArray[np.uint8]

MAX_FLOAT_PIXELS = 1 << 26
"""Larger pictures get their luminance rounded to 8 bits: four times less memory."""

_STRIP_PIXELS = 1 << 17
_SIXTEEN_TO_EIGHT_BITS = np.float32(257)
_GREY = frozenset({"1", "L", "LA"})
_PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}


@cache
def _weigher() -> Callable[[NDArray[np.uint32], NDArray[np.float32]], None]:
    """The inner loop; numba takes most of a second to import, so it waits for the first picture."""
    try:
        from tamis.media import compiled  # noqa: PLC0415 - see above
    except ImportError:  # no numba on this platform
        return plain.weigh
    loop: Callable[[NDArray[np.uint32], NDArray[np.float32]], None] = compiled.weigh
    return loop


def of_image(image: Image.Image, *, exact: bool = False) -> Luma:
    """Return the luminance of a loaded Pillow picture of any mode, shape (height, width), 0 to 255.

    16-bit grey is scaled, not clipped. 32-bit integer and floating point grey, whose range no file
    format fixes, is taken as 0 to 1, 0 to 255 or 0 to 65535 where it fits, else it is stretched.

    Args:
        image: loaded.
        exact: float32 whatever the size, instead of uint8 above `MAX_FLOAT_PIXELS`.

    Raises:
        ValueError: Pillow knows no way from this mode to RGB.
    """
    if image.mode in ("I", "F"):
        return _unbounded(image)
    rounded = image.width * image.height > MAX_FLOAT_PIXELS and not exact
    luma = np.empty((image.height, image.width), np.uint8 if rounded else np.float32)
    for rows, strip in _strips(image):
        values = _strip_luma(strip)
        luma[rows] = np.rint(values) if rounded else values
    return luma


def of_rgbx(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luminance of 8-bit RGB with a fourth byte to each pixel, which is ignored.

    Args:
        pixels: shape (height, width, 4), C-contiguous.
    """
    height, width = pixels.shape[:2]
    luma = np.empty((height, width), np.float32)
    _weigher()(pixels.view("<u4").reshape(-1), luma.reshape(-1))
    return luma


def _rows_per_strip(width: int) -> int:
    return max(1, _STRIP_PIXELS // width)


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    step = _rows_per_strip(image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _strip_luma(strip: Image.Image) -> NDArray[np.float32]:
    if strip.mode.startswith("I;16"):
        return np.asarray(strip).astype(np.float32) / _SIXTEEN_TO_EIGHT_BITS
    if strip.mode in _PREMULTIPLIED:
        strip = strip.convert(_PREMULTIPLIED[strip.mode])
    if strip.mode in _GREY:
        grey = strip.getchannel(0) if strip.mode == "LA" else strip.convert("L")
        return np.asarray(grey).astype(np.float32)
    if strip.mode not in ("RGBA", "RGBX"):
        strip = strip.convert("RGB").convert("RGBX")
    return of_rgbx(np.asarray(strip))


def _unbounded(image: Image.Image) -> NDArray[np.float32]:
    luma = np.empty((image.height, image.width), np.float32)
    for rows, strip in _strips(image):
        luma[rows] = np.asarray(strip)
    np.nan_to_num(luma, copy=False, posinf=0.0, neginf=0.0)
    low, high = float(luma.min()), float(luma.max())
    if low < 0 or high > 65535:
        luma -= np.float32(low)
        luma *= np.float32(255 / max(high - low, 1e-9))
    elif high > 255:
        luma /= _SIXTEEN_TO_EIGHT_BITS
    elif image.mode == "F" and high <= 1:
        luma *= np.float32(255)
    return luma
