"""Texts that generators hide in the lowest bits of the pixels ("stealth pnginfo").

The bits are taken column by column, from the top down, most significant first: of alpha, one to a
pixel, or of red, green and blue, three to a pixel. They spell a magic of 15 characters, the length
of the text in bits (32 bits, big endian), and the text in UTF-8, with gzip in the forms that end in
``comp``. Sources: sd_webui_stealth_pnginfo and ``stealth_infotext.py`` of Forge and reForge;
NovelAI/novelai-image-metadata, ``nai_meta.py``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.media.containers.findings import MAX_BLOCK, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PLACE = "stealth:"
"""What the places of hidden texts begin with."""

_MAGIC_BYTES = 15
_LENGTH_BYTES = 4
_HEAD_BITS = 8 * (_MAGIC_BYTES + _LENGTH_BYTES)
_GZIP = 31  # zlib's window bits for a gzip header and trailer


@dataclass(frozen=True, slots=True)
class StealthText:
    """One hidden text, or why it cannot be read.

    Args:
        place: ``stealth:alpha`` or ``stealth:rgb``.
        text: the whole of it; empty where it cannot be read.
        problem: why not; empty where it can.
    """

    place: str
    text: str = ""
    problem: str = ""


def read_stealth(pixels: NDArray[np.uint8]) -> Iterator[StealthText]:
    """Yield the hidden texts of a picture; of most pictures none, after a look at some 120 bits.

    The work is bounded by the size of the picture, and what is inflated by `MAX_BLOCK`.

    Args:
        pixels: shape (height, width, 3 or 4): red, green, blue and alpha.
    """
    if pixels.shape[2] == 4:
        yield from _read("alpha", pixels[..., 3:], b"stealth_pnginfo", b"stealth_pngcomp")
    yield from _read("rgb", pixels[..., :3], b"stealth_rgbinfo", b"stealth_rgbcomp")


def _read(
    name: str, samples: NDArray[np.uint8], plain: bytes, compressed: bytes
) -> Iterator[StealthText]:
    """Yield the text of one form; `samples` has shape (height, width, samples to a pixel)."""
    if samples.size < _HEAD_BITS:
        return
    head = _lowest_bits(samples, 0, _HEAD_BITS)
    magic = head[:_MAGIC_BYTES]
    if magic not in (plain, compressed):
        return
    place = PLACE + name
    length = int.from_bytes(head[_MAGIC_BYTES:], "big")
    if length > samples.size - _HEAD_BITS:
        problem = f"{place}: states {length} bits, and the picture holds {samples.size}; not read"
        yield StealthText(place, problem=problem)
        return
    raw = _lowest_bits(samples, _HEAD_BITS, length // 8 * 8)
    if magic == compressed:
        inflated = _inflate(raw)
        if isinstance(inflated, str):
            yield StealthText(place, problem=f"{place}: {inflated}")
            return
        raw = inflated
    yield StealthText(place, decode(raw))


def _lowest_bits(samples: NDArray[np.uint8], start: int, count: int) -> bytes:
    """Return `count` lowest bits from bit `start` on, column by column, as bytes."""
    column = samples.shape[0] * samples.shape[2]
    first, last = start // column, -(-(start + count) // column)
    columns = samples[:, first:last].transpose(1, 0, 2).reshape(-1)
    skipped = start - first * column
    return np.packbits(columns[skipped : skipped + count] & 1).tobytes()


def _inflate(raw: bytes) -> bytes | str:
    """Return what is inside gzip, or why it cannot be read."""
    engine = zlib.decompressobj(_GZIP)
    try:
        inflated = engine.decompress(raw, MAX_BLOCK)
    except zlib.error as error:
        return f"does not inflate ({error})"
    if engine.unconsumed_tail:
        return f"inflates to more than {MAX_BLOCK} bytes; not read"
    return inflated if engine.eof else "ends early"
