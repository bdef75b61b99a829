"""The luminance a JPEG file stores, exact to the sample, of a strip at its top.

Large pictures are decoded reduced, which is enough to know them but loses what their coefficients
were. A file whose header states fewer rows is decoded only so far: the rest of the scan is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import simplejpeg

from tamis.media.containers.findings import Findings
from tamis.media.containers.jpeg import segments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROW_OF_UNITS = 32
"""No unit of a JPEG file is higher: four blocks."""
_MAX_BYTES_PER_PIXEL = 12
"""A block cannot take more: three components of 64 codes with 26 bits each, and stuffing."""
_HUFFMAN_SEQUENTIAL = (0xC0, 0xC1)
_START_OF_SCAN = 0xDA
_END = b"\xff\xd9"


def top_strip(data: bytes | memoryview, pixels: int) -> NDArray[np.uint8] | None:
    """Return the luminance of the first rows, as stored.

    Args:
        data: a whole JPEG file.
        pixels: how many to decode; rounded up to whole rows of 32 pixels.

    Returns:
        uint8, shape (rows, width); None where the file is progressive or arithmetic, whose first
        rows are not together, or cannot be decoded.
    """
    view = memoryview(data)
    height = scan = width = 0
    for marker, start, end in segments(view, Findings()):
        if marker in _HUFFMAN_SEQUENTIAL and end - start > 5:
            height, width = start + 1, int.from_bytes(view[start + 3 : start + 5], "big")
        if marker == _START_OF_SCAN:
            scan = end
    if not height or not scan or not width:
        return None
    stated = int.from_bytes(view[height : height + 2], "big")
    rows = min(stated, -(-pixels // (width * _ROW_OF_UNITS)) * _ROW_OF_UNITS)
    last = scan + width * (rows + _ROW_OF_UNITS) * _MAX_BYTES_PER_PIXEL
    part = b"".join((view[:height], rows.to_bytes(2, "big"), view[height + 2 : last], _END))
    try:
        luminance: NDArray[np.uint8] = simplejpeg.decode_jpeg(part, "GRAY", strict=False)
    except ValueError:
        return None
    return luminance[:, :, 0]
