"""Camera raw files, through LibRaw by the optional package ``rawpy`` (extra ``raw``).

The sensor's own samples are developed; the JPEG preview a camera embeds is another picture and is
not taken for the raw. Without the extra a raw file is listed as image without a decoder.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from tamis.errors import DecodeError
from tamis.media import luma
from tamis.media.pixel_cap import check_pixels
from tamis.model import Content

if TYPE_CHECKING:
    from tamis.media.sniff import Sniffed

FORMATS = frozenset({"dng", "cr2", "cr3", "crw", "nef", "arw", "raf", "orf", "rw2", "pef", "srw",
                     "kdc", "mrw", "x3f", "iiq"})  # fmt: skip

# LibRaw's flip to EXIF orientation.
_ORIENTATION = {0: 1, 3: 3, 5: 8, 6: 6}
_HALF_FROM = 512


def decode(data: bytes, sniffed: Sniffed, *, max_pixels: int) -> Content:
    """Develop a raw file with LibRaw's defaults; from 512 pixels a side up one sample per 2 × 2.

    Raises:
        DecodeError: ``no_decoder`` without the extra, ``too_many_pixels``, ``empty_picture``.
        Exception: whatever ``rawpy`` raises for a broken file.
    """
    try:
        import rawpy  # noqa: PLC0415 - optional
    except ImportError as error:
        raise DecodeError(
            "no_decoder", f"{sniffed.format} needs the extra 'raw': pip install 'tamis[raw]'"
        ) from error
    with rawpy.imread(io.BytesIO(data)) as negative:
        width, height = negative.sizes.width, negative.sizes.height
        check_pixels(width, height, max_pixels)
        pixels = negative.postprocess(
            use_camera_wb=True,
            half_size=min(width, height) >= _HALF_FROM,
            user_flip=0,
            output_bps=8,
        )
        orientation = _ORIENTATION.get(negative.sizes.flip, 1)
    halved = pixels.shape[:2] == (-(-height // 2), -(-width // 2))
    return Content(
        data,
        sniffed.format,
        sniffed.mime,
        sniffed.kind,
        width=width if halved else pixels.shape[1],
        height=height if halved else pixels.shape[0],
        orientation=orientation,
        luma=luma.of_image(Image.fromarray(pixels)),
        scale=2 if halved else 1,
        # LibRaw takes what lies beyond the end of a file for zeros and says nothing
        truncated=not pixels.any(),
    )
