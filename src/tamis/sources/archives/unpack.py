"""Decompression piece by piece, never more at a time than asked for."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, Protocol

from tamis.errors import DecodeError
from tamis.sources.archives.member import broken
from tamis.sources.archives.region import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tamis.sources.archives.member import Limits
    from tamis.sources.archives.region import Region

_DICTIONARY = 256 << 20
_PADDING = 1 << 20

MAGIC: dict[str, bytes] = {
    "gzip": b"\x1f\x8b\x08",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
}
"""First bytes of the compressed streams that can be read."""


class Decompressor(Protocol):
    """What bz2, lzma and `Inflate` have in common."""

    @property
    def eof(self) -> bool:
        """The compressed stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Nothing more comes without more input."""

    @property
    def unused_data(self) -> bytes:
        """Input found after the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes."""


class Inflate:
    """zlib with the interface of the other decompressors; `wbits` as for zlib."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """The compressed stream has ended."""
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        """Input found after the end of the stream."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes."""
        piece = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(piece) < max_length
        return piece


class ZipLzma:
    """LZMA as in ZIP: version, length of the properties, properties, raw stream."""

    needs_input = True
    eof = False
    unused_data = b""

    def __init__(self) -> None:
        self._head = b""
        self._lzma: lzma.LZMADecompressor | None = None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes."""
        if self._lzma is None:
            self._head += data
            if len(self._head) < 9:
                return b""
            self._lzma, data = _raw_lzma(self._head[4:9]), self._head[9:]
        piece = self._lzma.decompress(data, max_length)
        self.needs_input, self.eof = self._lzma.needs_input, self._lzma.eof
        return piece


def _raw_lzma(properties: bytes) -> lzma.LZMADecompressor:
    packed, dictionary = struct.unpack("<BI", properties)
    rest, lc = divmod(packed, 9)
    pb, lp = divmod(rest, 5)
    if dictionary > _DICTIONARY:
        raise _too_much()
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)


_NEW: dict[str, Callable[[], Decompressor]] = {
    "gzip": lambda: Inflate(31),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY),
}


def unpacked(region: Region, kind: str, limits: Limits) -> Iterator[bytes]:
    """Yield what a compressed file unpacks to; several streams in a row count as one.

    Whatever follows the last stream and is none is padding or foreign, and left alone.

    Raises:
        DecodeError: it is damaged, ends early, or is a bomb.
    """
    produced = offset = 0
    while offset == 0 or region.read(offset, len(MAGIC[kind])) == MAGIC[kind]:
        decompressor = _NEW[kind]()
        while not decompressor.eof:
            data = region.read(offset, CHUNK) if decompressor.needs_input else None
            offset += len(data or b"")
            piece = inflate(decompressor, data or b"")
            if data == b"" and not (piece or decompressor.eof):
                raise broken(f"the {kind} stream ends early")
            produced += len(piece)
            if limits.bomb(produced, offset):
                raise DecodeError("archive_bomb", f"unpacks to over {limits.ratio} times its size")
            if piece:
                yield piece
        offset -= len(decompressor.unused_data)
        offset = _after_zeros(region, offset)


def inflate(decompressor: Decompressor, data: bytes) -> bytes:
    """Decompress one piece, with every library's complaint as a DecodeError."""
    try:
        return decompressor.decompress(data, CHUNK)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        if "emory usage limit" in str(error):
            raise _too_much() from error
        raise broken(f"compressed data are damaged: {error}") from error


def _after_zeros(region: Region, offset: int) -> int:
    padding = region.read(offset, _PADDING)
    return offset + len(padding) - len(padding.lstrip(b"\0"))


def _too_much() -> DecodeError:
    return DecodeError("archive_limit", "unpacking needs more than 256 MiB of working memory")
