"""Tags of MP4 and MOV files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.media.embedded import read_embedded


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def data(text: bytes, kind: int = 1) -> bytes:
    return box(b"data", kind.to_bytes(4, "big") + bytes(4) + text)


def movie(*inner: bytes) -> bytes:
    return box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", b"".join(inner))


def items(*found: bytes, full: bool = True) -> bytes:
    """The ``meta`` box of iTunes, with or without the four bytes of ISO's."""
    handler = box(b"hdlr", bytes(8) + b"mdir" + bytes(13))
    return box(b"meta", bytes(4 if full else 0) + handler + box(b"ilst", b"".join(found)))


def tags(file: bytes, kind: str = "mp4"):
    return read_embedded(kind, file).tags


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("inside", [True, False])
def test_items_of_itunes(full, inside):
    meta = items(
        box(b"\xa9cmt", data(b"a comment")),
        box(b"\xa9nam", data("été".encode())),
        box(b"covr", data(b"\xff\xd8", 13)),
        box(b"\xa9xyz", data(b"+48.8+2.3/")),
        full=full,
    )
    file = movie(box(b"udta", meta) if inside else meta)
    assert tags(file) == (("comment", "a comment"), ("title", "été"))


def test_named_keys():
    assert tags(specimens.mp4(("AIGC", "{}"), ("comment", "x"))) == (
        ("AIGC", "{}"),
        ("comment", "x"),
    )


def test_quicktime_user_text():
    text = box(b"\xa9cmt", (5).to_bytes(2, "big") + bytes(2) + b"plain" + b"rest")
    assert tags(movie(box(b"udta", text + bytes(4))), "mov") == (("comment", "plain"),)


def test_a_value_that_is_no_text_is_left_out():
    assert tags(movie(items(box(b"\xa9cmt", data(b"\x00\x01", 13))))) == ()


@pytest.mark.parametrize("size", [0, 3, 7, 200, 0xFFFFFFFF])
def test_keys_of_a_wrong_length_end_the_list(size):
    names = box(b"mdta", b"AIGC") + size.to_bytes(4, "big") + b"mdta"
    keys = box(b"keys", bytes(8) + names)
    values = box(b"ilst", box((1).to_bytes(4, "big"), data(b"{}")))
    assert tags(movie(box(b"meta", bytes(4) + keys + values))) == (("AIGC", "{}"),)


@given(st.binary(max_size=64), st.integers(0, 400))
def test_damage_raises_nothing(junk, at):
    file = bytearray(specimens.mp4(("AIGC", "{}" * 20), ("comment", "x" * 50)))
    at %= len(file)
    file[at : at + len(junk)] = junk
    for name, text in tags(bytes(file)):
        assert len(name) <= 128
        assert len(text) <= len(file)
