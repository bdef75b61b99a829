"""WebP: a RIFF file (RFC 9649) with the chunks ``EXIF``, ``XMP`` and ``C2PA``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata chunks of a WebP file."""
    if bytes(view[:4]) != b"RIFF" or bytes(view[8:12]) != b"WEBP":
        found.problem("webp: no RIFF header")
        return
    stated = int.from_bytes(view[4:8], "little") + 8
    if stated > len(view):
        found.problem(f"webp: the file states {stated} bytes and has {len(view)}")
    position = 12
    while position + 8 <= len(view):
        kind = bytes(view[position : position + 4])
        size = int.from_bytes(view[position + 4 : position + 8], "little")
        start, end = position + 8, position + 8 + size
        if end > len(view):
            found.problem(f"webp: the chunk at offset {position} has a wrong length")
            return
        if not found.next_part("webp chunks"):
            return
        if kind == b"EXIF":
            found.add_exif(view[start:end])
        elif kind == b"XMP ":
            found.add_xmp(view[start:end])
        elif kind == b"C2PA":
            found.add_c2pa("webp:C2PA", view[start:end])
        position = end + size % 2
