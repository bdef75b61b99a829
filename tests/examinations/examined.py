"""Examine the bytes of a file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tamis.errors import DecodeError
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Content

if TYPE_CHECKING:
    from tamis.examination import Examination


LOSSLESS = frozenset({"png", "bmp", "webp", "tiff"})


def content(data: bytes) -> Content:
    """The content an examination would be given; decoded only where there may be pixels to see."""
    sniffed = sniff(data[:65536])
    if sniffed.format in LOSSLESS:
        with suppress(DecodeError):
            return decode(data, sniffed, max_pixels=100_000_000)
    return Content(data, sniffed.format, sniffed.mime, sniffed.kind)


def examine(examination: Examination, data: bytes) -> dict[str, object]:
    """What is observed, by name."""
    return {item.name: item.value for item in examination.examine(content(data))}
