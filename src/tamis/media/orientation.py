"""The EXIF orientation of a file (CIPA DC-008, tag 0x0112), read without decoding anything.

Only the bytes on the way to the tag are looked at, and a bounded number of segments or chunks, so
that no crafted file makes this slow.
"""

from __future__ import annotations

from tamis.media import tiff

UPRIGHT = 1
_MAX_SEGMENTS = 4096
_EXIF = b"Exif\0"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1


def orientation(data: bytes, name: str) -> int:
    """Return which of the eight orientations brings the stored pixels upright.

    Args:
        data: the file.
        name: its format as sniffed: ``jpeg``, ``png``, ``webp`` or ``tiff``; of others nothing is
            read here.

    Returns:
        1 to 8; 1, upright, where the file states nothing or something impossible.
    """
    read = {"jpeg": _jpeg, "png": _png, "webp": _webp, "tiff": tiff.orientation}.get(name)
    return (read(data) if read else None) or UPRIGHT


def _jpeg(data: bytes) -> int | None:
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            return None
        marker = data[at + 1] if at + 1 < len(data) else _END_OF_IMAGE
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return None
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return None
        if marker == _APP1 and data.startswith(_EXIF, at + 4):
            value = tiff.orientation(data[at + 10 : at + 2 + length])
            if value is not None:
                return value
        at += 2 + length
    return None


def _png(data: bytes) -> int | None:
    at = 8
    for _ in range(_MAX_SEGMENTS):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"eXIf":
            return tiff.orientation(data[at + 8 : at + 8 + length])
        if len(kind) < 4 or kind == b"IEND":
            return None
        at += 12 + length
    return None


def _webp(data: bytes) -> int | None:
    at = 12
    for _ in range(_MAX_SEGMENTS):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"EXIF":
            block = data[at + 8 : at + 8 + length]
            return tiff.orientation(block[6:] if block.startswith(_EXIF) else block)
        if len(kind) < 4:
            return None
        at += 8 + length + length % 2
    return None
