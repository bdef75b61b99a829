"""Hostile and unusual TAR archives."""

from __future__ import annotations

import gzip
import io
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.errors import DecodeError
from tamis.model import FileState
from tamis.sources.archives.member import Limits
from tamis.sources.archives.region import Region
from tamis.sources.archives.tar import TarArchive


def header(name=b"x", size=b"0" * 11, kind=b"0", target=b"", magic=b"ustar\0", **fields):
    block = bytearray(512)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[136:147] = fields.get("mtime", b"14524774000")
    block[156:157] = kind
    block[157 : 157 + len(target)] = target
    block[257:263] = magic
    for offset, value in fields.get("more", {}).items():
        block[offset : offset + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def octal(number):
    return b"%011o" % number


def member(name, content, **fields):
    return header(name, octal(len(content)), **fields) + content + bytes(-len(content) % 512)


def archive_of(data, limits=None, kind=None):
    return TarArchive(Region.of_bytes(data), kind, limits or Limits())


def read(data):
    archive = archive_of(data)
    return {m.name: m.problem or b"".join(archive.chunks(m.name)) for m in archive.members()}


def test_the_builder_agrees_with_tarfile():
    data = member(b"a", b"aaa") + member(b"b", b"b" * 600) + bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        assert {m.name: file.extractfile(m).read() for m in file} == {"a": b"aaa", "b": b"b" * 600}
    assert read(data) == {b"a": b"aaa", b"b": b"b" * 600}


NAME = st.text("ab/é \n", min_size=1, max_size=250).map(lambda name: "n" + name.strip("/"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(NAME, st.binary(max_size=1500), st.integers(0, 2**31)), max_size=6),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_same_members_as_tarfile(members, form):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as file:
        for name, content, mtime in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            file.addfile(info, io.BytesIO(content))
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as file:
        expected = [(m.size, m.mtime * 10**9, file.extractfile(m).read()) for m in file]
    archive = archive_of(buffer.getvalue())
    found = [(m.size, m.modified_ns, b"".join(archive.chunks(m.name))) for m in archive.members()]
    assert found == expected


def test_links_devices_and_folders():
    data = (
        member(b"a", b"aaa")
        + header(b"hard", kind=b"1", target=b"a")
        + header(b"soft", kind=b"2", target=b"\x1b[0m")
        + header(b"char", kind=b"3")
        + header(b"block", kind=b"4")
        + header(b"fifo", kind=b"6")
        + header(b"folder", kind=b"5")
        + header(b"old folder/", kind=b"\0")
        + header(b"label", kind=b"V")
        + member(b"dump", b"YA\0NB\0", kind=b"D")
        + member(b"contiguous", b"c", kind=b"7")
        + member(b"unknown", b"u", kind=b"Q")
        + member(b"hidden/", b"h", kind=b"\0")
    )
    found = read(data)
    assert {name: p if isinstance(p, bytes) else p.reason for name, p in found.items()} == {
        b"a": b"aaa",
        b"hard": "hard_link: -> a",
        b"soft": r"symlink: -> \x1b[0m",
        b"char": "device",
        b"block": "device",
        b"fifo": "fifo",
        b"contiguous": b"c",
        b"unknown": b"u",
        b"hidden/": b"h",
    }
    states = {p.state for p in found.values() if not isinstance(p, bytes)}
    assert states == {FileState.NOT_MEDIA}


def test_a_link_cannot_be_opened():
    with pytest.raises(DecodeError) as caught:
        archive_of(header(b"soft", kind=b"2", target=b"a")).chunks(b"soft")
    assert caught.value.code == "symlink"


def sparse_pax():
    def record(key, value):
        body = b" %s=%s\n" % (key, value)
        size = len(body) + 2
        return b"%d%s" % (size, body)

    fields = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.name", b"real")
    return member(b"pax", fields, kind=b"x") + member(b"GNUSparseFile/real", b"1\n0\n")


def sparse_old():
    head = header(b"real", octal(512), kind=b"S", more={482: b"\1"})
    more = bytearray(512)
    more[504] = 1
    return head + bytes(more) + bytes(512) + bytes(512)


@pytest.mark.parametrize("make", [sparse_pax, sparse_old])
def test_sparse_files_are_listed_and_the_next_member_is_read(make):
    found = read(make() + member(b"next", b"n"))
    assert found[b"real"].state is FileState.UNREADABLE
    assert found[b"real"].code == "unsupported_sparse"
    assert found[b"next"] == b"n"


@pytest.mark.parametrize(
    "size",
    [
        b"\xff" * 12,  # -1 in base 256
        b"\xff" + bytes(11),
        b"\x80" + b"\xff" * 11,  # 2^88
        b"-0000000001",
        b"0x10",
        b"1_0",
        b"99999999999",
    ],
)
def test_impossible_sizes_end_the_reading(size):
    members = archive_of(member(b"good", b"g") + header(b"bad", size) + bytes(1024)).members()
    assert next(members).name == b"good"
    with pytest.raises(DecodeError) as caught:
        next(members)
    assert caught.value.code == "archive_broken"


@pytest.mark.parametrize("kind", [None, "gzip"])
def test_a_member_larger_than_the_archive(kind):
    data = member(b"good", b"g") + header(b"big", octal(1 << 32)) + b"abc"
    archive = archive_of(gzip.compress(data) if kind else data, kind=kind)
    members = archive.members()
    assert [next(members).name, next(members).size] == [b"good", 1 << 32]
    with pytest.raises(DecodeError, match="ends within a member"):
        next(members)
    with pytest.raises(DecodeError, match="ends within the member"):
        b"".join(archive.chunks(b"big"))
    assert b"".join(archive.chunks(b"good")) == b"g"


def test_base_256_sizes_are_read():
    size = b"\x80" + (3).to_bytes(11, "big")
    assert read(header(b"x", size) + b"abc" + bytes(509)) == {b"x": b"abc"}


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_a_header_of_a_gigabyte_is_not_read(kind):
    with pytest.raises(DecodeError, match="a header of 1073741824 bytes") as caught:
        list(archive_of(header(b"x", octal(1 << 30), kind=kind) + bytes(4096)).members())
    assert caught.value.code == "archive_limit"


def test_names_that_fill_the_memory_end_the_reading():
    long = b"n" * 900_000
    data = b"".join(
        member(b"L", b"%d%s" % (number, long), kind=b"L") + member(b"a", b"")
        for number in range(90)
    )
    met = []
    with pytest.raises(DecodeError, match="64 MiB of member names") as caught:
        met.extend(archive_of(data).members())
    assert caught.value.code == "archive_limit"
    assert 60 < len(met) < 80


@pytest.mark.parametrize(
    "pax",
    [b"0 path=x\n", b"99 path=x\n", b"10 path=xx", b"x path=x\n", b"9 pathxx\n", b"-9 path=\n",
     b"15 size=-00001\n", b"40 size=" + b"9" * 31 + b"\n"],
)  # fmt: skip
def test_damaged_pax_headers(pax):
    with pytest.raises(DecodeError):
        list(archive_of(member(b"p", pax, kind=b"x") + member(b"a", b"a")).members())


def test_pax_values_hold_for_one_member_or_all():
    shared = member(b"g", b"22 mtime=1700000000.5\n", kind=b"g")
    own = member(b"x", b"12 path=own\n", kind=b"x")
    data = shared + own + member(b"a", b"a") + member(b"b", b"b")
    found = list(archive_of(data).members())
    assert [m.name for m in found] == [b"own", b"b"]
    assert {m.modified_ns for m in found} == {1_700_000_000_500_000_000}


def test_names_with_prefix_and_gnu_magic():
    posix = member(b"name", b"1", more={345: b"prefix"})
    gnu = member(b"name", b"2", magic=b"ustar ", more={345: b"14524774000\0"})
    assert read(posix + gnu) == {b"prefix/name": b"1", b"name": b"2"}


def test_impossible_times_are_none():
    for mtime in (b"garbage....", b"-1........."):
        (found,) = archive_of(member(b"a", b"", mtime=mtime)).members()
        assert found.modified_ns is None


def test_an_archive_behind_the_end_of_another_is_read_too():
    data = member(b"a", b"a") + bytes(10240) + member(b"b", b"b")
    assert read(data) == {b"a": b"a", b"b": b"b"}


def test_foreign_bytes_are_reported_and_endless_zeros_end():
    for gap, where in ((0, "where a member should begin"), (2048, "after its end")):
        data = member(b"a", b"a") + bytes(gap) + b"j" * 512
        members = archive_of(data).members()
        next(members)
        with pytest.raises(DecodeError, match=where):
            next(members)
    assert read(member(b"a", b"a") + bytes(4 << 20) + b"j" * 512) == {b"a": b"a"}


def test_an_unfinished_last_block_is_no_damage():
    data = header(b"a", octal(3)) + b"aaa"
    assert read(data) == {b"a": b"aaa"}


def test_a_gigantic_archive_in_bounded_memory(tmp_path):
    """A sparse file of 8 GiB: what is passed over is not read."""
    path = tmp_path / "big.tar"
    with path.open("wb") as file:
        for name in (b"one", b"two"):
            file.write(header(name, octal(4 << 30)))
            file.seek(4 << 30, os.SEEK_CUR)
        file.write(member(b"last", b"last"))
    archive = TarArchive(Region.of_file(os.open(path, os.O_RDONLY)), None, Limits())
    assert [m.name for m in archive.members()] == [b"one", b"two", b"last"]
    assert b"".join(archive.chunks(b"last")) == b"last"
