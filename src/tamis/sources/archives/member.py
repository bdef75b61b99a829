"""What every kind of archive has in common: members, limits, names that tell them apart."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tamis.errors import DecodeError
from tamis.model import FileState, printable_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.config import Settings
    from tamis.sources.archives.region import Region

REST = b"..."
"""Stands for all members that could not be listed."""

HARMLESS = 64 << 20
"""So many bytes unpacked are no bomb, whatever they were packed to: blank pictures pack well."""

LARGEST = (1 << 63) - 1

_LONGEST_TARGET = 4096
_ALL_NAMES = 64 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an archive is followed.

    Args:
        members: entries read of one archive, folders among them.
        ratio: unpacked to packed size above which a member or an archive is a bomb.
        depth: archives in archives; 1 is an archive in a folder.
        held: bytes of an archive within an archive that may be unpacked into memory.
    """

    members: int = 100_000
    ratio: int = 200
    depth: int = 2
    held: int = 256 << 20

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits in the settings."""
        return cls(
            settings.archive_members,
            settings.archive_ratio,
            settings.archive_depth,
            settings.nested_archive_mib << 20,
        )

    def bomb(self, unpacked: int, packed: int) -> bool:
        """Say whether `packed` bytes that unpack to `unpacked` are a bomb."""
        return unpacked > HARMLESS + self.ratio * packed


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a member is not read: its end state, a short code and the reason in words."""

    state: FileState
    code: str
    detail: str = ""

    @property
    def reason(self) -> str:
        """As stored with the media file."""
        return f"{self.code}: {self.detail}" if self.detail else self.code

    def error(self) -> DecodeError:
        """As raised to whoever wants to read the member all the same."""
        return DecodeError(self.code, self.detail or self.code)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive.

    Args:
        name: raw bytes, made unique within the archive.
        size: unpacked, as the archive states it; 0 where it does not.
        modified_ns: in nanoseconds since 1970; taken as UTC where the archive names no zone.
        problem: set when it cannot or must not be read.
    """

    name: bytes
    size: int
    modified_ns: int | None = None
    problem: Problem | None = None


class Archive(ABC):
    """An archive opened for reading; members are reached by the names `members` gave them."""

    @abstractmethod
    def members(self) -> Iterator[Member]:
        """Yield the members in stored order; may be called again, and while a member is read.

        Raises:
            DecodeError: the archive is broken or over the limits from here on.
        """

    @abstractmethod
    def chunks(self, name: bytes) -> Iterator[bytes]:
        """Yield the content of a member, piece by piece.

        Raises:
            FileNotFoundError: there is no such member.
            DecodeError: the member cannot or must not be read, or turns out broken.
        """

    def stored(self, name: bytes) -> Region | None:  # noqa: ARG002 - for those that can
        """Where a member lies if it lies there unpacked, else None; raises as `chunks` does."""
        return None


class Names:
    """Gives each member of an archive a name of its own, the same on every reading.

    The second ``a.jpg`` becomes ``a.jpg~2``. NUL, which no locator can hold, becomes ``?``.
    """

    def __init__(self) -> None:
        self._bytes = 0
        self._given: dict[bytes, int] = {REST: 1}

    def __contains__(self, name: bytes) -> bool:
        return name in self._given

    def give(self, stored: bytes) -> bytes:
        """The name of the next member, whose name in the archive is `stored`.

        Raises:
            DecodeError: all names together are too long to be kept.
        """
        self._bytes += len(stored)
        if self._bytes > _ALL_NAMES:
            raise DecodeError("archive_limit", f"over {_ALL_NAMES >> 20} MiB of member names")
        name = stored.replace(b"\0", b"?") or b"?"
        if name not in self._given:
            self._given[name] = 1
            return name
        count = self._given[name]
        while True:
            count += 1
            unique = b"%s~%d" % (name, count)
            if unique not in self._given:
                self._given[name] = count
                self._given[unique] = 1
                return unique


class _Stream(io.RawIOBase):
    """A file that can be read once, made of pieces."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: private type
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def readall(self) -> bytes:
        rest, self._rest = self._rest, memoryview(b"")
        return b"".join((rest, *self._chunks))


def as_file(chunks: Iterator[bytes]) -> BinaryIO:
    """Make a file, readable once from first to last, of its pieces."""
    return io.BufferedReader(_Stream(chunks))


def missing(name: bytes) -> FileNotFoundError:
    """The error for a member that is not there."""
    return FileNotFoundError(f"no member {printable_path(name)} in the archive")


def link(kind: str, target: bytes) -> Problem:
    """The end of a link: it holds no bytes of its own."""
    return Problem(FileState.NOT_MEDIA, kind, f"-> {printable_path(target[:_LONGEST_TARGET])}")


def unreadable(code: str, detail: str) -> Problem:
    """The end of a member that is there but cannot be read."""
    return Problem(FileState.UNREADABLE, code, detail)


def broken(detail: str) -> DecodeError:
    """The error for an archive or member that is damaged."""
    return DecodeError("archive_broken", detail)
