"""The folder source: every name, every kind of file, and nothing changed by reading."""

# Paths are raw bytes here, which pathlib does not take.
# ruff: noqa: PTH103, PTH104, PTH106, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import errno
import os
import pickle
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamis.errors import SourceError
from tamis.model import FileState, Locator
from tamis.sources import read_only, walk
from tamis.sources.folder import FolderSource


def entries(root: Path) -> dict[bytes, object]:
    found = list(FolderSource(root).walk())
    result = {entry.locator.parts[0]: entry for entry in found}
    assert len(result) == len(found)
    return result


def write(root: Path, path: bytes, content: bytes) -> bytes:
    full = os.path.join(os.fsencode(root), path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(content)
    return full


def test_yields_files_with_size_and_time_in_order(tmp_path):
    for path in (b"b.jpg", b"a/z.jpg", b"a/b/c.jpg", b"a.jpg", b"B"):
        os.utime(write(tmp_path, path, path), ns=(5, 1_700_000_000_123_456_789))
    found = list(FolderSource(tmp_path).walk())
    assert [entry.locator.parts[0] for entry in found] == [
        b"B", b"a.jpg", b"b.jpg", b"a/z.jpg", b"a/b/c.jpg",
    ]  # fmt: skip
    assert [entry.size for entry in found] == [1, 5, 5, 7, 9]
    assert {entry.modified_ns for entry in found} == {1_700_000_000_123_456_789}
    assert all(entry.state is None for entry in found)


@pytest.mark.parametrize(
    "name",
    [b"\xff\xfe.jpg", b"new\nline", b"\x1b[31mred\x1b[0m", b"x" * 255, b"-rf", b" ", b"a\\b", b"~"],
)
def test_any_name_is_walked_and_opened(tmp_path, name):
    write(tmp_path, name, b"content")
    source = FolderSource(tmp_path)
    (entry,) = source.walk()
    assert entry.locator == Locator((name,))
    with source.open(entry.locator) as file:
        assert file.read() == b"content"
    assert str(entry.locator).isprintable()


NAMES = st.binary(min_size=1, max_size=12).filter(
    lambda name: not {b"\0"[0], b"/"[0]} & set(name) and name not in (b".", b"..")
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=12))
def test_walk_equals_os_walk(tmp_path_factory, paths):
    root = tmp_path_factory.mktemp("walk")
    for number, parts in enumerate(paths):
        try:
            write(root, b"/".join(parts), b"%d" % number)
        except OSError:
            continue  # a name is taken by a file or folder already
    expected = {}
    for folder, _, files in os.walk(os.fsencode(root)):
        for name in files:
            full = os.path.join(folder, name)
            with open(full, "rb") as file:
                expected[os.path.relpath(full, os.fsencode(root))] = file.read()
    source = FolderSource(root)
    found = {}
    for entry in source.walk():
        with source.open(entry.locator) as file:
            found[entry.locator.parts[0]] = file.read()
    assert found == expected


def test_special_files_are_listed_and_never_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    listening = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)  # the path of a socket is limited to 108 bytes
    try:
        listening.bind("socket")
    finally:
        os.chdir(here)
    found = entries(tmp_path)
    listening.close()
    assert {name: (e.state, e.reason) for name, e in found.items()} == {
        b"fifo": (FileState.NOT_MEDIA, "fifo"),
        b"socket": (FileState.NOT_MEDIA, "socket"),
    }
    for name in found:
        with pytest.raises(OSError, match="not a regular file"):
            FolderSource(tmp_path).open(Locator((name,)))


def test_symbolic_links_are_listed_never_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "up").symlink_to("..")
    (root / "self").symlink_to(root)
    (root / "file").symlink_to(outside / "secret")
    (root / "gone").symlink_to("nowhere\x1b[0m")
    source = FolderSource(root)
    found = entries(root)
    assert set(found) == {b"up", b"self", b"file", b"gone"}
    assert {entry.state for entry in found.values()} == {FileState.NOT_MEDIA}
    assert found[b"up"].reason == "symlink: -> .."
    assert found[b"gone"].reason == r"symlink: -> nowhere\x1b[0m"
    for path in (b"file", b"up/outside/secret", b"self/up/outside/secret"):
        with pytest.raises(OSError):  # noqa: PT011 - ELOOP, ENOTDIR or EINVAL
            source.open(Locator((path,)))


