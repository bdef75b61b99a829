from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tamis.media.orientation import orientation

FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF"}


def saved(name, value=None, **options):
    exif = Image.Exif()
    if value is not None:
        exif[0x0112] = value
    out = io.BytesIO()
    Image.new("RGB", (20, 16)).save(out, FORMATS[name], exif=exif, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation_in_every_format(name, value):
    assert orientation(saved(name, value), name) == value


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", [0, 9, 65535, None])
def test_nothing_or_nonsense_is_upright(name, value):
    assert orientation(saved(name, value), name) == 1


def test_motorola_byte_order():
    block = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHH", 1, 0x0112, 3, 1, 7, 0) + bytes(4)
    assert orientation(block, "tiff") == 7
    segment = b"Exif\0\0" + block
    data = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xd9"
    assert orientation(data, "jpeg") == 7


def test_behind_other_segments_and_fill_bytes():
    data = saved("jpeg", 6)
    comment = b"\xff\xfe\x00\x06abcd"
    assert orientation(data[:2] + comment * 50 + b"\xff\xff" + data[2:], "jpeg") == 6


def test_in_the_scan_nothing_is_sought():
    data = saved("jpeg") + saved("jpeg", 6)
    assert orientation(data, "jpeg") == 1


def test_formats_without_exif():
    assert orientation(b"GIF89a" + bytes(50), "gif") == 1


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 400), st.binary(max_size=12))
def test_damaged_files_never_raise(name, at, garbage):
    data = saved(name, 6)
    damaged = data[:at] + garbage + data[at + len(garbage) :]
    assert 1 <= orientation(damaged, name) <= 8
    assert 1 <= orientation(damaged[:at], name) <= 8


@pytest.mark.parametrize("name", FORMATS)
def test_endless_chains_end(name):
    start = {"jpeg": b"\xff\xd8", "png": saved("png")[:8], "webp": saved("webp")[:12]}
    link = {"jpeg": b"\xff\xfe\0\x02", "png": b"\0\0\0\0tEXt\0\0\0\0", "webp": b"ABCD\0\0\0\0"}
    data = start.get(name, b"II*\0\x08\0\0\0\xff\xff") + link.get(name, b"\xff") * 300_000
    assert orientation(data, name) == 1
