"""The central directory of a ZIP archive (APPNOTE.TXT 6.3.10, §4.3.12 to §4.3.16)."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tamis.sources.archives.member import broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.sources.archives.region import Region

_END = struct.Struct("<4s4H2IH")
_END64_PLACE = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")
_ENTRY = struct.Struct("<4s2B5H3I5H2I")
_LONGEST_END = _END.size + 0xFFFF
_BUFFER = 1 << 20
_UNIX = 3
_UTF8 = 1 << 11
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64, _TIMES, _UNICODE_PATH = 0x0001, 0x5455, 0x7075


class Entry(NamedTuple):
    """One entry of the directory.

    Args:
        name: UTF-8 where the archive says or shows so, else CP437 turned into UTF-8.
        flags: general purpose bits.
        method: of compression.
        crc: CRC-32 of the unpacked bytes.
        packed: size in the archive.
        size: size unpacked.
        offset: of the local header, from the start of the region.
        modified_ns: since 1970, or None where it is no time.
        mode: Unix file mode, 0 where there is none.
    """

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    modified_ns: int | None
    mode: int


class _Directory(NamedTuple):
    start: int
    size: int
    entries: int
    shift: int
    """Bytes put in front of the archive, which its offsets do not count."""


def read_directory(region: Region) -> tuple[int, Iterator[Entry]]:
    """Find the directory of the ZIP archive in `region`.

    Returns:
        The number of entries it is said to have, and the entries, read as they are asked for; the
        iterator raises DecodeError where the directory is damaged.

    Raises:
        DecodeError: there is no directory: the archive is cut off, damaged or in several parts.
    """
    directory = _find(region)
    return directory.entries, _entries(region, directory)


def _find(region: Region) -> _Directory:
    tail_start = max(0, region.size - _LONGEST_END)
    tail = region.read(tail_start, _LONGEST_END)
    place = tail.rfind(b"PK\5\6", 0, len(tail) - _END.size + 4)
    if place < 0:
        raise broken("the ZIP archive has no directory: it is cut off or damaged")
    _, disk, first_disk, _, entries, size, offset, _ = _END.unpack_from(tail, place)
    end = tail_start + place
    if _FULL16 in (disk, entries) or _FULL32 in (size, offset):
        found = _find64(region, end)
        if found is not None:
            return found
    if disk or first_disk:
        raise broken("the ZIP archive is one part of several")
    return _checked(end - size, size, entries, end - size - offset)


def _find64(region: Region, end: int) -> _Directory | None:
    data = region.read(max(0, end - _END64_PLACE.size), _END64_PLACE.size)
    if len(data) < _END64_PLACE.size or not data.startswith(b"PK\6\7"):
        return None
    _, disk, stated, _ = _END64_PLACE.unpack(data)
    usual = end - _END64_PLACE.size - _END64.size  # where it lies if bytes were put in front
    for place in (usual, stated):
        data = region.read(place, _END64.size) if place >= 0 else b""
        if len(data) == _END64.size and data.startswith(b"PK\6\6"):
            _, _, _, _, _, first_disk, _, entries, size, offset = _END64.unpack(data)
            if disk or first_disk:
                raise broken("the ZIP archive is one part of several")
            return _checked(place - size, size, entries, place - size - offset)
    raise broken("the ZIP64 directory is not where the archive says")


def _checked(start: int, size: int, entries: int, shift: int) -> _Directory:
    if start < 0 or shift < 0:
        raise broken("the directory of the ZIP archive lies outside it")
    return _Directory(start, size, entries, shift)


def _entries(region: Region, directory: _Directory) -> Iterator[Entry]:
    data, position, offset = b"", 0, directory.start
    end = directory.start + directory.size
    while True:
        if len(data) - position < _ENTRY.size + 3 * _FULL16 and offset < end:
            more = region.read(offset, min(_BUFFER, end - offset))
            if not more:
                raise broken("the directory of the ZIP archive is cut off")
            offset += len(more)
            data, position = data[position:] + more, 0
        if position >= len(data):
            return
        entry, position = _entry(data, position, directory.shift)
        if entry is None:  # a digital signature of the directory ends it
            return
        yield entry


def _entry(data: bytes, position: int, shift: int) -> tuple[Entry | None, int]:
    if data.startswith(b"PK\5\5", position):
        return None, position
    if len(data) - position < _ENTRY.size or not data.startswith(b"PK\1\2", position):
        raise broken("the directory of the ZIP archive is damaged")
    fields = _ENTRY.unpack_from(data, position)
    (_, _, system, _, flags, method, time, date, crc, packed, size) = fields[:11]
    (name_size, extra_size, comment_size, _, _, attributes, offset) = fields[11:]
    name_end = position + _ENTRY.size + name_size
    extra_end = name_end + extra_size
    if extra_end + comment_size > len(data):
        raise broken("the directory of the ZIP archive is cut off")
    raw = data[position + _ENTRY.size : name_end]
    extra = _extra(data[name_end:extra_end])
    size, packed, offset = _wide(extra.get(_ZIP64, b""), (size, packed, offset))
    entry = Entry(
        _name(raw, flags, extra.get(_UNICODE_PATH, b"")),
        flags,
        method,
        crc,
        packed,
        size,
        offset + shift,
        _modified(date, time, extra.get(_TIMES, b"")),
        attributes >> 16 if system == _UNIX else 0,
    )
    return entry, extra_end + comment_size


def _extra(data: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, position)
        fields.setdefault(kind, data[position + 4 : position + 4 + size])
        position += 4 + size
    return fields


def _wide(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace each full 32-bit value by the next 64-bit one."""
    wide = list(values)
    position = 0
    for index, value in enumerate(values):
        if value == _FULL32 and position + 8 <= len(extra):
            wide[index] = int.from_bytes(extra[position : position + 8], "little")
            position += 8
    return wide[0], wide[1], wide[2]


def _name(raw: bytes, flags: int, unicode_path: bytes) -> bytes:
    if len(unicode_path) > 5 and unicode_path[0] == 1:
        crc = int.from_bytes(unicode_path[1:5], "little")
        if crc == zlib.crc32(raw):
            return unicode_path[5:]
    if flags & _UTF8:
        return raw
    try:  # many Unix and Apple programs write UTF-8 without saying so
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437").encode()
    return raw


def _modified(date: int, time: int, times: bytes) -> int | None:
    if len(times) >= 5 and times[0] & 1:
        return int.from_bytes(times[1:5], "little", signed=True) * 10**9
    try:
        moment = datetime(
            1980 + (date >> 9),
            date >> 5 & 15,
            date & 31,
            time >> 11,
            time >> 5 & 63,
            2 * (time & 31),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int(moment.timestamp()) * 10**9