@pytest.mark.parametrize("path", [b"../x", b"/etc/hostname", b"a/../../x", b"", b"a//b", b"./a"])
def test_a_locator_cannot_lead_out_of_the_root(tmp_path, path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="not a path below the source"):
        FolderSource(tmp_path).open(Locator((path,)))


def test_the_root_may_be_a_link_and_keeps_any_name(tmp_path):
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xffroot"))
    root.mkdir()
    (root / "a").write_bytes(b"a")
    link = tmp_path / "link"
    link.symlink_to(root)
    for location in (root, link):
        assert FolderSource.accepts(location)
        assert set(entries(location)) == {b"a"}


def test_a_single_file_is_a_source_of_one(tmp_path):
    write(tmp_path, b"one.jpg", b"one")
    write(tmp_path, b"two.jpg", b"two")
    source = FolderSource(tmp_path / "one.jpg")
    assert FolderSource.accepts(source.location)
    (entry,) = source.walk()
    assert entry.locator == Locator((b"one.jpg",))
    with source.open(entry.locator) as file:
        assert file.read() == b"one"
    with pytest.raises(FileNotFoundError):
        source.open(Locator((b"two.jpg",)))


def test_a_location_that_cannot_be_read_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name, words in (("nowhere", "No such file"), ("fifo", "not a regular file")):
        source = FolderSource(tmp_path / name)
        assert not FolderSource.accepts(source.location)
        with pytest.raises(SourceError, match=words):
            list(source.walk())


