"""Items of an ISO base media file (ISO/IEC 14496-12 §8.11): EXIF and XMP in HEIF and AVIF."""

from __future__ import annotations

from tamis.media.containers.boxes import Cursor, boxes
from tamis.media.containers.findings import Findings

_EXIF = b"Exif"
_XMP = b"application/rdf+xml"
_MAX_EXTENTS = 256


def read_items(view: memoryview, start: int, end: int, found: Findings) -> None:
    """Collect the EXIF and XMP items of the ``meta`` box whose body lies between two offsets."""
    kinds: dict[int, bytes] = {}
    locations: memoryview | None = None
    idat = view[:0]
    # A QuickTime `meta` box lacks the version field in front of its first box.
    first = start if bytes(view[start + 4 : start + 8]) == b"hdlr" else start + 4
    for kind, inner, behind in boxes(view, first, end, found):
        if kind == b"iinf":
            kinds = _item_kinds(view, inner, behind, found)
        elif kind == b"iloc":
            locations = view[inner:behind]
        elif kind == b"idat":
            idat = view[inner:behind]
    if kinds and locations is not None:
        _read_locations(Cursor(locations), kinds, view, idat, found)


def without_metadata(data: bytes) -> bytes:
    """Return the file with its metadata items renamed, so that a decoder passes them over.

    A decoder gives the picture up where its EXIF is malformed: so two bytes could hide it.
    """
    changed = bytearray(data)
    view = memoryview(data)
    found = Findings()
    for kind, start, end in boxes(view, 0, len(view), found):
        if kind != b"meta":
            continue
        for inside, inner, behind in boxes(view, start + 4, end, found):
            if inside != b"iinf":
                continue
            first = inner + (6 if view[inner:behind] and view[inner] == 0 else 8)
            for entry, at, _ in boxes(view, first, behind, found):
                kept = at + (10 if bytes(view[at : at + 1]) == b"\x03" else 8)
                if entry == b"infe" and bytes(view[kept : kept + 4]) in (_EXIF, b"mime"):
                    changed[kept : kept + 4] = b"skip"
    return bytes(changed)


def _item_kinds(view: memoryview, start: int, end: int, found: Findings) -> dict[int, bytes]:
    """Return the items that are metadata: their number, and EXIF or XMP."""
    kinds: dict[int, bytes] = {}
    first = start + (6 if view[start:end] and view[start] == 0 else 8)
    for kind, inner, behind in boxes(view, first, end, found):
        if kind != b"infe":
            continue
        cursor = Cursor(view[inner:behind])
        version = cursor.number(1)
        cursor.number(3)
        if version < 2:
            continue  # without item type
        number = cursor.number(2 if version == 2 else 4)
        cursor.number(2)  # protection
        item_type = cursor.number(4).to_bytes(4, "big")
        cursor.text()  # name
        if item_type == _EXIF:
            kinds[number] = _EXIF
        elif item_type == b"mime" and cursor.text() == _XMP:
            kinds[number] = _XMP
    return kinds


def _read_locations(
    cursor: Cursor, kinds: dict[int, bytes], view: memoryview, idat: memoryview, found: Findings
) -> None:
    version = cursor.number(1)
    cursor.number(3)
    sizes = cursor.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    for _ in range(cursor.number(4 if version == 2 else 2)):
        if cursor.exhausted or not found.next_part("items"):
            return
        number = cursor.number(4 if version == 2 else 2)
        method = cursor.number(2) & 15 if version in (1, 2) else 0
        cursor.number(2)  # data reference
        base = cursor.number(base_size)
        count = cursor.number(2)
        if count > _MAX_EXTENTS:
            found.problem(f"item {number} is in {count} pieces; the rest was not read")
            return
        extents = []
        for _ in range(count):
            if not found.next_part("items"):
                return
            cursor.number(index_size)
            extents.append((base + cursor.number(offset_size), cursor.number(length_size)))
        if number in kinds:
            holder = (view, idat)[method] if method < 2 else None
            _read_item(kinds.pop(number), extents, holder, found)


def _read_item(
    kind: bytes, extents: list[tuple[int, int]], holder: memoryview | None, found: Findings
) -> None:
    name = "Exif" if kind == _EXIF else "XMP"
    if holder is None:
        found.problem(f"item: {name} is built from other items; not read")
        return
    parts = []
    for offset, length in extents:
        end = offset + length if length else len(holder)
        if end > len(holder):
            found.problem(f"item: {name} lies outside the file")
            return
        parts.append(holder[offset:end])
    if (kind == _EXIF and found.exif) or not found.fits(sum(map(len, parts)), f"{name} item"):
        return
    block = parts[0] if len(parts) == 1 else memoryview(b"".join(parts))
    if kind == _XMP:
        found.add_xmp(block)
    else:  # the offset of the TIFF header comes first
        found.add_exif(block[4 + int.from_bytes(block[:4], "big") :])
