"""Archives met in a source: their kind, their members, and the ones kept open.

Nothing is ever unpacked to disk. Each thread of a process keeps one archive open per level of
nesting, so that the members of one archive, asked for in order, cost one pass over it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, BinaryIO

from tamis.errors import DecodeError
from tamis.model import FileState, Locator, SourceEntry
from tamis.sources.archives.compressed import CompressedFile
from tamis.sources.archives.member import REST, Archive, Limits, as_file
from tamis.sources.archives.region import Region
from tamis.sources.archives.tar import TarArchive
from tamis.sources.archives.tar_header import BLOCK, is_header
from tamis.sources.archives.unpack import MAGIC, unpacked
from tamis.sources.archives.zip import ZipArchive

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
_ZIP = (b"PK\3\4", b"PK\5\6", b"PK\7\x08PK\3\4")

HEAD = BLOCK
"""So many first bytes tell an archive from other files."""


def detect(head: bytes) -> str | None:
    """Name the kind of archive that begins with `head`, at least `HEAD` bytes where there are.

    Returns:
        ``zip``, ``tar``, ``gzip``, ``bzip2``, ``xz``, or None for what is no archive.
    """
    if head.startswith(_ZIP):
        return "zip"
    if head.startswith(MAGIC["bzip2"]):  # three letters are not enough
        return "bzip2" if head[3:4].isdigit() and head[4:10] in _BZIP2_BLOCKS else None
    for kind in ("gzip", "xz"):
        if head.startswith(MAGIC[kind]):
            return kind
    return "tar" if is_header(head) else None


def expand(descriptor: int, locator: Locator, limits: Limits) -> Iterator[SourceEntry]:
    """Yield the members of the archive at `locator`, in stored order.

    What cannot be read is yielded with its state and reason: links, encrypted members, bombs. Where
    the archive breaks off or goes over the limits, the rest is one last entry named ``...``.
    Folders are no files and not yielded.

    Args:
        descriptor: of the outermost archive file, open for reading; taken over.
        locator: of the archive: the file, or a member of an archive.
        limits: how far to follow it.

    Raises:
        DecodeError: it is no archive, broken from the start, or nested too deep.
        OSError: it cannot be read.
    """
    return _entries(_opened(descriptor, locator.parts, limits), locator)


def open_member(descriptor: int, locator: Locator, limits: Limits) -> BinaryIO:
    """Open one member for reading from first to last.

    Args:
        descriptor: of the outermost archive file, open for reading; taken over.
        locator: of the member.
        limits: how far to follow archives.

    Raises:
        DecodeError: an archive on the way, or the member, is broken or over the limits. Damage
            further on shows while reading: then `read` raises it.
        OSError: it cannot be read, or is not there.
    """
    archive = _opened(descriptor, locator.parts[:-1], limits)
    return as_file(archive.chunks(locator.parts[-1]))


def _entries(archive: Archive, locator: Locator) -> Iterator[SourceEntry]:
    some = False
    try:
        for member in archive.members():
            some = True
            problem = member.problem
            yield SourceEntry(
                locator.child(member.name),
                member.size,
                member.modified_ns,
                problem.state if problem else None,
                problem.reason if problem else "",
            )
    except DecodeError as error:
        if not some:
            raise
        reason = f"{error.code}: {error.detail}"
        yield SourceEntry(locator.child(REST), state=FileState.UNREADABLE, reason=reason)


class _Open(threading.local):
    """The archives this thread has open, the outermost first, each with what tells it apart."""

    process = 0

    def __init__(self) -> None:
        self.levels: list[tuple[Hashable, Archive]] = []


_open = _Open()


def _opened(descriptor: int, parts: tuple[bytes, ...], limits: Limits) -> Archive:
    """The archive at `parts`, kept open from the last time if it is the same."""
    region = Region.of_file(descriptor)
    if len(parts) > limits.depth:
        raise DecodeError("archive_limit", f"archives nested more than {limits.depth} deep")
    if _open.process != os.getpid():  # what a fork copied is the parent's
        _open.process = os.getpid()
        _open.levels = []
    levels = _open.levels
    status = os.fstat(descriptor)
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    keys: tuple[Hashable, ...] = ((parts[0], identity, limits), *parts[1:])
    for level, key in enumerate(keys):
        if level < len(levels) and levels[level][0] == key:
            continue
        del levels[level:]
        if level:
            region = _nested(levels[-1][1], parts[level], limits)
        levels.append((key, _read(region, parts[level], limits)))
    return levels[len(keys) - 1][1]


def _nested(archive: Archive, name: bytes, limits: Limits) -> Region:
    """The bytes of an archive within an archive: in place where possible, else in memory."""
    in_place = archive.stored(name)
    if in_place is not None:
        return in_place
    held = bytearray()
    for chunk in archive.chunks(name):
        held += chunk
        if len(held) > limits.held:
            detail = f"an archive within an archive is larger than {limits.held >> 20} MiB"
            raise DecodeError("archive_limit", detail)
    return Region.of_bytes(bytes(held))


def _read(region: Region, path: bytes, limits: Limits) -> Archive:
    kind = detect(region.read(0, HEAD))
    if kind is None:
        raise DecodeError("not_archive", "it does not begin like an archive")
    if kind == "zip":
        return ZipArchive(region, limits)
    if kind == "tar":
        return TarArchive(region, None, limits)
    head = b""
    for chunk in unpacked(region, kind, limits):
        head += chunk
        if len(head) >= HEAD:
            break
    if is_header(head):
        return TarArchive(region, kind, limits)
    return CompressedFile(region, kind, path.rpartition(b"/")[2], limits)