def deep_tree(root: Path, depth: int) -> None:
    current = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("deepdeep", dir_fd=current)
        for name in ("f", "sibling"):
            if name == "f":
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=current))
            else:
                os.mkdir(name, dir_fd=current)
        below = os.open("deepdeep", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = below
    os.close(os.open("last", os.O_CREAT | os.O_WRONLY, dir_fd=current))
    os.close(current)


def remove_deep_tree(root: Path) -> None:
    """Unroll the tree: shutil's recursion and path lengths do not reach so deep."""
    while (root / "deepdeep").is_dir():
        (root / "deepdeep").rename(root / "old")
        for child in list((root / "old").iterdir()):
            if child.name == "deepdeep":
                child.rename(root / "deepdeep")
            elif child.is_dir():
                child.rmdir()
            else:
                child.unlink()
        (root / "old").rmdir()


def test_folders_thousands_deep(tmp_path):
    deep_tree(tmp_path, 1500)  # 13 500 bytes: over three times the longest path of the system
    try:
        source = FolderSource(tmp_path)
        found = list(source.walk())
        assert len(found) == 1501
        assert all(entry.state is None for entry in found)
        with source.open(found[-1].locator) as file:
            assert file.read() == b""
        assert found[-1].locator.parts[0].endswith(b"/last")
    finally:
        remove_deep_tree(tmp_path)


def test_unreadable_folder_and_file_are_reported(tmp_path, monkeypatch):
    write(tmp_path, b"closed/x.jpg", b"x")
    write(tmp_path, b"open/y.jpg", b"y")
    original = read_only.open_folder

    def refuse(name, parent=None, *, follow=False):
        if name == b"closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(name, parent, follow=follow)

    monkeypatch.setattr(read_only, "open_folder", refuse)
    found = entries(tmp_path)
    assert set(found) == {b"closed", b"open/y.jpg"}
    assert found[b"closed"].state is FileState.UNREADABLE
    assert found[b"closed"].reason == "folder_unreadable: Permission denied"


def test_a_listing_that_breaks_off_is_reported(tmp_path, monkeypatch):
    write(tmp_path, b"bad/x.jpg", b"x")
    write(tmp_path, b"good/y.jpg", b"y")
    bad = os.stat(tmp_path / "bad").st_ino
    original = os.scandir

    def fail(descriptor):
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(errno.EIO, "Input/output error")
        return original(descriptor)

    monkeypatch.setattr(os, "scandir", fail)
    found = entries(tmp_path)
    assert found[b"bad"].reason == "folder_unreadable: Input/output error"
    assert found[b"good/y.jpg"].state is None


def test_a_folder_that_is_its_own_ancestor_is_entered_once(tmp_path, monkeypatch):
    write(tmp_path, b"a/b/x.jpg", b"x")
    inside = os.stat(tmp_path / "a/b").st_ino
    original = walk._identity

    def looping(descriptor):
        device, inode = original(descriptor)
        return (device, os.stat(tmp_path).st_ino) if inode == inside else (device, inode)

    monkeypatch.setattr(walk, "_identity", looping)
    found = entries(tmp_path)
    assert set(found) == {b"a/b"}
    assert (found[b"a/b"].state, found[b"a/b"].reason) == (FileState.NOT_MEDIA, "directory_loop")


def test_what_vanishes_during_the_walk_is_reported(tmp_path):
    for path in (b"a/1", b"a/2", b"b/1/x", b"b/2/x", b"c"):
        write(tmp_path, path, b"x")
    steps = FolderSource(tmp_path).walk()
    seen = {}
    for entry in steps:
        seen[entry.locator.parts[0]] = entry.reason
        if entry.locator.parts[0] == b"a/1":
            (tmp_path / "a/2").unlink()
        if entry.locator.parts[0] == b"b/1/x":
            os.rename(tmp_path / "b", tmp_path / "moved")
            (tmp_path / "moved/2/x").unlink()
            os.rmdir(tmp_path / "moved/2")
    assert seen[b"a/2"].startswith("vanished")
    assert seen[b"b/2"] == "folder_unreadable: No such file or directory"
    assert seen[b"c"] == seen[b"a/1"] == ""


def test_a_folder_swapped_for_a_link_is_not_entered(tmp_path):
    write(tmp_path, b"root/a/x", b"x")
    write(tmp_path, b"root/b/y", b"y")
    write(tmp_path, b"outside/secret", b"secret")
    steps = FolderSource(tmp_path / "root").walk()
    next(steps)
    os.rename(tmp_path / "root/b", tmp_path / "root/away")
    (tmp_path / "root/b").symlink_to(tmp_path / "outside")
    (entry,) = steps
    assert entry.locator.parts == (b"b",)
    assert entry.state is FileState.UNREADABLE


def test_a_file_that_vanished_cannot_be_opened(tmp_path):
    write(tmp_path, b"a/x.jpg", b"x")
    source = FolderSource(tmp_path)
    (entry,) = source.walk()
    (tmp_path / "a/x.jpg").unlink()
    with pytest.raises(FileNotFoundError):
        source.open(entry.locator)


def test_reading_changes_no_time_and_no_content(tmp_path):
    full = write(tmp_path, b"a/x.jpg", b"x")
    long_ago = (1_000_000_000, 2_000_000_000)
    for path in (full, os.path.dirname(full), os.fsencode(tmp_path)):
        os.utime(path, ns=long_ago)

    def times():
        return [
            (os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns, os.stat(path).st_ctime_ns)
            for path in (full, os.path.dirname(full), os.fsencode(tmp_path))
        ]

    before = times()
    source = FolderSource(tmp_path)
    for entry in source.walk():
        with source.open(entry.locator) as file:
            assert not file.writable()
            assert file.read() == b"x"
    assert times() == before


def test_noatime_is_given_up_where_only_the_owner_may_ask(tmp_path, monkeypatch):
    write(tmp_path, b"x.jpg", b"x")
    original = os.open

    def refuse(path, flags, *args, **kwargs):
        if flags & os.O_NOATIME:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        assert flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) == 0
        return original(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    source = FolderSource(tmp_path)
    (entry,) = source.walk()
    with source.open(entry.locator) as file:
        assert file.read() == b"x"


def test_no_descriptor_is_left_open(tmp_path):
    for path in (b"a/b/c/x", b"a/y", b"z"):
        write(tmp_path, path, b"x")
    source = FolderSource(tmp_path)
    before = os.listdir("/proc/self/fd")
    for entry in source.walk():
        source.open(entry.locator).close()
    unfinished = source.walk()
    next(unfinished)
    unfinished.close()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_is_cheap_to_pickle(tmp_path):
    write(tmp_path, b"x", b"x")
    source = FolderSource(tmp_path)
    data = pickle.dumps(source)
    assert len(data) < 1000
    copy = pickle.loads(data)
    assert list(copy.walk()) == list(source.walk())
    assert copy.limits == source.limits
