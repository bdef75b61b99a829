"""Maker notes, each in the layout of its maker, made in code."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tamis.media.exif import read_exif
from tamis.media.maker_note import MakerNote, read_canon_block, read_maker_note
from tamis.media.maker_note_forms import FORMS, PLAIN

AT = 64
"""Where the note lies in the blocks made here."""


def directory(mark: str, entries: list[tuple[int, int, int, bytes]], at: int) -> bytes:
    """A directory whose first byte lies `at` bytes behind what its offsets count from."""
    behind = at + 2 + 12 * len(entries) + 4
    body, tail = b"", b""
    for tag, kind, count, value in entries:
        body += struct.pack(f"{mark}HHI", tag, kind, count)
        if len(value) <= 4:
            body += value.ljust(4, b"\0")
        else:
            body += struct.pack(f"{mark}I", behind + len(tail))
            tail += value
    return struct.pack(f"{mark}H", len(entries)) + body + bytes(4) + tail


def text(tag: int, value: str | bytes) -> tuple[int, int, int, bytes]:
    raw = (value.encode() if isinstance(value, str) else value) + b"\0"
    return tag, 2, len(raw), raw


def read(note: bytes, make: str, mark: str = "<") -> MakerNote:
    head = (b"II" if mark == "<" else b"MM") + struct.pack(f"{mark}HI", 42, 8)
    return read_maker_note(head.ljust(AT, b"\0") + note, AT, len(note), make)


def long(mark: str, *numbers: int) -> bytes:
    return struct.pack(f"{mark}{len(numbers)}I", *numbers)


@pytest.mark.parametrize("mark", ["<", ">"])
def test_canon(mark):
    entries = [
        text(0x06, "IMG:Obscura JPEG"),
        text(0x07, "Firmware Version 1.0.2"),
        text(0x09, "A. Owner"),
        (0x0C, 4, 1, long(mark, 330113864)),
        (0x10, 4, 1, long(mark, 0x80000286)),
        (0x28, 1, 16, bytes(range(16))),
        text(0x95, "EF-S18-55mm f/3.5-5.6"),
        (0x96, 2, 16, b"H1527527\0\xff\xff\xff\xff\xff\xff\xff"),
        (0x4019, 7, 30, bytes.fromhex("000027ced3") + bytes(25)),
    ]
    assert read(directory(mark, entries, AT), "Canon", mark) == MakerNote(
        "Canon",
        {
            "image_type": "IMG:Obscura JPEG",
            "firmware": "Firmware Version 1.0.2",
            "owner": "A. Owner",
            "serial": "0330113864",
            "model_id": 0x80000286,
            "image_id": "000102030405060708090a0b0c0d0e0f",
            "lens": "EF-S18-55mm f/3.5-5.6",
            "internal_serial": "H1527527",
            "lens_serial": "000027ced3",
        },
    )


@pytest.mark.parametrize("by", [-20, 0, 40])
def test_a_canon_note_that_was_moved_says_from_where(by):
    before = AT - by
    note = directory("<", [text(0x07, "Firmware 1")], before) + b"II*\0" + long("<", before)
    found = read(note, "Canon")
    assert found.facts["firmware"] == "Firmware 1"
    assert found.facts.get("moved", 0) == by


def test_a_canon_note_of_its_own():
    block = b"II*\0" + long("<", 8) + directory("<", [text(0x95, "RF50mm")], 8)
    assert read_canon_block(block) == MakerNote("Canon", {"lens": "RF50mm"})
    assert read_canon_block(b"nothing") == MakerNote()


def test_numbers_that_are_zero_say_nothing():
    entries = [(0x0C, 4, 1, long("<", 0)), (0x28, 1, 16, bytes(16)), (0x4019, 7, 30, bytes(30))]
    assert read(directory("<", entries, AT), "Canon").facts == {}


NIKON = [
    text(0x1D, "3223305"),
    (0x84, 5, 4, long(">", 18, 1, 200, 1, 35, 10, 56, 10)),
    (0xA7, 4, 1, long(">", 4711)),
]


def test_nikon_with_a_header_of_its_own():
    note = b"Nikon\0\x02\x10\0\0" + b"MM\0*" + long(">", 8) + directory(">", NIKON, 8)
    assert read(note, "NIKON CORPORATION").facts == {
        "serial": "3223305",
        "lens_specification": (18.0, 200.0, 3.5, 5.6),
        "shutter_count": 4711,
    }


def test_a_lens_of_numbers_that_are_none():
    value = struct.pack(">4f", float("nan"), float("inf"), 2.5, 4.0)
    note = directory(">", [(0x84, 11, 4, value)], AT)
    found = read(note, "NIKON", ">").facts
    assert found == {"lens_specification": (None, None, 2.5, 4.0)}


def test_nikon_without_any():
    note = directory(">", [text(0xA0, "NO= 10042380")], AT)
    assert read(note, "NIKON", ">") == MakerNote("Nikon", {"serial": "NO= 10042380"})
    assert read(b"Nikon\0\x01\0" + bytes(20), "NIKON") == MakerNote("Nikon")


EQUIPMENT = [
    text(0x0101, "G21656736    "),
    text(0x0203, "OLYMPUS 14-42mm Lens"),
    text(0x0202, "213022539"),
]


@pytest.mark.parametrize(
    ("head", "start"), [(b"OLYMPUS\0II\x03\0", 12), (b"OM SYSTEM\0\0\0II\x04\0", 16)]
)
@pytest.mark.parametrize("whole", [False, True])
def test_olympus_with_its_equipment(head, start, whole):
    inner = start + 2 + 12 + 4
    nested = directory("<", EQUIPMENT, inner)
    entry = (0x2010, 7, len(nested), nested) if whole else (0x2010, 13, 1, long("<", inner))
    note = head + directory("<", [entry], start) + (b"" if whole else nested)
    assert read(note, "OLYMPUS IMAGING CORP.") == MakerNote(
        "Olympus",
        {"serial": "G21656736", "lens": "OLYMPUS 14-42mm Lens", "lens_serial": "213022539"},
    )


def test_early_olympus_and_epson():
    note = b"OLYMP\0\x01\0" + directory("<", [text(0x0404, "1013117")], AT + 8)
    assert read(note, "OLYMPUS OPTICAL CO.,LTD").facts == {"serial": "1013117"}
    note = b"EPSON\0\x01\0" + directory("<", [text(0x020D, "SX321")], AT + 8)
    assert read(note, "SEIKO EPSON CORP.").facts == {"software": "SX321"}


def test_a_directory_that_refers_to_itself():
    note = b"OLYMPUS\0II\x03\0" + directory("<", [(0x2010, 13, 1, long("<", 12))], 12)
    assert read(note, "OLYMPUS") == MakerNote("Olympus")


@pytest.mark.parametrize(("firmware", "expected"), [(b"\0\1\0\2", "0.1.0.2"), (b"0100", "0100")])
def test_panasonic(firmware, expected):
    entries = [
        (0x02, 7, 4, firmware),
        (0x25, 7, 16, b"F000501140053\0\xff\xdd"),
        text(0x51, "LUMIX G VARIO 14-42"),
        text(0x52, "XS6CA12345"),
    ]
    note = b"Panasonic\0\0\0" + directory("<", entries, AT + 12)
    assert read(note, "Panasonic").facts == {
        "firmware": expected,
        "internal_serial": "F000501140053",
        "lens": "LUMIX G VARIO 14-42",
        "lens_serial": "XS6CA12345",
    }


@pytest.mark.parametrize(
    ("make", "facts"),
    [("LEICA", {"internal_serial": "F000501140053"}), ("Leica Camera AG", {})],
)
def test_leica_made_by_panasonic(make, facts):
    note = b"LEICA\0\0\0" + directory("<", [text(0x25, "F000501140053")], AT + 8)
    assert read(note, make) == MakerNote("Leica", facts)


def test_pentax():
    entries = [
        (0x05, 4, 1, long(">", 76570)),
        (0x0215, 4, 5, long(">", 76570, 20050929, 2, 1, 6188094)),
        text(0x0229, "4711"),
    ]
    found = {"model_id": 76570, "internal_serial": "6188094", "serial": "4711"}
    note = b"AOC\0MM" + directory(">", entries, AT + 6)
    assert read(note, "PENTAX Corporation", ">") == MakerNote("Pentax", found)
    note = b"PENTAX \0MM" + directory(">", entries, 10)
    assert read(note, "RICOH IMAGING COMPANY, LTD.", "<") == MakerNote("Pentax", found)


def test_ricoh():
    entries = [text(0x02, "Rev0111"), (0x05, 7, 16, b"0000000000246072")]
    note = b"Ricoh\0\0\0" + directory(">", entries, AT + 8)
    assert read(note, "RICOH", ">").facts == {"firmware": "Rev0111", "serial": "0000000000246072"}
    note = b"Ricoh\0\0\0" + directory(">", [(0x05, 7, 4, b"\x80\x01\x02\x03")], AT + 8)
    assert read(note, "RICOH", ">").facts == {"serial": "80010203"}
    assert read(b"Rv0207;Sf6C84;Rg76", "RICOH") == MakerNote("Ricoh", {"firmware": "0207"})


def test_fujifilm():
    note = b"FUJIFILM" + long("<", 12) + directory("<", [text(0x10, "FC  A3115393")], 12)
    assert read(note, "FUJIFILM", ">") == MakerNote("Fujifilm", {"internal_serial": "FC  A3115393"})


@pytest.mark.parametrize("head", [b"", b"SONY DSC \0\0\0"])
def test_sony(head):
    entries = [(0xB001, 3, 1, b"\x91\x01"), (0xB027, 4, 1, long("<", 65535))]
    note = head + directory("<", entries, AT + len(head))
    assert read(note, "SONY") == MakerNote("Sony", {"model_id": 401, "lens_id": 65535})


def test_samsung():
    entries = [
        (0x01, 7, 4, b"0100"),
        text(0xA001, "Q1.2"),
        text(0xA002, "A1B2C3D4"),
        text(0xA005, "L5E6"),
    ]
    found = {"firmware": "Q1.2", "serial": "A1B2C3D4", "lens_serial": "L5E6"}
    assert read(directory("<", entries, 0), "SAMSUNG") == MakerNote("Samsung", found)


def test_apple():
    note = b"Apple iOS\0\0\x01MM" + directory(">", [text(0x11, "0F8C"), text(0x15, "7DA1")], 14)
    assert read(note, "Apple") == MakerNote("Apple", {"content_id": "0F8C", "image_id": "7DA1"})


def test_sigma_casio_and_dji():
    note = b"SIGMA\0\0\0\1\0" + directory("<", [text(0x02, "1004567")], AT + 10)
    assert read(note, "SIGMA") == MakerNote("Sigma", {"serial": "1004567"})
    date = (0x2001, 7, 18, b"0205\0\x0026" + b"00\0\x0056\0\0\0\0")
    note = b"QVC\0\0\0" + directory(">", [date], AT + 6)
    assert read(note, "CASIO COMPUTER CO.,LTD.", ">").facts == {"firmware": "0205260056"}
    note = directory("<", [text(0x01, "DJI")], AT)
    assert read(note, "DJI") == MakerNote("DJI", {"make": "DJI"})


def test_kodak_with_a_directory_in_a_value_or_behind_an_offset():
    inner = b"II" + directory("<", [text(0xFA19, "KCTPS13111021")], 2)
    note = b"II*\0" + long("<", 8) + directory("<", [(0xFC00, 7, len(inner), inner)], 8)
    found = MakerNote("Kodak", {"serial": "KCTPS13111021"})
    assert read(note, "EASTMAN KODAK COMPANY") == found
    at = AT + 2 + 2 * 12 + 4
    entries = [(0xFC00, 4, 1, long(">", at)), (0xFC01, 4, 1, long(">", 0))]
    note = directory(">", entries, AT) + directory(">", [text(0xFA19, "KCTPS13111021")], at)
    assert read(note, "EASTMAN KODAK COMPANY", ">") == found
    assert read(b"KCAAX123A4567 ", "EASTMAN KODAK COMPANY").facts == {"serial": "KCAAX123A4567"}


def test_a_signature_of_another_maker_is_not_taken_for_kodak():
    assert read(b"CAMER\0" + bytes(40), "MINOLTA CO.,LTD") == MakerNote("Minolta")


def test_notes_without_a_directory():
    hp = b"IIII\x06\0" + bytes(82) + b"SERIAL NUMBER:CN6A8H42BPF\0"
    assert read(hp, "Hewlett-Packard") == MakerNote("HP", {"serial": "CN6A8H42BPF"})
    wide = "HLPXEL09018779".encode("utf-16-le")
    found = MakerNote("Reconyx", {"serial": "HLPXEL09018779"})
    assert read(b"RECONYXH2\0".ljust(126, b"\1") + wide, "RECONYX") == found
    assert read(b"\x01\xf1\x03\0".ljust(42, b"\1") + wide, "") == found
    assert read(b"RECONYXUF\0".ljust(75, b"\1") + b"HLPXEL09018779", "RECONYX") == found


def test_a_text_with_control_characters_is_left_out():
    entries = [text(0x07, b"Firmware\x1b[2J"), text(0x09, "A. Owner")]
    assert read(directory("<", entries, AT), "Canon").facts == {"owner": "A. Owner"}


def test_what_points_outside_is_left_out():
    entry = struct.pack("<HHII", 0x95, 2, 64, 0xFFFFFF00)
    note = b"\1\0" + entry + bytes(4)
    assert read(note, "Canon") == MakerNote("Canon")
    assert read(b"", "Canon") == MakerNote()
    assert read(bytes(64), "Nobody") == MakerNote()


def test_the_note_is_found_in_exif():
    start = 8 + 2 + 2 * 12 + 4
    note = directory("<", [text(0x95, "EF50mm f/1.8")], start)
    entries = struct.pack("<HHI4s", 0x010F, 2, 4, b"ACM\0")
    entries += struct.pack("<HHII", 0x927C, 7, len(note), start)
    block = b"II*\0" + long("<", 8) + struct.pack("<H", 2) + entries + bytes(4) + note
    tags = read_exif(block).tags
    assert (tags["MakerNoteOffset"], tags["MakerNote"]) == (start, len(note))
    assert read_maker_note(block, start, len(note), "Canon").facts == {"lens": "EF50mm f/1.8"}


MAKES = st.sampled_from(["", *sorted({form.make for form in FORMS})])
HEADS = [
    b"Nikon\0\x02\x10\0\0II*\0\x08\0\0\0", b"OLYMPUS\0II\x03\0", b"Panasonic\0\0\0", b"AOC\0MM",
    b"FUJIFILM\x0c\0\0\0", b"Apple iOS\0\0\x01MM", b"II*\0\x08\0\0\0", b"RECONYXH2\0", b"",
]  # fmt: skip


@given(
    st.sampled_from(HEADS), st.binary(max_size=400), MAKES, st.sampled_from(["<", ">"]),
    st.integers(0, 500), st.integers(0, 1 << 32),
)  # fmt: skip
@example(b"", b"\xff\xff" * 40, "canon", "<", 0, 1 << 31)
@settings(max_examples=300, deadline=None)
def test_random_notes_raise_nothing(head, body, make, mark, offset, length):
    block = (b"II*\0" if mark == "<" else b"MM\0*") + bytes(4) + head + body
    for found in (
        read(head + body, make, mark),
        read_maker_note(block, offset, length, make),
        read_canon_block(block),
    ):
        check(found)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_notes_raise_nothing(data):
    nested = directory("<", EQUIPMENT, 30)
    note = bytearray(b"OLYMPUS\0II\x03\0" + directory("<", [(0x2010, 13, 1, long("<", 30))], 12))
    note += nested
    for _ in range(data.draw(st.integers(1, 8))):
        note[data.draw(st.integers(12, len(note) - 1))] = data.draw(st.integers(0, 255))
    check(read(bytes(note), "OLYMPUS"))


def check(found: MakerNote) -> None:
    """A note is small and holds only what can be stored."""
    assert found.maker in {"", *(form.maker for form in FORMS), *(plain.maker for plain in PLAIN)}
    assert len(found.facts) <= 16
    for value in found.facts.values():
        assert isinstance(value, (str, int, tuple))
        if isinstance(value, str):
            assert 0 < len(value) <= 512
