"""Broken and hostile files are what they claim to be."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageFile

from tamis.demo import oddities


def _jpeg():
    out = io.BytesIO()
    Image.effect_noise((256, 256), 60).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize("side", [1, 7, 64, 6000])
def test_a_small_bomb_is_a_valid_picture(side):
    picture = Image.open(io.BytesIO(oddities.bomb(side)))
    picture.load()  # checks CRC and Adler-32
    assert picture.size == (side, side)
    assert picture.getextrema() == (0, 0)


def test_the_bomb_is_small_and_its_header_is_large():
    data = oddities.bomb()
    assert len(data) < 1_000_000
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (60_000, 60_000)


def test_the_repeated_pieces_make_one_sound_stream():
    data = oddities.bomb(12_000)  # four pieces and a rest
    at = data.index(b"IDAT")
    length = struct.unpack(">I", data[at - 4 : at])[0]
    rows = zlib.decompress(data[at + 4 : at + 4 + length])
    assert len(rows) == 12_000 * (1 + 12_000 // 8)
    assert not any(rows[:: 4096 - 1])


def test_the_video_is_a_sequence_of_boxes():
    data, at, kinds = oddities.video(), 0, []
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        kinds.append(kind)
        at += size
    assert kinds == [b"ftyp", b"moov", b"mdat"]
    assert at == len(data)
    assert struct.unpack(">I", data[data.index(b"mvhd") - 4 :][:4]) == (108,)  # ISO 14496-12


def test_the_broken_jpeg_does_not_decode():
    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(oddities.broken(_jpeg()))).load()


def test_the_truncated_jpeg_decodes_in_part(monkeypatch):
    data = oddities.truncated(_jpeg())
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(data)).load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    picture = Image.open(io.BytesIO(data))
    picture.load()
    assert picture.size == (256, 256)


def test_an_archive_holds_its_members():
    when = (2026, 3, 20, 18, 30, 0)
    data = oddities.archive([("a/b.txt", b"one"), ("../c.txt", b"two")], when)
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        assert [info.filename for info in source.infolist()] == ["a/b.txt", "../c.txt"]
        assert source.read("../c.txt") == b"two"
        assert {info.date_time for info in source.infolist()} == {when}


def test_a_chart_is_a_flat_picture_that_follows_from_its_seed():
    assert oddities.chart(1) == oddities.chart(1) != oddities.chart(2)
    colours = Image.open(io.BytesIO(oddities.chart(1))).getcolors(4096)
    assert colours is not None
