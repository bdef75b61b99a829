"""Stored pixels in colour, decoded or converted only when an examination asks for them.

Most of what looks at a picture needs its luminance, and large JPEG files are decoded reduced for
it. What looks for the finest traces needs every stored pixel in colour, at 36 MB for 12 megapixels:
so nothing is made before it is asked for, and nothing of a picture over `MAX_PIXELS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import simplejpeg

from tamis.media import lossless

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

MAX_PIXELS = 64_000_000
"""Larger pictures give none: three bytes to a pixel, and four that Pillow keeps of it."""

# Pillow's own conversion to RGB leaves the samples of these as they are stored, but for alpha.
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})


class JpegColours:
    """The pixels of a JPEG file: decoded in full when first asked for, once.

    Args:
        data: the whole file, whose header is known to be good and within `MAX_PIXELS`.
    """

    __slots__ = ("_data", "_kept")

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._kept: NDArray[np.uint8] | None = None

    def __call__(self) -> NDArray[np.uint8] | None:
        """Return the pixels, shape (height, width, 3), read-only; None where decoding fails."""
        if self._data is not None:
            data, self._data = self._data, None
            self._kept = _decoded(data)
        return self._kept


class PillowColours:
    """The pixels of a picture that Pillow has decoded: converted when first asked for, once.

    Args:
        image: loaded, of a mode that `of_image` accepts.
    """

    __slots__ = ("_kept",)

    def __init__(self, image: Image.Image) -> None:
        self._kept: Image.Image | NDArray[np.uint8] = image

    def __call__(self) -> NDArray[np.uint8]:
        """Return the pixels, shape (height, width, 3), read-only."""
        if not isinstance(self._kept, np.ndarray):
            image = self._kept if self._kept.mode == "RGB" else self._kept.convert("RGB")
            pixels: NDArray[np.uint8] = np.asarray(image)
            pixels.flags.writeable = False
            self._kept = pixels
        return self._kept


def of_jpeg(data: bytes, width: int, height: int) -> JpegColours | None:
    """Return what decodes a JPEG file that libjpeg-turbo gives RGB of; None where it is too large.

    Args:
        data: the whole file.
        width: as its header states it, pixels.
        height: likewise.
    """
    return JpegColours(data) if width * height <= MAX_PIXELS else None


def of_image(image: Image.Image, data: bytes, name: str) -> PillowColours | None:
    """Return what gives the colours of a loaded Pillow picture; None where it has no such pixels.

    Args:
        image: loaded.
        data: the whole file.
        name: its format, as sniffed.
    """
    if image.mode not in _MODES or image.width * image.height > MAX_PIXELS:
        return None
    return PillowColours(image) if lossless.depth(image, data, name) <= 8 else None


def _decoded(data: bytes) -> NDArray[np.uint8] | None:
    """Decode in full, past whatever libjpeg warns of: the file was found good enough before."""
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", strict=False)
    except ValueError:
        return None
    pixels.flags.writeable = False
    return pixels
