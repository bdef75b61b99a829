"""Walking a folder of any depth, width and naming without following a symbolic link."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamis.model import FOLDER_UNREADABLE, FileState, Locator, SourceEntry, printable_path
from tamis.sources import read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPECIAL = {
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


@dataclass(slots=True)
class _Folder:
    """A folder on the way down to the current one, and what is still to be visited below it."""

    path: bytes
    identity: tuple[int, int]
    pending: list[bytes] = field(default_factory=list)

    def child(self, name: bytes) -> bytes:
        return self.path + b"/" + name if self.path else name


def walk_folder(root: int) -> Iterator[SourceEntry]:
    """Walk the folder behind the descriptor `root`, depth first, and close it.

    Two descriptors are open at most, however deep the tree: the way up is ``..``, taken only if it
    leads to the very folder the way down came from.

    Yields:
        Every file and special file; a folder only where it cannot be read or is one of its own
        ancestors (a bind mount). The order is that of the bytes of the names, within a folder its
        files before its folders.
    """
    try:
        yield from _Walk(root).entries()
    finally:
        os.close(root)


def entry_of(path: bytes, status: os.stat_result, target: bytes = b"") -> SourceEntry:
    """Describe a file by its status; `target` is where it points if it is a symbolic link."""
    kind = stat.S_IFMT(status.st_mode)
    state, reason = None, ""
    if kind == stat.S_IFLNK:
        state, reason = FileState.NOT_MEDIA, f"symlink: -> {printable_path(target)}"
    elif kind != stat.S_IFREG:
        state, reason = FileState.NOT_MEDIA, _SPECIAL.get(kind, "special_file")
    return SourceEntry(Locator((path,)), status.st_size, status.st_mtime_ns, state, reason)


class _Walk:
    """The state of one walk: the current folder and the way to it."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._current = -1
        self._trail: list[_Folder] = []
        self._ancestors: set[tuple[int, int]] = set()

    def entries(self) -> Iterator[SourceEntry]:
        self._current = os.dup(self._root)
        try:
            yield from self._enter(_Folder(b"", _identity(self._current)))
            while self._trail:
                folder = self._trail[-1]
                if folder.pending:
                    yield from self._visit(folder, folder.pending.pop())
                else:
                    self._ancestors.discard(self._trail.pop().identity)
                    yield from self._ascend()
        finally:
            os.close(self._current)

    def _visit(self, folder: _Folder, name: bytes) -> Iterator[SourceEntry]:
        path = folder.child(name)
        try:
            below = read_only.open_folder(name, self._current)
        except OSError as error:
            yield _failed(path, error, folder=True)
            return
        identity = _identity(below)
        if identity in self._ancestors:
            os.close(below)
            yield SourceEntry(Locator((path,)), state=FileState.NOT_MEDIA, reason="directory_loop")
            return
        os.close(self._current)
        self._current = below
        yield from self._enter(_Folder(path, identity))

    def _enter(self, folder: _Folder) -> Iterator[SourceEntry]:
        """Yield the files of the folder just opened and note its folders, last one first."""
        self._trail.append(folder)
        self._ancestors.add(folder.identity)
        found, failure = _listing(self._current)
        for name, is_folder in found:
            if is_folder:
                folder.pending.append(name)
                continue
            path = folder.child(name)
            try:
                yield _describe(path, name, self._current)
            except OSError as error:
                yield _failed(path, error)
        folder.pending.reverse()
        if failure is not None:
            yield _failed(folder.path or b".", failure, folder=True)

    def _ascend(self) -> Iterator[SourceEntry]:
        """Make the last folder of the trail the current one again, if there is more to visit."""
        if not self._trail:
            return
        folder = self._trail[-1]
        try:
            above = self._reopen(folder)
        except OSError as error:  # it went away while we were below it
            yield from (
                _failed(folder.child(name), error, folder=True) for name in reversed(folder.pending)
            )
            folder.pending.clear()
            return
        os.close(self._current)
        self._current = above

    def _reopen(self, folder: _Folder) -> int:
        try:
            above = read_only.open_folder(b"..", self._current)
            if _identity(above) == folder.identity:
                return above
            os.close(above)
        except OSError:
            pass  # moved or closed to us: by its path, then
        return read_only.descend(self._root, folder.path.split(b"/") if folder.path else ())


def _listing(folder: int) -> tuple[list[tuple[bytes, bool]], OSError | None]:
    """Names in the folder, sorted, each with whether it is a folder; and what cut it short."""
    found: list[tuple[bytes, bool]] = []
    failure = None
    try:
        with os.scandir(folder) as entries:
            found.extend(
                (os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries
            )
    except OSError as error:
        failure = error
    return sorted(found), failure


def _describe(path: bytes, name: bytes, folder: int) -> SourceEntry:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    is_link = stat.S_ISLNK(status.st_mode)
    return entry_of(path, status, os.readlink(name, dir_fd=folder) if is_link else b"")


def _failed(path: bytes, error: OSError, *, folder: bool = False) -> SourceEntry:
    code = "io_error"
    if folder:
        code = FOLDER_UNREADABLE
    elif isinstance(error, PermissionError):
        code = "permission_denied"
    elif isinstance(error, FileNotFoundError):
        code = "vanished"
    reason = f"{code}: {error.strerror}"
    return SourceEntry(Locator((path,)), state=FileState.UNREADABLE, reason=reason)


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
