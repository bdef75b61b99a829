"""Hostile and unusual ZIP archives."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib

import pytest

from tamis.errors import DecodeError
from tamis.model import FileState
from tamis.sources.archives import member as member_module
from tamis.sources.archives.member import Limits
from tamis.sources.archives.region import Region
from tamis.sources.archives.zip import ZipArchive


def entry(name, content, **changes):
    """A member as (local part, directory part without offset): fields may be made to lie."""
    fields = {"flags": 0, "method": 0, "size": len(content), "crc": zlib.crc32(content),
              "extra": b"", "mode": 0, "system": 3, "date": 0x5821, "time": 0x5000}  # fmt: skip
    fields["packed"] = content
    fields.update(changes)
    f = fields
    numbers = struct.pack(
        "<4H3I", f["flags"], f["method"], f["time"], f["date"],
        f["crc"], len(f["packed"]), min(f["size"], 0xFFFFFFFF),
    )  # fmt: skip
    local = b"PK\3\4\x14\0" + numbers + struct.pack("<2H", len(name), 0) + name + f["packed"]
    central = b"PK\1\2" + bytes((20, f["system"])) + b"\x14\0" + numbers
    lengths = struct.pack("<5HI", len(name), len(f["extra"]), 0, 0, 0, f["mode"] << 16)
    return local, central + lengths, name + f["extra"]


def build(members, prefix=b"", count=None, offsets=None):
    body, directory = prefix, b""
    for index, (local, central, rest) in enumerate(members):
        offset = len(body) - len(prefix) if offsets is None else offsets[index]
        directory += central + struct.pack("<I", offset) + rest
        body += local
    total = len(members) if count is None else count
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, total, total, len(directory),
                      len(body) - len(prefix), 0)  # fmt: skip
    return body + directory + end


def read(data, limits=None):
    archive = ZipArchive(Region.of_bytes(data), limits or Limits())
    found = {}
    for member in archive.members():
        try:
            found[member.name] = b"".join(archive.chunks(member.name))
        except DecodeError as error:
            found[member.name] = error.code
        if member.problem is not None:
            assert found[member.name] == member.problem.code
    return found


def deflated(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def test_the_builder_agrees_with_zipfile():
    data = build([entry(b"a", b"aaa"), entry(b"b", b"bbb", method=8, packed=deflated(b"bbb"))])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {name: file.read(name) for name in file.namelist()} == {"a": b"aaa", "b": b"bbb"}
    assert read(data) == {b"a": b"aaa", b"b": b"bbb"}


def test_names_of_every_encoding():
    data = build(
        [
            entry(b"\x82t\x82", b"1"),  # CP437
            entry("été".encode(), b"2", flags=1 << 11),
            entry("où".encode(), b"3"),  # UTF-8 that does not say so
            entry(b"\xff\xfe", b"4", flags=1 << 11),  # says UTF-8, is none
            entry(b"nul\0l", b"5"),
            entry(b"", b"6"),
            entry(b"?", b"7", extra=unicode_path(b"?", "日本.jpg")),
            entry(b"x", b"8", extra=unicode_path(b"y", "not for this name")),
        ]
    )
    assert read(data) == {
        "été".encode(): b"1",
        "été~2".encode(): b"2",
        "où".encode(): b"3",
        b"\xff\xfe": b"4",
        b"nul?l": b"5",
        b"?": b"6",
        "日本.jpg".encode(): b"7",
        b"x": b"8",
    }


def unicode_path(raw, name):
    body = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def test_encrypted_members_are_listed():
    data = build([entry(b"secret", b"x" * 30, flags=1), entry(b"open", b"y")])
    assert read(data) == {b"secret": "encrypted", b"open": b"y"}


@pytest.mark.parametrize("method", [1, 6, 9, 93, 95, 98, 99, 12345])
def test_unsupported_compression_is_listed(method):
    archive = ZipArchive(Region.of_bytes(build([entry(b"x", b"x", method=method)])), Limits())
    (member,) = archive.members()
    assert member.problem.state is FileState.UNREADABLE
    assert member.problem.reason.startswith(f"unsupported_compression: method {method} (")


def test_folders_are_silent_unless_they_hold_something():
    data = build([entry(b"folder/", b""), entry(b"hidden.jpg/", b"picture")])
    assert read(data) == {b"hidden.jpg/": b"picture"}


def test_symbolic_links_are_listed_but_hide_nothing():
    link = entry(b"link", b"../target", mode=0o120777)
    big = entry(b"big", bytes(5000), mode=0o120777)
    windows = entry(b"windows", b"../target", mode=0o120777, system=0)
    archive = ZipArchive(Region.of_bytes(build([link, big, windows])), Limits())
    problems = {member.name: member.problem for member in archive.members()}
    assert problems[b"link"].state is FileState.NOT_MEDIA
    assert problems[b"link"].reason == "symlink: -> ../target"
    assert problems[b"big"] is None
    assert problems[b"windows"] is None


def test_a_size_that_lies_stops_the_reading():
    content = bytes(10 << 20)
    data = build([entry(b"bomb", content, method=8, packed=deflated(content), size=1000)])
    archive = ZipArchive(Region.of_bytes(data), Limits())
    got = []
    with pytest.raises(DecodeError, match="more than the 1000 bytes stated") as caught:
        got.extend(archive.chunks(b"bomb"))
    assert caught.value.code == "archive_bomb"
    assert len(b"".join(got)) <= 1000


def test_damage_is_found():
    content = os.urandom(1000)
    packed = deflated(content)
    data = build(
        [
            entry(b"crc", content, crc=1),
            entry(b"short", content, size=2000),
            entry(b"cut", content, method=8, packed=packed[:500]),
            entry(b"garbled", content, method=8, packed=b"\xff" * 100),
            entry(b"good", content, method=8, packed=packed),
        ]
    )
    broken = "archive_broken"
    assert read(data) == {
        b"crc": broken, b"short": broken, b"cut": broken, b"garbled": broken, b"good": content,
    }  # fmt: skip


def test_a_member_stated_as_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(member_module, "HARMLESS", 1000)
    content = bytes(1 << 20)
    data = build(
        [entry(b"bomb", content, method=8, packed=deflated(content)), entry(b"picture", b"p")]
    )
    assert read(data) == {b"bomb": "archive_bomb", b"picture": b"p"}


def test_an_archive_is_a_bomb_though_no_member_is(monkeypatch):
    monkeypatch.setattr(member_module, "HARMLESS", 100_000)
    content = bytes(60_000)
    members = [entry(b"%d" % i, content, method=8, packed=deflated(content)) for i in range(100)]
    archive = ZipArchive(Region.of_bytes(build(members)), Limits(ratio=5))
    met = []
    with pytest.raises(DecodeError) as caught:
        met.extend(archive.members())
    assert caught.value.code == "archive_bomb"
    assert 1 <= len(met) < 100


def test_members_that_share_bytes_are_a_bomb():
    """Fifield's bombs: many entries of the directory lead to one kernel, or quote each other."""
    kernel = entry(b"0", b"x" * 5000)
    full = build([kernel, *[(b"", kernel[1], b"%d" % i) for i in range(1, 10)]], offsets=[0] * 10)
    found = read(full)
    assert found.pop(b"0") == b"x" * 5000
    assert set(found.values()) == {"archive_bomb"}
    inner = entry(b"inner", b"y" * 100)
    outer = entry(b"outer", inner[0])
    quoted = build([outer, (b"", *inner[1:])], offsets=[0, len(outer[0]) - len(inner[0])])
    assert read(quoted) == {b"outer": inner[0], b"inner": "archive_bomb"}


