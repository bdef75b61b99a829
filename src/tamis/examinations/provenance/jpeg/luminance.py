"""The luminance a JPEG file stores, exact to the sample, where it is cheap to have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.media.jpeg_strip import top_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.media.containers.jpeg_structure import JpegStructure
    from tamis.model import Content

SHARE = 8
"""Of a picture that is decoded reduced, one eighth is decoded again in full, from the top."""
_LEAST_PIXELS, _MOST_PIXELS = 1 << 16, 1 << 21
_OF_COSINES = frozenset({0, 1, 2, 9, 10})
_BITS = 8
_RGB = (0x52, 0x47, 0x42)


def stored_luminance(
    content: Content, structure: JpegStructure, least: int = _LEAST_PIXELS
) -> NDArray[np.uint8] | None:
    """Return the luminance as stored, of the whole picture where that is at hand, else of its top.

    Args:
        content: a JPEG file.
        structure: what was read of it.
        least: pixels of the top, where the picture has as many; at most 2 million.

    Returns:
        uint8, shape (rows, width); None where the file is damaged, not of 8 bits, stores no
        luminance in full resolution, or is large and not coded row by row.
    """
    luma = content.luma
    if content.truncated or not _stores_luminance(structure):
        return None
    if luma is not None and content.scale == 1 and luma.dtype == np.uint8:
        return luma.astype(np.uint8, copy=False)
    pixels = structure.width * structure.height // SHARE
    return top_strip(content.data, min(max(pixels, least), _MOST_PIXELS))


def _stores_luminance(structure: JpegStructure) -> bool:
    parts = structure.components
    if structure.frame not in _OF_COSINES or structure.precision != _BITS:
        return False
    if len(parts) not in (1, 3) or parts[0].table not in structure.tables:
        return False
    if len(parts) == 1:
        return True
    rgb = structure.jfif is None and tuple(part.identifier for part in parts) == _RGB
    if structure.adobe_transform == 0 or (structure.adobe_transform is None and rgb):
        return False
    return all(
        part.horizontal <= parts[0].horizontal and part.vertical <= parts[0].vertical
        for part in parts
    )
