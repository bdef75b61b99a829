"""The EXIF parser."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.media.exif import MAX_VALUE, Exif, read_exif, user_comment


def block(order: str, *directories: list[tuple[int, int, int, bytes]]) -> bytes:
    """Directories one after another, chained; entries are (tag, type, count, value bytes)."""
    mark = "<" if order == "little" else ">"
    data = (b"II" if order == "little" else b"MM") + struct.pack(f"{mark}HI", 42, 8)
    for number, entries in enumerate(directories):
        start = len(data)
        values = start + 2 + 12 * len(entries) + 4
        tail, body = b"", b""
        for tag, kind, count, value in entries:
            body += struct.pack(f"{mark}HHI", tag, kind, count)
            if len(value) <= 4:
                body += value.ljust(4, b"\0")
            else:
                body += struct.pack(f"{mark}I", values + len(tail))
                tail += value
        following = values + len(tail) if number + 1 < len(directories) else 0
        data += struct.pack(f"{mark}H", len(entries)) + body
        data += struct.pack(f"{mark}I", following) + tail
    return data


@pytest.mark.parametrize("order", ["little", "big"])
def test_types_in_both_byte_orders(order):
    mark = "<" if order == "little" else ">"
    data = block(
        order,
        [
            (0x010F, 2, 5, b"ACME\0"),
            (0x0112, 3, 1, struct.pack(f"{mark}H", 6)),
            (0x829A, 5, 1, struct.pack(f"{mark}II", 1, 125)),
            (0x829D, 5, 1, struct.pack(f"{mark}II", 0, 0)),
            (0x8827, 3, 2, struct.pack(f"{mark}HH", 200, 0)),
            (0x9204, 10, 1, struct.pack(f"{mark}ii", -1, 3)),
            (0x927C, 7, 9, b"MakerNote"),
            (0x9C9C, 1, 4, "hé".encode("utf-16-le")),
            (0x9000, 7, 4, b"0232"),
        ],
    )
    assert read_exif(data).tags == {
        "Make": "ACME",
        "Orientation": 6,
        "ExposureTime": 1 / 125,
        "ISO": (200, 0),
        "ExposureBiasValue": -1 / 3,
        "MakerNote": 9,
        "MakerNoteOffset": data.index(b"MakerNote"),
        "XPComment": "hé",
        "ExifVersion": "0232",
    }


def test_what_pillow_writes():
    exif = read_exif(
        specimens.exif(
            {0x010F: "ACME", 0x0110: "Obscura 1"},
            {0x829A: 0.008, 0x9003: "2024:05:06 07:08:09", 0x9286: specimens.user_comment("é")},
        )
    )
    assert exif.tags == {
        "Make": "ACME",
        "Model": "Obscura 1",
        "ExposureTime": 0.008,
        "DateTimeOriginal": "2024:05:06 07:08:09",
        "UserComment": "é",
    }
    assert exif.problems == ()


def test_position_and_thumbnail():
    degrees = struct.pack("<6I", 48, 1, 30, 1, 0, 0)
    gps = [(1, 2, 2, b"S\0"), (2, 5, 3, degrees), (3, 2, 2, b"E\0"), (4, 5, 3, degrees)]
    thumbnail = [(0x0201, 4, 1, struct.pack("<I", 300)), (0x0202, 4, 1, struct.pack("<I", 44))]
    plain = block("little", [(0x8825, 4, 1, bytes(4))], thumbnail)
    place = len(plain)
    data = block("little", [(0x8825, 4, 1, struct.pack("<I", place))], thumbnail)
    data += (
        block("little", gps)[8:]
        .replace(struct.pack("<I", 62), struct.pack("<I", place + 54))
        .replace(struct.pack("<I", 86), struct.pack("<I", place + 78))
    )
    assert read_exif(data).tags == {
        "GPSLatitude": -48.5,
        "GPSLongitude": 48.5,
        "ThumbnailOffset": 300,
        "ThumbnailLength": 44,
    }


def pointed(tag: int, entries: list[tuple[int, int, int, bytes]]) -> bytes:
    """A block whose main directory only points to another one."""
    return specimens.tiff_block(
        {}, {number: (kind, count, value) for number, kind, count, value in entries},
        pointers={tag: 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "time", "expected"),
    [
        (b"\0", (5, 1, 8, 1, 925, 100), {"GPSAltitude": 520.1, "GPSTimeStamp": "05:08:09.25"}),
        (b"\1", (23, 1, 59, 1, 60, 1), {"GPSAltitude": -520.1, "GPSTimeStamp": "23:59:60"}),
        (b"\0", (99, 1, 0, 1, 0, 1), {"GPSAltitude": 520.1}),
    ],
)
def test_altitude_and_time_of_the_receiver(reference, time, expected):
    gps = [
        (0x05, 1, 1, reference),
        (0x06, 5, 1, struct.pack("<II", 5201, 10)),
        (0x07, 5, 3, struct.pack("<6I", *time)),
        (0x1D, 2, 11, b"2024:05:06\0"),
    ]
    assert read_exif(pointed(0x8825, gps)).tags == expected | {"GPSDateStamp": "2024:05:06"}


@pytest.mark.parametrize("degrees", [(48, 1), (48, 1, 30, 1)])
def test_degrees_alone_are_a_position(degrees):
    value = struct.pack(f"<{len(degrees)}I", *degrees)
    gps = [(2, 5, len(degrees) // 2, value)]
    expected = sum(
        above / below / 60**power
        for power, (above, below) in enumerate(zip(degrees[::2], degrees[1::2], strict=True))
    )
    assert read_exif(pointed(0x8825, gps)).tags == {"GPSLatitude": expected}


def test_utf8_of_exif_3():
    text = "Größe\0".encode()
    data = block("little", [(0x010E, 129, len(text), text)])
    assert read_exif(data).tags == {"ImageDescription": "Größe"}


def test_directories_that_are_blocks_of_their_own():
    main = block("little", [(0x010F, 2, 6, b"Canon\0")])
    details = block("big", [(0x829A, 5, 1, struct.pack(">II", 1, 125))])
    place = block("little", [(0x1D, 2, 11, b"2024:05:06\0")])
    assert read_exif(main, {"exif": details, "gps": place, "maker_note": b""}).tags == {
        "Make": "Canon",
        "ExposureTime": 1 / 125,
        "GPSDateStamp": "2024:05:06",
    }
    assert read_exif(main, {"exif": b"nonsense"}).tags == {"Make": "Canon"}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"ASCII\0\0\0plain\0\0", "plain"),
        (b"UNICODE\0" + "Steps: 20".encode("utf-16-be"), "Steps: 20"),
        (b"UNICODE\0" + "Steps: 20".encode("utf-16-le"), "Steps: 20"),
        (b"UNICODE\0" + "Größe".encode("utf-16"), "Größe"),
        (b"UNICODE\0" + "色调艳丽".encode("utf-16-le"), "色调艳丽"),
        (b"UNICODE\0" + b"a raw UTF-8 text", "a raw UTF-8 text"),
        (b"JIS\0\0\0\0\0" + "写真".encode("iso2022_jp"), "写真"),
        (b"\0" * 8 + b"undefined", "undefined"),
        (b'{"no":"prefix"}', '{"no":"prefix"}'),
        (b"", ""),
    ],
)
def test_user_comment_character_codes(raw, text):
    assert user_comment(raw, "little") == text


def test_directories_that_refer_to_each_other():
    entry = [(0x8769, 4, 1, struct.pack("<I", 8)), (0x010F, 2, 2, b"A\0")]
    exif = read_exif(block("little", entry))
    assert exif.tags == {"Make": "A"}
    assert exif.problems == ("exif: the directory at offset 8 is referred to twice",)


def test_a_broken_entry_does_not_hide_the_others():
    data = block(
        "big",
        [(0x010F, 2, 0xFFFFFFFF, b""), (0x0131, 99, 1, b""), (0x0110, 2, 3, b"ok\0")],
    )
    exif = read_exif(data)
    assert exif.tags == {"Model": "ok"}
    assert exif.problems == ("exif: tag 0x010f is malformed", "exif: tag 0x0131 is malformed")


def test_limits():
    long = block("little", [(0x010E, 2, MAX_VALUE + 5, b"x" * (MAX_VALUE + 5))])
    exif = read_exif(long)
    assert len(exif.text("ImageDescription")) == MAX_VALUE
    assert exif.problems == (f"exif: ImageDescription has {MAX_VALUE + 5} bytes; cut",)
    many = block("little", [(0x010F, 2, 2, b"A\0")] * 2000)
    assert "2000 entries; cut" in read_exif(many).problems[0]


def test_no_exif():
    assert read_exif(None) == Exif()
    assert read_exif(b"") == Exif()
    assert read_exif(b"nonsense").problems == ("exif: no TIFF header",)


def test_big_tiff():
    entry = struct.pack("<HHQ8s", 0x010F, 2, 5, b"ACME\0")
    data = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1) + entry + bytes(8)
    assert read_exif(data).tags == {"Make": "ACME"}


@given(st.sampled_from([b"II*\0", b"MM\0*", b"II+\0"]), st.binary(max_size=400))
@example(b"II*\0", b"\x08\0\0\0\xff\xff")
@settings(max_examples=300, deadline=None)
def test_random_directories_never_raise(head, tail):
    for value in read_exif(head + tail).tags.values():
        assert isinstance(value, (str, int, float, tuple))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=10))
@settings(max_examples=200, deadline=None)
def test_damaged_exif_never_raises(damage):
    data = bytearray(
        specimens.exif(
            {0x010F: "ACME", 0x0110: "Obscura"}, {0x829A: 0.008, 0x9286: b"ASCII\0\0\0a"}
        )
    )
    for at, value in damage:
        data[at % len(data)] = value
    read_exif(bytes(data))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80))
@settings(deadline=None)
def test_user_comment_round_trips_with_a_byte_order_mark(text):
    raw = b"UNICODE\0\xfe\xff" + text.encode("utf-16-be")
    assert user_comment(raw, "little") == text
