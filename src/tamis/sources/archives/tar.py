"""TAR archives, plain or compressed, read from first to last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.errors import DecodeError
from tamis.sources.archives.member import Archive, Limits, Member, Names, broken, missing
from tamis.sources.archives.region import CHUNK
from tamis.sources.archives.tar_header import Header, headers
from tamis.sources.archives.unpack import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.sources.archives.region import Region
    from tamis.sources.archives.tar_header import Forward


class _Plain:
    """The stream of an archive that is not compressed: passing over costs nothing."""

    def __init__(self, region: Region) -> None:
        self.position = 0
        self._region = region

    def read(self, size: int) -> bytes:
        data = self._region.read(self.position, size)
        self.position += len(data)
        return data

    def skip_to(self, position: int) -> bool:
        self.position = min(position, self._region.size)
        return position <= self._region.size


class _Unpacking:
    """The stream of a compressed archive, unpacked as it goes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.position = 0
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        return b"".join(self._pieces(size))

    def skip_to(self, position: int) -> bool:
        for _ in self._pieces(position - self.position):
            pass
        return self.position == position

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    return
            piece, self._rest = self._rest[:size], self._rest[size:]
            size -= len(piece)
            self.position += len(piece)
            yield piece


class _Reading:
    """One pass over the archive: what it has met so far, and the member it is at."""

    def __init__(self, stream: Forward, limits: Limits) -> None:
        self.stream = stream
        self.names = Names()
        self._headers = headers(stream)
        self._limits = limits
        self._count = 0

    def advance(self) -> tuple[bytes, Header] | None:
        """Go to the next file; None at the end."""
        for header in self._headers:
            self._count += 1
            if self._count > self._limits.members:
                raise DecodeError("archive_limit", f"only {self._limits.members} members read")
            if header.is_file:
                return self.names.give(header.name), header
        return None


class TarArchive(Archive):
    """A TAR archive.

    A compressed one can only be read forward: it stays where the last member was read, so that
    members asked for in stored order cost one pass; an earlier one starts a new pass.

    Args:
        region: the archive.
        kind: of compression, a key of `unpack.MAGIC`, or None.
        limits: how far to follow it.
    """

    def __init__(self, region: Region, kind: str | None, limits: Limits) -> None:
        self._region = region
        self._kind = kind
        self._limits = limits
        self._reading: _Reading | None = None
        self._met: dict[bytes, Header] = {}

    def members(self) -> Iterator[Member]:
        """Yield the members in a pass of its own."""
        reading = self._start()
        while (met := reading.advance()) is not None:
            name, header = met
            yield Member(name, header.size, header.modified_ns, header.problem)

    def chunks(self, name: bytes) -> Iterator[bytes]:
        """Yield the content of a member.

        In a compressed archive this ends with an error once another member is asked for.
        """
        if self._kind is None:
            header = self._find(name)
            return self._in_place(header).chunks()
        if self._reading is None or name in self._reading.names:
            self._reading = self._start()
            self._met.clear()
        header = self._find(name)
        return self._onward(self._reading, header)

    def stored(self, name: bytes) -> Region | None:
        """Where a member lies if the archive is not compressed."""
        return self._in_place(self._find(name)) if self._kind is None else None

    def _start(self) -> _Reading:
        if self._kind is None:
            return _Reading(_Plain(self._region), self._limits)
        chunks = unpacked(self._region, self._kind, self._limits)
        return _Reading(_Unpacking(chunks), self._limits)

    def _find(self, name: bytes) -> Header:
        """Go forward to the member; what is passed in a plain archive is remembered."""
        if self._reading is None:
            self._reading = self._start()
        header = self._met.get(name)
        try:
            while header is None:
                met = self._reading.advance()
                if met is None:
                    raise missing(name)
                if self._kind is None:
                    self._met[met[0]] = met[1]
                if met[0] == name:
                    header = met[1]
        except DecodeError:
            self._reading = None
            raise
        if header.problem is not None:
            raise header.problem.error()
        return header

    def _in_place(self, header: Header) -> Region:
        region = self._region.slice(header.start, header.size)
        if region.size < header.size:
            raise broken("the archive ends within the member")
        return region

    def _onward(self, reading: _Reading, header: Header) -> Iterator[bytes]:
        end = header.start + header.size
        stream = reading.stream
        while stream.position < end:
            at = stream.position
            piece = stream.read(min(CHUNK, end - at))
            if not piece:
                raise broken("the archive ends within the member")
            yield piece
            if stream.position != at + len(piece):
                raise OSError("another member of the archive was opened meanwhile")
