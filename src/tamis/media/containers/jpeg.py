"""JPEG (ITU-T T.81): the segments before the first scan.

EXIF (APP1), XMP and extended XMP (APP1, XMP specification part 3), JUMBF (APP11, ISO/IEC 19566-5),
Photoshop resources with IPTC (APP13), comments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamis.media.containers.findings import Findings, is_c2pa
from tamis.media.containers.photoshop import read_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIF = b"Exif\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
PHOTOSHOP = b"Photoshop 3.0\0"

_SOS, _EOI, _COM, _APP1, _APP11, _APP13 = 0xDA, 0xD9, 0xFE, 0xE1, 0xEB, 0xED
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_END = re.compile(rb"\xff\xd9")
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_FILL = re.compile(rb"\xff+")
_GUID = 32
_MAX_EXTENDED = 4

_Chunks = list[tuple[int, int, memoryview]]


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata segments of a JPEG file."""
    extended: dict[bytes, _Chunks] = {}
    photoshop: list[memoryview] = []
    for marker, start, end in segments(view, found):
        body = view[start:end]
        if marker == _APP1:
            _read_app1(body, found, extended)
        elif marker == _APP11 and bytes(body[:2]) == b"JP":
            # A manifest store goes on over many segments; its description is in the first.
            if is_c2pa(body):
                found.add_c2pa("jpeg:APP11", body)
        elif marker == _APP13 and bytes(body[: len(PHOTOSHOP)]) == PHOTOSHOP:
            photoshop.append(body[len(PHOTOSHOP) :])
        elif marker == _COM:
            found.add_comment(body)
    for chunks in extended.values():
        _join_extended(chunks, found)
    if photoshop:
        read_resources(memoryview(b"".join(photoshop)), found)


def end_of_picture(data: bytes) -> int | None:
    """Return the offset behind the first end-of-image marker; None where there is none.

    Within a scan 0xFF is always followed by a stuffed zero or a restart marker, so the first marker
    behind the header ends the picture; thumbnails lie inside the header segments and are skipped.
    """
    ends = [end for _, _, end in segments(memoryview(data), Findings())]
    match = _END.search(data, ends[-1] if ends else 0)
    return match.end() if match else None


def segments(view: memoryview, found: Findings) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of the body of each segment, the header of the scan last."""
    if bytes(view[:2]) != b"\xff\xd8":
        found.problem("jpeg: no start of image")
        return
    position, size = 2, len(view)
    while position + 4 <= size:
        if view[position] != 0xFF:
            # Decoders skip to the next marker; what is hidden behind a wrong length is read too.
            found.problem(f"jpeg: no marker at offset {position}")
            following = _MARKER.search(view, position)
            if following is None or not found.next_part("jpeg segments"):
                return
            position = following.start()
            continue
        marker = view[position + 1]
        if marker == 0xFF:  # fill bytes, of which a hostile file has millions
            fill = _FILL.match(view, position)
            position = fill.end() - 1 if fill else position + 1
            continue
        if marker == _EOI or not found.next_part("jpeg segments"):
            return
        if marker in _STANDALONE:
            position += 2
            continue
        start = position + 4
        end = position + 2 + int.from_bytes(view[position + 2 : start], "big")
        if end < start or end > size:
            found.problem(f"jpeg: the segment at offset {position} has a wrong length")
            return
        yield marker, start, end
        if marker == _SOS:
            return
        position = end
    found.problem("jpeg: the file ends before the first scan")


def _read_app1(body: memoryview, found: Findings, extended: dict[bytes, _Chunks]) -> None:
    head = bytes(body[: len(EXTENDED_XMP)])
    if head.startswith(EXIF):
        found.add_exif(body)
    elif head.startswith(XMP):
        found.add_xmp(body[len(XMP) :])
    elif head == EXTENDED_XMP:
        fields = body[len(EXTENDED_XMP) :]
        if len(fields) < _GUID + 8:
            found.problem("jpeg: an extended XMP segment is too short")
            return
        key = bytes(fields[:_GUID])
        if key not in extended and len(extended) == _MAX_EXTENDED:
            found.problem("jpeg: too many extended XMP packets; the rest was not read")
            return
        full = int.from_bytes(fields[_GUID : _GUID + 4], "big")
        offset = int.from_bytes(fields[_GUID + 4 : _GUID + 8], "big")
        extended.setdefault(key, []).append((offset, full, fields[_GUID + 8 :]))


def _join_extended(chunks: _Chunks, found: Findings) -> None:
    """Put the chunks of one extended packet together, up to the first gap."""
    parts: list[memoryview] = []
    position, full = 0, chunks[0][1]
    for offset, _, part in sorted(chunks, key=lambda chunk: chunk[0]):
        if offset != position:
            break
        parts.append(part)
        position += len(part)
    if position != full:
        found.problem(f"jpeg: extended XMP is incomplete, {position} of {full} bytes")
    found.add_xmp(b"".join(parts))