def test_bytes_put_in_front_do_not_matter():
    members = [entry(b"a", b"aaa"), entry(b"b", b"bbb")]
    assert read(build(members, prefix=b"#!/bin/sh\n" * 50)) == {b"a": b"aaa", b"b": b"bbb"}


def test_a_comment_with_a_signature_in_it():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a", b"aaa")
        file.comment = b"a comment " * 30
    assert read(buffer.getvalue()) == {b"a": b"aaa"}


def test_zip64(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number in range(66_000):  # more than 16 bits can count
            file.writestr(zipfile.ZipInfo(f"{number}"), b"")
        with file.open("wide", "w", force_zip64=True) as member:
            member.write(b"wide")
    for prefix in (b"", b"prefix" * 100):
        archive = ZipArchive(Region.of_bytes(prefix + buffer.getvalue()), Limits())
        assert sum(1 for _ in archive.members()) == 66_001
        assert b"".join(archive.chunks(b"wide")) == b"wide"


def test_zip64_sizes():
    extra = struct.pack("<HHQ", 1, 8, 1 << 63)
    local, central, rest = entry(b"huge", b"x", size=0xFFFFFFFF, extra=extra)
    archive = ZipArchive(Region.of_bytes(build([(local, central, rest)])), Limits())
    (member,) = archive.members()
    assert member.size == (1 << 63) - 1
    assert member.problem.code == "archive_bomb"


def test_times():
    def stamp(seconds):
        return struct.pack("<HHBi", 0x5455, 5, 1, seconds)

    data = build(
        [
            entry(b"utc", b"", extra=stamp(1_700_000_000)),
            entry(b"old", b"", extra=stamp(-1)),
            entry(b"none", b"", date=0),
            entry(b"dos", b"", date=0x58A1, time=0x5001),
        ]
    )
    archive = ZipArchive(Region.of_bytes(data), Limits())
    assert {member.name: member.modified_ns for member in archive.members()} == {
        b"utc": 1_700_000_000 * 10**9,
        b"old": -(10**9),
        b"none": None,
        b"dos": 1_714_557_602 * 10**9,
    }


@pytest.mark.parametrize("size", [0, 1, 10, 21])
def test_no_directory(size):
    data = build([entry(b"a", b"aaa")])
    with pytest.raises(DecodeError, match="no directory"):
        ZipArchive(Region.of_bytes(data[: len(data) - 22 + size]), Limits())


def test_a_directory_that_lies():
    data = build([entry(b"a", b"aaa")], count=3)
    archive = ZipArchive(Region.of_bytes(data), Limits())
    members = archive.members()
    assert next(members).name == b"a"
    with pytest.raises(DecodeError, match="is to hold 3 members and holds 1"):
        next(members)
    for field in (12, 16):  # size and offset
        wrong = bytearray(data)
        struct.pack_into("<I", wrong, len(data) - 22 + field, 0x7FFFFFFF)
        with pytest.raises(DecodeError, match="outside it"):
            ZipArchive(Region.of_bytes(bytes(wrong)), Limits())


def test_a_part_of_several_says_so():
    data = bytearray(build([entry(b"a", b"aaa")]))
    struct.pack_into("<H", data, len(data) - 18, 2)
    with pytest.raises(DecodeError, match="one part of several"):
        ZipArchive(Region.of_bytes(bytes(data)), Limits())


def test_lzma_working_memory_is_bounded():
    packed = b"\x09\x04\x05\x00" + struct.pack("<BI", 93, 1 << 30) + bytes(100)
    assert read(build([entry(b"x", b"x", method=14, packed=packed)])) == {b"x": "archive_limit"}
