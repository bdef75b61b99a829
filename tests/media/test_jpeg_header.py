"""The structure of JPEG files: what the encoder was asked for is read back; nothing raises."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pictures import field, jpeg
from tamis.media.containers.huffman import STANDARD
from tamis.media.containers.jpeg_structure import MAX_TABLES, ZIGZAG, read_structure

HUFFMAN = "DHT/1 DHT/1 DHT/1 DHT/1 SOS"


def saved(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def test_a_plain_file():
    structure = read_structure(jpeg(1, quality=75))
    assert structure.order == f"APP0:JFIF DQT/1 DQT/1 SOF0 {HUFFMAN}"
    assert structure.process == "baseline"
    assert (structure.width, structure.height, structure.precision) == (320, 240, 8)
    assert structure.sampling == "4:2:0"
    assert structure.huffman == "standard"
    assert structure.restart_interval == 0
    assert structure.jfif == ("1.01", 0, 1, 1)
    assert structure.adobe_transform is None
    assert structure.problems == []


@pytest.mark.parametrize("quality", [1, 10, 50, 95, 100])
def test_tables_are_those_pillow_reads(quality):
    data = jpeg(2, quality=quality)
    theirs = Image.open(io.BytesIO(data)).quantization
    ours = read_structure(data).tables
    assert {key: list(table.steps) for key, table in ours.items()} == theirs


def test_the_zigzag_of_the_standard():
    assert ZIGZAG[:10] == (0, 1, 8, 16, 9, 2, 3, 10, 17, 24)
    assert ZIGZAG[-3:] == (55, 62, 63)
    assert sorted(ZIGZAG) == list(range(64))


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_sampling(sampling):
    assert read_structure(jpeg(3, subsampling=sampling)).sampling == sampling


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        ((0x12, 0x11, 0x11), "4:4:0"),
        ((0x41, 0x11, 0x11), "4:1:1"),
        ((0x22, 0x21, 0x21), "2x2,2x1,2x1"),
        ((0x11,), "grey"),
    ],
)
def test_other_samplings(factors, name):
    body = bytes([8, 0, 16, 0, 16, len(factors)])
    for identifier, factor in enumerate(factors):
        body += bytes([identifier, factor, 0])
    assert read_structure(b"\xff\xd8" + segment(0xC0, body)).sampling == name


def test_grey_and_four_colours():
    grey = read_structure(saved(field(4).convert("L")))
    assert (grey.sampling, len(grey.used_tables)) == ("grey", 1)
    cmyk = read_structure(saved(field(4).convert("CMYK")))
    assert (cmyk.sampling, cmyk.adobe_transform) == ("4:4:4:4", 0)
    assert "APP14:Adobe" in cmyk.markers


def test_huffman_tables():
    assert len(STANDARD) == 16
    assert read_structure(jpeg(5, optimize=True)).huffman == "optimised"
    without = jpeg(5)
    start, end = without.index(b"\xff\xc4"), without.index(b"\xff\xda")
    assert read_structure(without[:start] + without[end:]).huffman == "none"


@pytest.mark.parametrize(
    ("marker", "process", "huffman"),
    [
        (0xC0, "baseline", "standard"),
        (0xC1, "extended", "standard"),
        (0xC2, "progressive", "standard"),
        (0xC3, "lossless", "standard"),
        (0xC5, "differential sequential", "standard"),
        (0xC9, "sequential arithmetic", "arithmetic"),
        (0xCA, "progressive arithmetic", "arithmetic"),
        (0xCD, "differential sequential arithmetic", "arithmetic"),
    ],
)
def test_processes(marker, process, huffman):
    data = jpeg(6).replace(b"\xff\xc0", bytes([0xFF, marker]), 1)
    structure = read_structure(data)
    assert (structure.process, structure.huffman) == (process, huffman)


def test_a_progressive_file():
    structure = read_structure(jpeg(7, progressive=True))
    assert structure.process == "progressive"
    assert structure.order == "APP0:JFIF DQT/1 DQT/1 SOF2 DHT/1 DHT/1 SOS"


def test_restart_interval_and_density():
    data = jpeg(8, restart_marker_blocks=4, dpi=(300, 300))
    structure = read_structure(data)
    assert structure.restart_interval == 4
    assert structure.jfif == ("1.01", 1, 300, 300)
    assert "DRI" in structure.markers


def test_tables_of_16_bits():
    steps = range(300, 364)
    body = b"\x12" + b"".join(step.to_bytes(2, "big") for step in steps)
    table = read_structure(b"\xff\xd8" + segment(0xDB, body)).tables[2]
    assert table.bits == 16
    assert [table.steps[place] for place in ZIGZAG] == list(steps)


def test_several_tables_in_one_segment_are_counted():
    tables = b"".join(bytes([number]) + bytes([number + 1] * 64) for number in range(3))
    structure = read_structure(b"\xff\xd8" + segment(0xDB, tables))
    assert structure.order == "DQT/3"
    assert structure.tables[2].steps == (3,) * 64


def test_identifiers_of_application_segments():
    data = b"\xff\xd8" + b"".join(
        segment(marker, body)
        for marker, body in (
            (0xE1, b"Exif\0\0"),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
            (0xE2, b"ICC_PROFILE\0\1\2"),
            (0xE2, b"ICC_PROFILE\0\2\2"),
            (0xE3, b"\xff\xfe"),
            (0xED, b"Photoshop 3.0\0008BIM"),
            (0xFE, b"a comment"),
        )
    )
    assert read_structure(data).order == (
        "APP1:Exif APP1:ns.adobe.com/xap/1.0/ APP2:ICC_PROFILE APP3 APP13:Photoshop 3.0 COM"
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (segment(0xDB, bytes(60)), "a malformed quantisation table"),
        (segment(0xDB, b"\x25" + bytes(128)), "a malformed quantisation table"),
        (segment(0xC4, b"\0" + bytes([1] * 16) + b"ab"), "a malformed Huffman table"),
        (segment(0xC0, b"\x08\0\1\0\1\3"), "the frame header is too short"),
        (segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0") * 2, "a second frame header"),
    ],
)
def test_what_is_malformed_is_noted(body, problem):
    assert any(problem in found for found in read_structure(b"\xff\xd8" + body).problems)


def test_no_jpeg_at_all():
    structure = read_structure(b"GIF89a")
    assert (structure.process, structure.markers) == ("unknown", [])
    assert structure.used_tables == ()


@pytest.mark.parametrize(
    "filler",
    [
        b"\xff" * 1000,
        b"\xff\x01" * 500,
        segment(0xDB, b"") * 250,
        segment(0xDB, (b"\0" + b"\1" * 64) * 252),
        segment(0xC4, bytes(16382)),
        segment(0xE1, b"x" * 60000),
    ],
)
def test_work_is_bounded(filler):
    data = b"\xff\xd8" + filler * (20_000_000 // len(filler))
    structure = read_structure(data)  # a walk that goes byte by byte takes minutes
    assert len(structure.markers) <= MAX_TABLES


@given(st.binary(max_size=400))
def test_random_bytes(noise):
    read_structure(b"\xff\xd8" + noise)


@given(st.data())
@settings(max_examples=300)
def test_mutated_headers(data):
    original = jpeg(9, progressive=data.draw(st.booleans()), subsampling="4:2:2")
    raw = bytearray(original[:700])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(2, len(raw) - 1))] = data.draw(st.integers(0, 255))
    structure = read_structure(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    assert all(len(table.steps) == 64 for table in structure.used_tables)
    assert len(structure.components) <= 4
    assert isinstance(structure.sampling, str)
