"""How the pixels of a file are stored: what was lost, and what is unusual about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.examinations.provenance.jpeg.quantisation import LUMINANCE
from tamis.media import raw
from tamis.media.containers.jpeg_structure import read_structure
from tamis.media.lossless import is_lossless_webp

if TYPE_CHECKING:
    from tamis.media.containers.jpeg_structure import JpegStructure
    from tamis.model import Content

HIGH, MEDIUM = 90, 75
"""Qualities from which a JPEG file is `jpeg-high` and `jpeg-medium`."""
_EIGHT_BITS, _CMYK = 8, 4
_PNG_DEPTH, _PNG_COLOUR = 24, 25  # IHDR, always the first chunk
_PNG_GREY, _PNG_PALETTE = (0, 4), 3
_MOST_CHUNKS = 4096
_MOST_BLOCKS = 1 << 18  # 64 MB of one frame as encoders write it
_GIF_HEADER, _GIF_EXTENSION, _GIF_FRAME = 13, b"\x21", b"\x2c"
_WEBP_FLAGS, _WEBP_ANIMATED = 20, 2
_BRANDS_END = 256
_SEQUENCES = frozenset({b"avis", b"msf1", b"hevc", b"hevx"})
_WITHOUT_LOSS = frozenset({"png", "bmp", "gif", "ico", "psd"})


@dataclass(frozen=True, slots=True)
class Coding:
    """How pixels are stored.

    Args:
        compression: the last: ``lossless``, ``jpeg-high``, ``jpeg-medium``, ``jpeg-low``,
            ``other-lossy``, or ``unknown``, of formats that may be either.
        chroma: ``grey``, ``4:4:4``, ``4:2:0``, …, or ``unknown``.
        quality: IJG quality whose luminance steps have the same sum; of JPEG files alone.
        unusual: ``animation`` and what is unusual about the samples.
    """

    compression: str
    chroma: str
    quality: int | None = None
    unusual: tuple[str, ...] = ()


def coding_of(content: Content) -> Coding:
    """Return how the pixels of a file are stored; never raises on malformed data."""
    data, form = content.data, content.format
    if form == "jpeg":
        return _jpeg(read_structure(data))
    if form == "png":
        return _png(data)
    if form == "webp":
        return _webp(data)
    if form in raw.FORMATS:
        return Coding("unknown", "unknown", unusual=("raw",))
    if form in ("heif", "avif"):
        brands = {data[at : at + 4] for at in range(8, min(_brands(data), _BRANDS_END), 4)}
        animated = ("animation",) if brands & _SEQUENCES else ()
        return Coding("other-lossy", "unknown", unusual=animated)
    if content.raster is not None:
        return Coding("lossless", "4:4:4")
    if form == "gif":
        animated = ("animation",) if _frames_of_gif(data) > 1 else ()
        return Coding("lossless", "4:4:4", unusual=(*animated, "palette"))
    return Coding("lossless" if form in _WITHOUT_LOSS else "unknown", "unknown")


def quality_of(steps: tuple[int, ...]) -> int:
    """Return the IJG quality, 1 to 100, whose luminance steps have about the same sum."""
    scale = 100 * sum(steps) / sum(LUMINANCE)
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return min(max(round(quality), 1), 100)


def _jpeg(structure: JpegStructure) -> Coding:
    unusual = []
    if len(structure.components) == _CMYK:
        unusual.append("cmyk")
    if structure.components and structure.precision != _EIGHT_BITS:
        unusual.append("not_8_bits")
    chroma = structure.sampling if structure.components else "unknown"
    if not structure.used_tables:
        return Coding("unknown", chroma, unusual=tuple(unusual))
    quality = quality_of(structure.used_tables[0].steps)
    level = "high" if quality >= HIGH else "medium" if quality >= MEDIUM else "low"
    return Coding(f"jpeg-{level}", chroma, quality, tuple(unusual))


def _png(data: bytes) -> Coding:
    if len(data) <= _PNG_COLOUR:
        return Coding("lossless", "unknown")
    depth, colour = data[_PNG_DEPTH], data[_PNG_COLOUR]
    unusual = []
    if _is_animated_png(data):
        unusual.append("animation")
    if colour == _PNG_PALETTE:
        unusual.append("palette")
    elif depth != _EIGHT_BITS:
        unusual.append("not_8_bits")
    return Coding("lossless", "grey" if colour in _PNG_GREY else "4:4:4", unusual=tuple(unusual))


def _is_animated_png(data: bytes) -> bool:
    """Say whether the chunk of an animation stands before the pixels, as it has to."""
    position = 8
    for _ in range(_MOST_CHUNKS):
        kind = data[position + 4 : position + 8]
        if kind in (b"acTL", b"IDAT", b"IEND") or len(kind) < 4:
            return kind == b"acTL"
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return False


def _webp(data: bytes) -> Coding:
    extended = data[12:16] == b"VP8X" and len(data) > _WEBP_FLAGS
    animated = extended and bool(data[_WEBP_FLAGS] & _WEBP_ANIMATED)
    unusual = ("animation",) if animated else ()
    if animated:
        return Coding("unknown", "unknown", unusual=unusual)
    if is_lossless_webp(data):
        return Coding("lossless", "4:4:4")
    return Coding("other-lossy", "4:2:0")


def _brands(data: bytes) -> int:
    """Return where the first box, that of the brands, ends."""
    return int.from_bytes(data[:4], "big")


def _frames_of_gif(data: bytes) -> int:
    """Return 2 where a GIF file has more than one frame; reads no further."""
    if len(data) < _GIF_HEADER:
        return 0
    position, frames = _GIF_HEADER + _palette(data[10]), 0
    budget = _MOST_BLOCKS
    while budget > 0:
        kind = data[position : position + 1]
        if kind == _GIF_EXTENSION:
            position += 2
        elif kind == _GIF_FRAME and position + 10 <= len(data):
            frames += 1
            if frames > 1:
                break
            position += 11 + _palette(data[position + 9])
        else:
            break
        position, budget = _behind_blocks(data, position, budget)
    return frames


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(data: bytes, position: int, budget: int) -> tuple[int, int]:
    """Return where a chain of blocks of a GIF file ends, and how many more may be read."""
    while budget > 0 and position < len(data) and data[position]:
        position += data[position] + 1
        budget -= 1
    return position + 1, budget - 1
