"""Content: what a fingerprint or an examination is given to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tamis.model.media_file import MediaKind


@dataclass(frozen=True, slots=True)
class Content:
    """One image file in memory, opened and decoded once for everyone.

    Args:
        data: the bytes of the file.
        format: as sniffed from the bytes, lower case: ``jpeg``, ``png``, ``heif``, …
        mime: IANA media type of `format`.
        kind: image or video.
        width: in pixels as stored, before EXIF orientation; 0 where unknown.
        height: likewise.
        orientation: EXIF orientation 1 to 8 that brings the stored pixels upright.
        luma: stored pixels as luminance, float32 or uint8, shape (h, w), possibly reduced by
            `scale`; None where the picture could not be decoded at all.
        scale: by how much `luma` is reduced: each sample is the mean of scale × scale pixels.
        truncated: the file ended early; the missing rows are as the decoder left them.
        raster: gives the stored pixels, for `pixels`.
        colours: gives the stored pixels, for `rgb`.
        notes: what one examination has worked out and the next need not, by a name of its own.
    """

    data: bytes
    format: str
    mime: str
    kind: MediaKind
    width: int = 0
    height: int = 0
    orientation: int = 1
    luma: NDArray[np.float32] | NDArray[np.uint8] | None = None
    scale: int = 1
    truncated: bool = False
    raster: Callable[[], NDArray[np.uint8]] | None = field(default=None, compare=False, repr=False)
    colours: Callable[[], NDArray[np.uint8] | None] | None = field(
        default=None, compare=False, repr=False
    )
    notes: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """Stored pixels, uint8, shape (h, w, 3 or 4): red, green, blue and alpha; read-only.

        Of lossless files only (PNG, BMP, lossless WebP and TIFF) with eight bits to a sample, in
        colour or with alpha, of at most 16 megapixels; None of all others. Those of a turned TIFF
        are upright. The first call costs a conversion.
        """
        return None if self.raster is None else self.raster()

    @property
    def rgb(self) -> NDArray[np.uint8] | None:
        """Stored pixels in colour, uint8, shape (h, w, 3), in full resolution; read-only.

        Of still pictures of at most 64 megapixels in any format but camera raw, with at most eight
        bits to a sample; of animations the first frame. Lossy files are decoded, palettes and grey
        become colours, and alpha is dropped: what lies under a transparent pixel counts. None of
        CMYK, of more bits, and where nothing could be decoded; AVIF and JPEG 2000 of more bits in
        colour come rounded to eight. As stored, not turned by `orientation`. The first call costs
        a conversion, of a JPEG file a decoding.
        """
        return None if self.colours is None else self.colours()
