"""ISO base media files (ISO/IEC 14496-12): HEIF, AVIF, MP4, MOV, CR3.

JPEG 2000 and JPEG XL are made of the same boxes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.media.containers.boxes import boxes
from tamis.media.containers.items import read_items
from tamis.media.containers.tags import COPYRIGHT, read_tags, read_user_text

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_CANON_PARTS = {b"CMT2": "exif", b"CMT3": "maker_note", b"CMT4": "gps"}
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata boxes of a file made of boxes."""
    if bytes(view[:2]) == b"\xff\x0a":  # a bare JPEG XL codestream
        return
    for kind, start, end in boxes(view, 0, len(view), found):
        body = view[start:end]
        if kind == b"uuid":
            _read_uuid(bytes(body[:16]), body[16:], found)
        elif kind == b"meta":
            read_items(view, start, end, found)
        elif kind == b"moov":
            _read_movie(view, start, end, found)
        elif kind == b"Exif":  # JPEG XL
            found.add_exif(body[4 + int.from_bytes(body[:4], "big") :])
        elif kind == b"xml " and b"xmpmeta" in bytes(body[:4096]):
            found.add_xmp(body)
        elif kind == b"jumb":
            found.add_c2pa("box:jumb", view[start - 8 : end])
        elif kind == b"brob":
            found.problem(f"box: compressed metadata ({bytes(body[:4])!r}) is not read")


def _read_uuid(identifier: bytes, body: memoryview, found: Findings) -> None:
    if identifier == _C2PA:
        found.add_c2pa("box:uuid", body)
    elif identifier == _XMP:
        found.add_xmp(body)
    elif identifier == _EXIF:
        found.add_exif(body)
    elif identifier == _IPTC:
        found.add_iptc(body)


def _read_movie(view: memoryview, start: int, end: int, found: Findings) -> None:
    """Read ``uuid`` boxes, tags, and the XMP of QuickTime files: ``moov/udta/XMP_``."""
    for kind, inner, behind in boxes(view, start, end, found):
        if kind == b"uuid":
            identifier = bytes(view[inner : inner + 16])
            if identifier == _CANON:
                _read_canon(view, inner + 16, behind, found)
            else:
                _read_uuid(identifier, view[inner + 16 : behind], found)
        elif kind == b"meta":
            read_tags(view, inner, behind, found)
        elif kind == b"udta":
            for name, first, last in boxes(view, inner, _without_end(view, inner, behind), found):
                if name == b"XMP_":
                    found.add_xmp(view[first:last])
                elif name == b"meta":
                    read_tags(view, first, last, found)
                elif name[:1] == COPYRIGHT:
                    read_user_text(name, view[first:last], found)


def _read_canon(view: memoryview, start: int, end: int, found: Findings) -> None:
    """Read the EXIF of CR3 files, one TIFF structure for each directory: ``CMT1`` to ``CMT4``."""
    for kind, inner, behind in boxes(view, start, end, found):
        if kind == b"CMT1":
            found.add_exif(view[inner:behind])
        elif kind in _CANON_PARTS:
            found.add_exif_part(_CANON_PARTS[kind], view[inner:behind])


def _without_end(view: memoryview, start: int, end: int) -> int:
    """QuickTime may end user data with four zero bytes, which are no box."""
    return end - 4 if end - start >= 4 and not any(view[end - 4 : end]) else end
