"""The texts of IPTC-IIM."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.media.iptc import MAX_REPEATED, MAX_VALUE, Iptc, read_iptc


def dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value


@pytest.mark.parametrize(
    ("prefix", "raw", "text"),
    [
        (b"", "Größe".encode(), "Größe"),
        (b"", "Größe".encode("latin-1"), "Größe"),
        (dataset(1, 90, b"\x1b%G"), "Größe".encode(), "Größe"),
        (dataset(1, 90, b"\x1b%G"), b"Gr\xf6\xdfe", "Gr\ufffd\ufffde"),
    ],
)
def test_character_sets(prefix, raw, text):
    assert read_iptc(prefix + dataset(2, 120, raw)).text("Caption-Abstract") == text


def test_repeated_and_unknown_datasets():
    block = dataset(2, 80, b"One ") + dataset(2, 80, b"Two") + dataset(2, 250, b"?")
    found = read_iptc(block)
    assert found.texts == {"By-line": ("One ", "Two")}
    assert found.text("By-line") == "One"
    assert found.text("Credit") == ""
    assert len(found.raw) == 3


def test_limits():
    many = read_iptc(dataset(2, 25, b"word") * (MAX_REPEATED + 5))
    assert len(many.texts["Keywords"]) == MAX_REPEATED
    long = b"\x1c\2\x78\x80\4" + (MAX_VALUE + 9).to_bytes(4, "big") + b"x" * (MAX_VALUE + 9)
    assert len(read_iptc(long).text("Caption-Abstract")) == MAX_VALUE
    assert read_iptc(None) == Iptc()


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_random_blocks_raise_nothing(block):
    read_iptc(block)
    read_iptc(b"\x1c\2\x78" + block)
