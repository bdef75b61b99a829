"""A media file: one occurrence of a media in a source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tamis.model.text import printable_path

FOLDER_UNREADABLE = "folder_unreadable"
"""Reason code of a folder that could not be listed, and stands for all that lies in it."""


class FileState(StrEnum):
    """Where a media file ended; there is no other end."""

    TAKEN_IN = "taken_in"
    EXAMINED = "examined"
    PARTLY_EXAMINED = "partly_examined"
    UNREADABLE = "unreadable"
    NOT_MEDIA = "not_media"


class MediaKind(StrEnum):
    """What the first bytes of a file say it is."""

    IMAGE = "image"
    VIDEO = "video"
    ARCHIVE = "archive"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Locator:
    """The place of a media file in its source: a path, then member names of archives within.

    Args:
        parts: raw bytes, never empty. ``(b"a/b.jpg",)`` is a file in a folder,
            ``(b"a/b.zip", b"c/d.jpg")`` a member of an archive in it.
    """

    parts: tuple[bytes, ...]

    @property
    def key(self) -> bytes:
        """The parts as one key; NUL cannot occur in a path."""
        return b"\0".join(self.parts)

    @classmethod
    def from_key(cls, key: bytes) -> Locator:
        """The inverse of `key`."""
        return cls(tuple(key.split(b"\0")))

    def child(self, member: bytes) -> Locator:
        """The locator of an archive member below this file."""
        return Locator((*self.parts, member.replace(b"\0", b"?")))

    def __str__(self) -> str:
        return "!/".join(printable_path(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One thing met while walking a source.

    Args:
        locator: where it is.
        size: in bytes as the source states it; may be wrong in a hostile archive.
        modified_ns: modification time in nanoseconds since 1970 UTC, as the source states it.
        state: set when it is no file that can be opened; then it ends here, with `reason`:
            a symbolic link or device is `NOT_MEDIA`, an unreadable folder or an archive member over
            the limits `UNREADABLE`.
        reason: ``code`` or ``code: detail``.
    """

    locator: Locator
    size: int = 0
    modified_ns: int | None = None
    state: FileState | None = None
    reason: str = ""
