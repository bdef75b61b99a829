"""The first directory of a TIFF file (TIFF 6.0), enough to tell camera raw files from pictures."""

from __future__ import annotations

import struct

_MAGIC = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
_MAKES = (
    (b"NIKON", "nef"),
    (b"SONY", "arw"),
    (b"PENTAX", "pef"),
    (b"RICOH", "pef"),
    (b"SAMSUNG", "srw"),
    (b"KODAK", "kdc"),
    (b"EASTMAN KODAK", "kdc"),
)
_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC = 0x00FE, 0x0103, 0x0106
_MAKE, _ORIENTATION, _SUB_IFDS = 0x010F, 0x0112, 0x014A
_CFA = 32803
_DNG_VERSION = 0xC612
_MAX_ENTRIES = 1024


def raw_or_tiff(head: bytes) -> str | None:
    """Return ``tiff``, the name of a raw format built on TIFF, or None.

    Args:
        head: the beginning of the file. A directory that lies further back cannot be read, and the
            file is then called ``tiff``.
    """
    if head[:4] not in _MAGIC:
        return None
    if head[8:11] == b"CR\x02":
        return "cr2"
    if head[8:12] == b"IIII":
        return "iiq"
    tags = first_directory(head)
    if _DNG_VERSION in tags:
        return "dng"
    make = _text(head, tags.get(_MAKE)).upper()
    for prefix, name in _MAKES:
        if make.startswith(prefix) and _looks_raw(head, tags, name):
            return name
    return "tiff"


def orientation(block: bytes) -> int | None:
    """Return the orientation, 1 to 8, that a TIFF structure states, None where it states none.

    Args:
        block: begins with the TIFF header, as an EXIF block does.
    """
    entry = first_directory(block).get(_ORIENTATION)
    value = _short(block, entry)
    return value if value is not None and 1 <= value <= 8 else None


def first_directory(block: bytes) -> dict[int, bytes]:
    """Return the entries of the first directory: tag to its 12 bytes; empty where unreadable."""
    order = _MAGIC.get(block[:4])
    if order is None or len(block) < 8 or b"+" in block[2:4]:
        return {}
    (start,) = struct.unpack_from(order + "I", block, 4)
    if start < 8 or start + 2 > len(block):
        return {}
    (count,) = struct.unpack_from(order + "H", block, start)
    entries: dict[int, bytes] = {}
    for at in range(start + 2, start + 2 + 12 * min(count, _MAX_ENTRIES), 12):
        entry = block[at : at + 12]
        if len(entry) < 12:
            break
        entries.setdefault(struct.unpack_from(order + "H", entry)[0], entry)
    return entries


def _looks_raw(head: bytes, tags: dict[int, bytes], name: str) -> bool:
    """Tell a raw file from a picture the maker's own software saved as TIFF."""
    if name == "kdc":
        return _SUB_IFDS in tags or _short(head, tags.get(_PHOTOMETRIC)) == _CFA
    reduced = _short(head, tags.get(_NEW_SUBFILE_TYPE)) == 1
    return _SUB_IFDS in tags and (reduced or name in {"arw", "pef", "srw"})


def _short(block: bytes, entry: bytes | None) -> int | None:
    """The value of a BYTE, SHORT or LONG entry with one value."""
    if entry is None:
        return None
    order = _MAGIC[block[:4]]
    kind, count = struct.unpack_from(order + "HI", entry, 2)
    if count != 1 or kind not in (1, 3, 4):
        return None
    return int(struct.unpack_from(order + {1: "B", 3: "H", 4: "I"}[kind], entry, 8)[0])


def _text(block: bytes, entry: bytes | None) -> bytes:
    """The value of an ASCII entry, at most 64 bytes."""
    if entry is None:
        return b""
    count, start = struct.unpack_from(_MAGIC[block[:4]] + "II", entry, 4)
    if count <= 4:
        return entry[8 : 8 + count].rstrip(b"\0 ")
    return block[start : start + min(count, 64)].rstrip(b"\0 ")
