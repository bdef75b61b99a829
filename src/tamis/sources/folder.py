"""A folder of files, or a single file, with the archives among them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from tamis.config import settings
from tamis.errors import SourceError
from tamis.model import printable, printable_path
from tamis.source import Source
from tamis.sources import archive, read_only
from tamis.sources.archives.member import Limits
from tamis.sources.walk import entry_of, walk_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.model import Locator, SourceEntry


class FolderSource(Source):
    """Files below a folder; a single file is a source of one.

    Symbolic links are listed, never followed (the location itself may be one: a person named it).
    No path length limit holds: every folder is opened in the one above it. Archives are read in
    place.

    Args:
        location: folder or regular file.
        limits: for archives; the settings in force if None.
    """

    name = "folder"
    version = "1"
    priority = 0

    def __init__(self, location: Path, limits: Limits | None = None) -> None:
        super().__init__(location)
        self.limits = limits or Limits.of(settings())

    @classmethod
    def accepts(cls, location: Path) -> bool:
        """Say whether `location` is a folder or a regular file."""
        try:
            return location.is_dir() or location.is_file()
        except PermissionError:
            return True  # walk says what is wrong with it

    def walk(self) -> Iterator[SourceEntry]:
        """Yield every file and special file; folders only where they cannot be read.

        The order is that of the bytes of the names, within a folder its files before its folders.

        Raises:
            SourceError: the location is gone, may not be read, or is neither folder nor file.
        """
        try:
            status = self.location.stat()
            if not stat.S_ISDIR(status.st_mode):
                descriptor = read_only.open_file(self._root, follow=True)
                os.close(descriptor)
                yield entry_of(os.fsencode(self.location.name), status)
                return
            root = read_only.open_folder(self._root, follow=True)
        except OSError as error:
            place = printable(str(self.location))
            raise SourceError(f"{place} cannot be read: {error.strerror}") from error
        yield from walk_folder(root)

    def open(self, locator: Locator) -> BinaryIO:
        """Open one file, or one archive member, read-only.

        Members can be read forward only. A broken member shows while it is read: then its `read`
        raises DecodeError too.

        Raises:
            OSError: it is gone, unreadable, or no regular file any more.
            DecodeError: the archive it lies in is broken or over the limits.
        """
        descriptor = self._open_file(locator.parts[0])
        if len(locator.parts) == 1:
            return os.fdopen(descriptor, "rb")
        return archive.open_member(descriptor, locator, self.limits)

    def expand(self, locator: Locator) -> Iterator[SourceEntry]:
        """Yield the members of the archive at `locator`; see `tamis.sources.archive.expand`."""
        return archive.expand(self._open_file(locator.parts[0]), locator, self.limits)

    @property
    def _root(self) -> bytes:
        return os.fsencode(self.location)

    def _open_file(self, path: bytes) -> int:
        if not self.location.is_dir():
            if path != os.fsencode(self.location.name):
                raise FileNotFoundError(f"{printable_path(path)} is not in {self.location}")
            return read_only.open_file(self._root, follow=True)
        root = read_only.open_folder(self._root, follow=True)
        try:
            return read_only.open_beneath(root, path)
        finally:
            os.close(root)
