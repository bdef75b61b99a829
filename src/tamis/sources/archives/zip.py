"""ZIP archives, read from their central directory (APPNOTE.TXT 6.3.10).

Written for hostile and for very large archives: names stay bytes (one bad name spoils nothing),
the directory is read once, in one pass, and members that share bytes are told apart (Fifield, "A
better zip bomb", WOOT 2019).
"""

from __future__ import annotations

import bz2
import stat
import struct
import zlib
from typing import TYPE_CHECKING

from tamis.errors import DecodeError
from tamis.sources.archives.member import (
    LARGEST,
    Archive,
    Limits,
    Member,
    Names,
    Problem,
    broken,
    link,
    missing,
    unreadable,
)
from tamis.sources.archives.unpack import Decompressor, Inflate, ZipLzma, inflate
from tamis.sources.archives.zip_directory import Entry, read_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tamis.sources.archives.region import Region

_LOCAL = struct.Struct("<4s22xHH")
_LONGEST_TARGET = 4096
_STORED = 0
_NAMES = {1: "shrink", 6: "implode", 9: "deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_METHODS: dict[int, Callable[[], Decompressor]] = {
    8: lambda: Inflate(-zlib.MAX_WBITS),
    12: bz2.BZ2Decompressor,
    14: ZipLzma,
}


class ZipArchive(Archive):
    """A ZIP archive; its directory is read when it is opened.

    Raises:
        DecodeError: it has no directory.
    """

    def __init__(self, region: Region, limits: Limits) -> None:
        self._region = region
        self._limits = limits
        self._places: dict[bytes, Entry] = {}
        self._members: dict[bytes, Member] = {}
        self._end: DecodeError | None = None
        stated, entries = read_directory(region)
        try:
            self._read(entries, stated)
        except DecodeError as error:
            self._end = error
        for name in _sharing(self._places):
            problem = unreadable("archive_bomb", "shares its bytes with another member")
            member = self._members[name]
            self._members[name] = Member(name, member.size, member.modified_ns, problem)

    def members(self) -> Iterator[Member]:
        """Yield the members in the order of the directory."""
        yield from self._members.values()
        if self._end is not None:
            raise DecodeError(self._end.code, self._end.detail)

    def chunks(self, name: bytes) -> Iterator[bytes]:
        """Yield the content of a member; its size and CRC are checked."""
        entry = self._entry(name)
        return _checked(entry, _content(entry, _packed(self._region, entry)))

    def stored(self, name: bytes) -> Region | None:
        """Where a member lies if it is not compressed."""
        entry = self._entry(name)
        return _packed(self._region, entry) if entry.method == _STORED else None

    def _entry(self, name: bytes) -> Entry:
        member = self._members.get(name)
        if member is None:
            raise missing(name)
        if member.problem is not None:
            raise member.problem.error()
        return self._places[name]

    def _read(self, entries: Iterator[Entry], stated: int) -> None:
        names = Names()
        total = count = 0
        for count, entry in enumerate(entries, 1):
            if count > self._limits.members:
                detail = f"{self._limits.members} of {stated} members read"
                raise DecodeError("archive_limit", detail)
            if entry.name.endswith(b"/") and not entry.size:
                continue
            problem = self._problem(entry)
            if problem is None:
                total += entry.size
                if self._limits.bomb(total, self._region.size):
                    detail = f"unpacks to over {self._limits.ratio} times its size"
                    raise DecodeError("archive_bomb", detail)
            name = names.give(entry.name)
            size = min(entry.size, LARGEST)
            self._members[name] = Member(name, size, entry.modified_ns, problem)
            self._places[name] = entry
        if count < stated:
            raise broken(f"the directory is to hold {stated} members and holds {count}")

    def _problem(self, entry: Entry) -> Problem | None:
        if entry.flags & 1:
            return unreadable("encrypted", "the member needs a password")
        if entry.method != _STORED and entry.method not in _METHODS:
            known = _NAMES.get(entry.method, "unknown")
            return unreadable("unsupported_compression", f"method {entry.method} ({known})")
        if self._limits.bomb(entry.size, entry.packed):
            return unreadable("archive_bomb", f"{entry.packed} bytes unpack to {entry.size}")
        if stat.S_ISLNK(entry.mode) and entry.size <= _LONGEST_TARGET:
            return self._symlink(entry)
        return None

    def _symlink(self, entry: Entry) -> Problem:
        try:
            chunks = _checked(entry, _content(entry, _packed(self._region, entry)))
            return link("symlink", b"".join(chunks))
        except DecodeError as error:
            return unreadable(error.code, error.detail)


def _packed(region: Region, entry: Entry) -> Region:
    header = region.read(entry.offset, _LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
        raise broken("the member is not where the directory says")
    _, name_size, extra_size = _LOCAL.unpack(header)
    packed = region.slice(entry.offset + _LOCAL.size + name_size + extra_size, entry.packed)
    if packed.size < entry.packed:
        raise broken("the archive ends within the member")
    return packed


def _content(entry: Entry, packed: Region) -> Iterator[bytes]:
    if entry.method == _STORED:
        yield from packed.chunks()
        return
    decompressor = _METHODS[entry.method]()
    source = packed.chunks()
    produced = 0
    while not decompressor.eof:
        data = next(source, b"") if decompressor.needs_input else None
        piece = inflate(decompressor, data or b"")
        if data == b"" and not (piece or decompressor.eof):
            if produced == entry.size:  # LZMA need not mark its end
                return
            raise broken("the compressed data end early")
        produced += len(piece)
        if piece:
            yield piece


def _checked(entry: Entry, content: Iterator[bytes]) -> Iterator[bytes]:
    size = crc = 0
    for chunk in content:
        size += len(chunk)
        if size > entry.size:
            raise DecodeError("archive_bomb", f"unpacks to more than the {entry.size} bytes stated")
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size != entry.size or crc != entry.crc:
        raise broken("size or CRC are not as stated")


def _sharing(places: dict[bytes, Entry]) -> Iterator[bytes]:
    """Yield the members that begin before an earlier one ends."""
    reached = 0
    for name, entry in sorted(places.items(), key=lambda item: item[1].offset):
        if entry.offset < reached:
            yield name
        else:
            reached = entry.offset + _LOCAL.size + entry.packed
