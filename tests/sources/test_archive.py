"""Archives of every kind through the folder source: walk, expand, open."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import threading
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.errors import DecodeError
from tamis.model import FileState, Locator
from tamis.sources import archive
from tamis.sources.archives import member as member_module
from tamis.sources.archives.member import Limits
from tamis.sources.folder import FolderSource

LIMITS = Limits(members=1000, ratio=200, depth=2, held=1 << 20)


def make_zip(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 2)), content, method)
    return buffer.getvalue()


def make_tar(members, mode="w", **kwargs):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **kwargs) as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mtime = 1_700_000_000
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


MAKERS = {
    "stored.zip": lambda members: make_zip(members, zipfile.ZIP_STORED),
    "deflated.zip": make_zip,
    "bzip2.zip": lambda members: make_zip(members, zipfile.ZIP_BZIP2),
    "lzma.zip": lambda members: make_zip(members, zipfile.ZIP_LZMA),
    "pax.tar": lambda members: make_tar(members, format=tarfile.PAX_FORMAT),
    "gnu.tar": lambda members: make_tar(members, format=tarfile.GNU_FORMAT),
    "x.tar.gz": lambda members: make_tar(members, "w:gz"),
    "x.tar.bz2": lambda members: make_tar(members, "w:bz2"),
    "x.tar.xz": lambda members: make_tar(members, "w:xz"),
}

MEMBERS = [
    ("a.jpg", b"first" * 100),
    ("folder/b.jpg", os.urandom(300_000)),
    ("empty", b""),
    ("été/" + "long" * 80 + ".jpg", b"x"),
    ("../../etc/passwd", b"only a name"),
    ("/absolute", b"only a name too"),
]


def source_of(folder, name, content, limits=LIMITS):
    (folder / name).write_bytes(content)
    return FolderSource(folder, limits), Locator((os.fsencode(name),))


def contents(source, locator):
    found = {}
    for entry in source.expand(locator):
        assert entry.locator.parts not in found
        if entry.state is None:
            with source.open(entry.locator) as file:
                found[entry.locator.parts] = file.read()
        else:
            found[entry.locator.parts] = (entry.state, entry.reason)
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_members_come_back_byte_identical(tmp_path, name):
    source, locator = source_of(tmp_path, name, MAKERS[name](MEMBERS))
    (walked,) = source.walk()
    assert walked.locator == locator
    entries = list(source.expand(locator))
    assert [e.locator.parts[1].decode() for e in entries] == [name for name, _ in MEMBERS]
    assert [e.size for e in entries] == [len(content) for _, content in MEMBERS]
    stated = 1_714_557_602 if name.endswith("zip") else 1_700_000_000
    assert {e.modified_ns for e in entries} == {stated * 10**9}
    expected = {(os.fsencode(name), path.encode()): content for path, content in MEMBERS}
    assert contents(source, locator) == expected
    for parts in reversed(expected):  # backwards too: earlier members start over
        with source.open(Locator(parts)) as file:
            assert file.read() == expected[parts]


@pytest.mark.parametrize("name", [name for name in MAKERS if "." in name])
def test_members_whose_pieces_end_with_a_full_buffer(tmp_path, monkeypatch, name):
    """A decompressor that filled its buffer exactly has no more to give and asks for more."""
    for size in range(1, 40):
        for module in ("unpack", "region"):
            monkeypatch.setattr(f"tamis.sources.archives.{module}.CHUNK", size)
        source, locator = source_of(tmp_path, name, MAKERS[name]([("a", bytes(range(200)) * 3)]))
        assert list(contents(source, locator).values()) == [bytes(range(200)) * 3]


NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
CONTENT = st.binary(max_size=2000)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(MAKERS)), st.lists(st.tuples(NAME, CONTENT), max_size=8))
def test_any_names_and_contents_round_trip(tmp_path_factory, kind, members):
    members = [(f"m{name}".rstrip("/"), content) for name, content in members]
    folder = tmp_path_factory.mktemp("archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # zipfile on duplicate names
        data = MAKERS[kind](members)
    source, locator = source_of(folder, kind, data)
    if not members and "tar" in kind:
        return  # a TAR without members is nothing but zeros
    found = list(contents(source, locator).values())
    assert found == [content for _, content in members]


@pytest.mark.parametrize("name", ["x.zip", "x.tar"])
def test_members_of_one_name_stay_apart(tmp_path, name):
    members = [("a", b"1"), ("a", b"22"), ("a~2", b"333"), ("a", b"4444"), ("...", b"5")]
    maker = make_tar
    if name.endswith("zip"):

        def maker(members):
            with pytest.warns(UserWarning, match="Duplicate"):
                return make_zip(members)

    source, locator = source_of(tmp_path, name, maker(members))
    found = {parts[1]: content for parts, content in contents(source, locator).items()}
    assert found == {b"a": b"1", b"a~2": b"22", b"a~2~2": b"333", b"a~3": b"4444", b"...~2": b"5"}


@pytest.mark.parametrize("outer", ["stored.zip", "deflated.zip", "pax.tar", "x.tar.gz"])
@pytest.mark.parametrize("inner", ["stored.zip", "deflated.zip", "pax.tar", "x.tar.bz2"])
def test_archives_in_archives(tmp_path, outer, inner):
    data = MAKERS[inner](MEMBERS)
    around = MAKERS[outer]([("before", b"0"), ("in/inner", data), ("after", b"1")])
    source, locator = source_of(tmp_path, outer, around)
    nested = locator.child(b"in/inner")
    assert list(contents(source, nested).values()) == [content for _, content in MEMBERS]
    with source.open(nested) as file:  # the archive itself is a member like any other
        assert file.read() == data


def test_nesting_stops_at_the_limit(tmp_path):
    third = make_zip([("x", b"x")])
    source, locator = source_of(
        tmp_path, "a.zip", make_zip([("b.zip", make_zip([("c.zip", third)]))])
    )
    second = locator.child(b"b.zip")
    (entry,) = source.expand(second)
    for use in (lambda: list(source.expand(entry.locator)),
                lambda: source.open(entry.locator.child(b"x"))):  # fmt: skip
        with pytest.raises(DecodeError, match="nested more than 2 deep") as caught:
            use()
        assert caught.value.code == "archive_limit"
    none = FolderSource(tmp_path, Limits(depth=0))
    with pytest.raises(DecodeError, match="nested more than 0 deep"):
        none.expand(locator)


def test_a_packed_archive_within_must_fit_in_memory(tmp_path):
    inner = make_zip([("x", os.urandom(2 << 20))], zipfile.ZIP_STORED)
    for method, fits in ((zipfile.ZIP_STORED, True), (zipfile.ZIP_DEFLATED, False)):
        source, locator = source_of(tmp_path, f"{method}.zip", make_zip([("i.zip", inner)], method))
        if fits:  # read where it lies
            assert len(contents(source, locator.child(b"i.zip"))) == 1
            continue
        with pytest.raises(DecodeError, match="larger than 1 MiB") as caught:
            source.expand(locator.child(b"i.zip"))
        assert caught.value.code == "archive_limit"


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_more_members_than_allowed_end_in_one_entry(tmp_path, name):
    maker = {"x.zip": make_zip, "x.tar": make_tar}.get(name, MAKERS.get(name))
    data = maker([(f"{i}.jpg", b"x") for i in range(10)])
    source, locator = source_of(tmp_path, name, data, Limits(members=7))
    entries = list(source.expand(locator))
    assert len(entries) == 8
    assert entries[-1].state is FileState.UNREADABLE
    assert entries[-1].locator.parts[1] == b"..."
    assert entries[-1].reason.startswith("archive_limit: ")
    assert "7" in entries[-1].reason
    with source.open(entries[6].locator) as file:
        assert file.read() == b"x"
    with pytest.raises((DecodeError, FileNotFoundError)):
        source.open(locator.child(b"8.jpg"))


@pytest.mark.parametrize(
    ("name", "pack", "member"),
    [
        ("photo.jpg.gz", gzip.compress, b"photo.jpg"),
        ("photo.JPG.BZ2", bz2.compress, b"photo.JPG"),
        ("photo.xz", lzma.compress, b"photo"),
        ("nameless", gzip.compress, b"nameless"),
        (".gz", gzip.compress, b".gz"),
    ],
)
def test_a_single_compressed_file_is_an_archive_of_one(tmp_path, name, pack, member):
    content = os.urandom(400_000) + bytes(100_000)
    source, locator = source_of(tmp_path, name, pack(content))
    assert contents(source, locator) == {(os.fsencode(name), member): content}
    with pytest.raises(FileNotFoundError):
        source.open(locator.child(b"other"))


def test_several_compressed_streams_in_a_row_count_as_one(tmp_path):
    for name, pack in (("a.gz", gzip.compress), ("a.bz2", bz2.compress), ("a.xz", lzma.compress)):
        data = pack(b"one ") + pack(b"") + pack(b"two") + bytes(700) + pack(b" three") + b"junk"
        source, locator = source_of(tmp_path, name, data)
        assert list(contents(source, locator).values()) == [b"one two three"]


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_compressed_bomb_is_stopped(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(member_module, "HARMLESS", 1 << 20)
    pack = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[kind]
    source, locator = source_of(tmp_path, "bomb", pack(bytes(8 << 20)))
    (entry,) = source.expand(locator)
    with source.open(entry.locator) as file:
        with pytest.raises(DecodeError, match="over 200 times") as caught:
            file.read()
        assert caught.value.code == "archive_bomb"


def test_a_blank_picture_packed_well_is_no_bomb(tmp_path):
    blank = bytes(20 << 20)
    source, locator = source_of(tmp_path, "a.zip", make_zip([("blank.bmp", blank)]))
    assert list(contents(source, locator).values()) == [blank]


def test_a_cut_off_archive_gives_what_it_has_and_says_so(tmp_path):
    for name in ("pax.tar", "x.tar.gz"):
        members = [(f"{i}.jpg", os.urandom(5000)) for i in range(60)]
        data = MAKERS[name](members)
        source, locator = source_of(tmp_path, name, data[: len(data) * 9 // 10])
        entries = list(source.expand(locator))
        assert 2 < len(entries) < 61
        assert entries[-1].reason.startswith("archive_broken: ")
        first = dict(members)["0.jpg"]
        with source.open(entries[0].locator) as file:
            assert file.read() == first
        with pytest.raises(DecodeError) as caught, source.open(entries[-2].locator) as file:
            file.read()
        assert caught.value.code == "archive_broken"


def test_what_is_no_archive_says_so(tmp_path):
    for content in (b"", b"\xff\xd8\xff", b"BZhello", bytes(1024), b"PK", os.urandom(2000)):
        source, locator = source_of(tmp_path, "x", content)
        with pytest.raises(DecodeError) as caught:
            source.expand(locator)
        assert caught.value.code == "not_archive"
        with pytest.raises(DecodeError):
            source.open(locator.child(b"y"))
    (tmp_path / "x").unlink()
    with pytest.raises(FileNotFoundError):
        source.expand(locator)


def test_detection_needs_only_the_head():
    for name, maker in MAKERS.items():
        kind = archive.detect(maker(MEMBERS)[: archive.HEAD])
        assert (
            kind
            == {"zip": "zip", "tar": "tar", "gz": "gzip", "bz2": "bzip2", "xz": "xz"}[
                name.rpartition(".")[2]
            ]
        )


def count_passes(monkeypatch):
    from tamis.sources.archives import tar

    passes = []
    original = tar.unpacked

    def counted(*args):
        passes.append(1)
        return original(*args)

    monkeypatch.setattr(tar, "unpacked", counted)
    return passes


def test_members_of_a_compressed_tar_in_order_cost_one_pass(tmp_path, monkeypatch):
    members = [(f"{i}", b"%d" % i) for i in range(50)]
    source, locator = source_of(tmp_path, "x.tar.gz", make_tar(members, "w:gz"))
    passes = count_passes(monkeypatch)
    for number in (*range(0, 50, 3), 1, 2):
        with source.open(locator.child(b"%d" % number)) as file:
            assert file.read() == b"%d" % number
    assert len(passes) == 2  # one forward, one more for the earlier members


def test_expanding_and_opening_in_turn_disturb_each_other_in_no_way(tmp_path, monkeypatch):
    members = [(f"{i}", os.urandom(3000)) for i in range(50)]
    source, locator = source_of(tmp_path, "x.tar.gz", make_tar(members, "w:gz"))
    passes = count_passes(monkeypatch)
    assert list(contents(source, locator).values()) == [content for _, content in members]
    assert len(passes) == 2


def test_a_stream_the_archive_moved_on_from_is_an_error_not_garbage(tmp_path):
    members = [(f"{i}", os.urandom(700_000)) for i in range(3)]
    source, locator = source_of(tmp_path, "x.tar.gz", make_tar(members, "w:gz"))
    with source.open(locator.child(b"0")) as first:
        assert first.read(1000) == members[0][1][:1000]
        with source.open(locator.child(b"2")) as third:
            assert third.read() == members[2][1]
        with pytest.raises(OSError, match="another member"):
            first.read()


def test_threads_and_forks_do_not_share_a_position(tmp_path):
    members = [(f"{i}", os.urandom(50_000)) for i in range(20)]
    source, locator = source_of(tmp_path, "x.tar.gz", make_tar(members, "w:gz"))
    wrong = []

    def check(order):
        for number in order:
            with source.open(locator.child(b"%d" % number)) as file:
                if file.read() != members[number][1]:
                    wrong.append(number)

    threads = [threading.Thread(target=check, args=(order,)) for order in ([*range(20)],) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    check([0, 1])
    child = os.fork()
    if not child:
        check([2, 3, 10])
        os._exit(len(wrong))
    check([2, 3, 4])
    assert os.waitpid(child, 0)[1] == 0
    assert wrong == []


def test_an_archive_that_was_replaced_is_read_anew(tmp_path):
    source, locator = source_of(tmp_path, "x.zip", make_zip([("a", b"old")]))
    assert list(contents(source, locator).values()) == [b"old"]
    (tmp_path / "new").write_bytes(make_zip([("a", b"newer")]))
    (tmp_path / "new").rename(tmp_path / "x.zip")
    assert list(contents(source, locator).values()) == [b"newer"]


def test_an_archive_given_as_location(tmp_path):
    (tmp_path / "evidence.zip").write_bytes(make_zip(MEMBERS))
    source = FolderSource(tmp_path / "evidence.zip", LIMITS)
    (entry,) = source.walk()
    assert list(contents(source, entry.locator).values()) == [content for _, content in MEMBERS]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_archives_end_in_members_or_an_error(tmp_path_factory, data):
    kind = data.draw(st.sampled_from(sorted(MAKERS)))
    good = MAKERS[kind]([("a.jpg", b"abc" * 50), ("b/c.jpg", bytes(300)), ("d", b"")])
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        damaged[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    source, locator = source_of(tmp_path_factory.mktemp("damaged"), kind, bytes(damaged[:cut]))
    codes = set()
    try:
        for entry in source.expand(locator):
            assert 0 <= entry.size < 1 << 63
            assert entry.modified_ns is None or abs(entry.modified_ns) < 1 << 63
            if entry.state is None:
                with source.open(entry.locator) as file:
                    file.read()
    except DecodeError as error:
        codes.add(error.code)
    assert codes <= {"archive_broken", "archive_bomb", "archive_limit", "not_archive", "encrypted",
                     "unsupported_compression", "unsupported_sparse"}  # fmt: skip
