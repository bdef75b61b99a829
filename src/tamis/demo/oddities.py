"""Files that are no good pictures: broken, hostile, or something else."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

BOMB_SIDE = 60_000
"""Width and height of the decompression bomb in pixels."""

HOSTILE_NAMES = (
    b"holiday\x1b[2J\x1b[31m\nrow.jpg",
    "photo\u202egpj.exe.jpg".encode(),
    b"caf\xe9 \xff\xfe.jpg",
    b"=1+1;<img src=x onerror=alert(1)>'.jpg",
)
"""Names that act on a terminal, a reader, a decoder of text, a spreadsheet and a web page."""


def bomb(side: int = BOMB_SIDE) -> bytes:
    """Return a small PNG file of side × side white-or-black pixels: a decompression bomb.

    All bytes are zero. A deflate stream can be cut where the compressor is flushed in full, so one
    piece is compressed once and repeated. The Adler-32 of n zero bytes is 1 + 65536·(n mod 65521).
    """
    row = 1 + (side + 7) // 8
    total = row * side
    piece = min(total, 1 << 22)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(b"\0" * piece) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = last.compress(b"\0" * (total % piece)) + last.flush()
    adler = 1 + 65536 * (total % 65521)
    stream = b"\x78\xda" + body * (total // piece) + rest + struct.pack(">I", adler)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", stream)
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def video() -> bytes:
    """Return an MP4 file without a frame: file type, movie header, no track, empty media data."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = (
        struct.pack(">IIIII", 0, 0, 0, 1000, 2000)  # version, created, modified, scale, duration
        + struct.pack(">IH10x", 0x10000, 0x100)  # rate, volume
        + matrix
        + bytes(24)
        + struct.pack(">I", 1)  # the next track's number
    )
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 0x200) + b"isomiso2mp41")
    return kind + _box(b"moov", _box(b"mvhd", movie)) + _box(b"mdat", b"")


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def broken(jpeg: bytes) -> bytes:
    """Return a JPEG file of which no pixel can be decoded: nonsense behind the first marker."""
    noise = np.random.default_rng(len(jpeg)).integers(0, 255, 4000, dtype=np.uint8).tobytes()
    return jpeg[:4] + noise


def truncated(jpeg: bytes) -> bytes:
    """Return the first part of a JPEG file."""
    return jpeg[: len(jpeg) * 55 // 100]


def archive(
    members: Sequence[tuple[str, bytes]], when: tuple[int, int, int, int, int, int]
) -> bytes:
    """Return a ZIP file; all members bear the same time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in members:
            info = zipfile.ZipInfo(name, when)
            info.external_attr = 0o644 << 16
            target.writestr(info, data, zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()


def chart(seed: int, width: int = 960, height: int = 640) -> bytes:
    """Return a PNG file with a bar chart: a graphic, neither taken nor generated."""
    rng = np.random.default_rng([seed, 77])
    image = Image.new("RGB", (width, height), "#fbfaf7")
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = width // 12, height // 8, width * 11 // 12, height * 7 // 8
    for i in range(6):
        y = bottom - (bottom - top) * i // 5
        pen.line([left, y, right, y], fill="#d5d2ca", width=2)
        pen.text((left - width // 24, y - 6), f"{20 * i}", fill="#55524a")
    count = 9
    for i, value in enumerate(rng.uniform(0.15, 0.97, count)):
        x = left + (right - left) * (2 * i + 1) // (2 * count)
        half = (right - left) // (count * 3)
        colour = ("#3b6fa0", "#c8793a", "#6f8f4a")[i % 3]
        pen.rectangle([x - half, bottom - int(value * (bottom - top)), x + half, bottom], colour)
        pen.text((x - half, bottom + 8), f"{2017 + i}", fill="#55524a")
    pen.text((left, top // 2), "Rainfall against the long-term mean, per cent", fill="#22201c")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
