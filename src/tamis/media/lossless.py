"""Pixels of files that store them without loss, for what is hidden in their lowest bits.

A lossy format does not keep those bits, so it gets none; nor does a picture whose samples Pillow
changes on the way to eight bits, or one that has few colours by its kind (palette, grey).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

MAX_PIXELS = 16_000_000
"""Larger pictures give none: four bytes to a pixel, twice while they are converted."""

_MODES = {"RGB": "RGB", "RGBA": "RGBA", "LA": "RGBA"}
_TIFF_LOSSLESS = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "lzma", "zstd"}
)
_BITS_PER_SAMPLE = 258
_PNG_DEPTH = 24  # where IHDR, always the first chunk, has its bit depth


class LosslessPixels:
    """The stored pixels of one picture: converted when first asked for, once.

    Args:
        image: loaded, of a mode that `of_image` accepts.
    """

    __slots__ = ("_kept",)

    def __init__(self, image: Image.Image) -> None:
        self._kept: Image.Image | NDArray[np.uint8] = image

    def __call__(self) -> NDArray[np.uint8]:
        """Return the pixels, shape (height, width, 3 or 4), read-only: red, green, blue, alpha."""
        if not isinstance(self._kept, np.ndarray):
            self._kept = _converted(self._kept)
        return self._kept


def _converted(image: Image.Image) -> NDArray[np.uint8]:
    wanted = _MODES[image.mode]
    pixels: NDArray[np.uint8] = np.asarray(image if image.mode == wanted else image.convert(wanted))
    pixels.flags.writeable = False
    return pixels


def of_image(image: Image.Image, data: bytes, name: str) -> LosslessPixels | None:
    """Return the pixels of a loaded Pillow picture; None where they are not those stored.

    Args:
        image: loaded.
        data: the whole file.
        name: its format, as sniffed.
    """
    if image.mode not in _MODES or image.width * image.height > MAX_PIXELS:
        return None
    return LosslessPixels(image) if _stored_as_they_are(image, data, name) else None


def depth(image: Image.Image, data: bytes, name: str) -> int:
    """Return how many bits a sample has in the file; 8 where its format is not asked.

    Pillow reduces some pictures of sixteen bits without a word of it.

    Args:
        image: loaded.
        data: the whole file.
        name: its format, as sniffed.
    """
    if name == "png":
        return data[_PNG_DEPTH]
    if name == "tiff":
        return int(max(getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))))
    if name == "heif":
        return int(image.info.get("bit_depth", 8))
    return 8


def _stored_as_they_are(image: Image.Image, data: bytes, name: str) -> bool:
    """Say whether the format keeps 8-bit samples without loss."""
    if name == "png":
        return depth(image, data, name) <= 8
    if name == "tiff":
        compression = image.info.get("compression")
        return compression in _TIFF_LOSSLESS and depth(image, data, name) <= 8
    return name == "bmp" or (name == "webp" and is_lossless_webp(data))


def is_lossless_webp(data: bytes) -> bool:
    """Say whether a still WebP file (RFC 9649) holds its picture in a ``VP8L`` chunk."""
    position = 12
    while position + 8 <= len(data):
        kind = data[position : position + 4]
        if kind in (b"VP8L", b"VP8 ", b"ANMF"):
            return kind == b"VP8L"
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + size + size % 2
    return False
