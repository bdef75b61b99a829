"""Benign JPEG files made in code: for the examples of the examination."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
from PIL import Image

from tamis.examinations.provenance.specimens import exif, jpeg_with_exif, picture

_LONG = 4


def plain() -> bytes:
    """Return a file as libjpeg writes it at the quality most programs take."""
    return picture("JPEG")


def unknown_tables() -> bytes:
    """Return a file with tables of no known encoder."""
    steps = [3 + place % 7 for place in range(64)]
    return _saved(qtables=[steps, steps[::-1]])


def tables_of_photoshop() -> bytes:
    """Return a file with the tables of Photoshop, as Pillow has them among its presets."""
    return _saved(quality="high")


def edited() -> bytes:
    """Return a file whose EXIF names an image editor."""
    return jpeg_with_exif(exif({0x0131: "GIMP 2.10.32"}))


def contradictory() -> bytes:
    """Return a file whose EXIF states another size and impossible dates, with a thumbnail."""
    block = exif(
        {0x010F: "ACME", 0x0110: "Obscura 1"},
        {0x9003: "2024:13:06 07:08:09", 0xA002: 4000, 0xA003: 3000},
    )
    return jpeg_with_exif(with_thumbnail(block, plain()))


def saved_twice() -> bytes:
    """Return a file of random texture saved at quality 60, and again at 92."""
    texture = np.random.default_rng(1).normal(128, 30, (96, 96)).clip(1, 254).astype(np.uint8)
    first, second = io.BytesIO(), io.BytesIO()
    picture = Image.fromarray(texture).resize((256, 256), Image.Resampling.BICUBIC)
    picture.save(first, "JPEG", quality=60)
    Image.open(first, formats=["JPEG"]).save(second, "JPEG", quality=92)
    return second.getvalue()


def with_thumbnail(block: bytes, thumbnail: bytes) -> bytes:
    """Return an EXIF block with a second directory that holds a thumbnail.

    Args:
        block: big-endian or little-endian, with one directory.
        thumbnail: a JPEG file.
    """
    order: Literal["little", "big"] = "little" if block[:2] == b"II" else "big"
    block += b"\0" * (len(block) % 2)
    first = int.from_bytes(block[4:8], order)
    pointer = first + 2 + 12 * int.from_bytes(block[first : first + 2], order)
    second = len(block)
    start = second + 2 + 12 * 2 + 4
    directory = (2).to_bytes(2, order)
    for tag, value in ((0x0201, start), (0x0202, len(thumbnail))):
        fields = ((tag, 2), (_LONG, 2), (1, 4), (value, 4))
        directory += b"".join(field.to_bytes(size, order) for field, size in fields)
    directory += bytes(4)
    return (
        block[:pointer] + second.to_bytes(4, order) + block[pointer + 4 :] + directory + thumbnail
    )


def _saved(**how: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (96, 128, 160)).save(buffer, "JPEG", **how)
    return buffer.getvalue()
