"""Opening evidence: never for writing, never through a symbolic link, never a device."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_UNSAFE = frozenset((b"", b".", b".."))


def open_folder(name: bytes, parent: int | None = None, *, follow: bool = False) -> int:
    """Open the folder `name` (in the folder `parent`) for listing.

    Args:
        name: one path component, or any path when `parent` is None.
        parent: descriptor of the folder `name` lies in.
        follow: accept a symbolic link; only for the root, which a person named.

    Returns:
        A descriptor the caller closes.

    Raises:
        OSError: it is gone, may not be read, or is no folder (a symbolic link is none).
    """
    flags = _FLAGS | os.O_DIRECTORY
    return _open(name, flags & ~os.O_NOFOLLOW if follow else flags, parent)


def open_file(name: bytes, parent: int | None = None, *, follow: bool = False) -> int:
    """Open the regular file `name`; arguments and errors as for `open_folder`.

    Its kind is asked first, since to open a device is already to act on it, and again once it is
    open, since it may have been replaced in between.
    """
    _must_be_regular(os.stat(name, dir_fd=parent, follow_symlinks=follow), name)
    descriptor = _open(name, _FLAGS & ~os.O_NOFOLLOW if follow else _FLAGS, parent)
    try:
        _must_be_regular(os.fstat(descriptor), name)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_beneath(root: int, path: bytes) -> int:
    """Open the regular file at `path` below the folder `root`.

    Every component is opened in the one before it, so that no symbolic link is followed and a path
    of any length works.

    Raises:
        OSError: it is gone, may not be read, is no regular file, lies behind a symbolic link, or
            `path` leads out of `root`.
    """
    *folders, name = components(path)
    folder = descend(root, folders)
    try:
        return open_file(name, folder)
    finally:
        os.close(folder)


def descend(root: int, folders: Iterable[bytes]) -> int:
    """Open the folder reached from `root` through `folders`; errors as for `open_folder`."""
    current = os.dup(root)
    for name in folders:
        try:
            below = open_folder(name, current)
        finally:
            os.close(current)
        current = below
    return current


def components(path: bytes) -> list[bytes]:
    """Split a relative path.

    Raises:
        OSError: it is absolute, empty, or has ``.`` or ``..`` in it.
    """
    parts = path.split(b"/")
    if not _UNSAFE.isdisjoint(parts):
        raise OSError(errno.EINVAL, "not a path below the source", path)
    return parts


def _open(name: bytes, flags: int, parent: int | None) -> int:
    try:  # reading must not change the time of last access
        return os.open(name, flags | os.O_NOATIME, dir_fd=parent)
    except PermissionError:  # only the owner may ask for that
        return os.open(name, flags, dir_fd=parent)


def _must_be_regular(status: os.stat_result, name: bytes) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", name)
