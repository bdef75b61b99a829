"""GIF (CompuServe GIF89a): comments, and XMP and C2PA in application extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

_XMP_APPLICATION = b"XMP DataXMP"
_C2PA_APPLICATION = b"C2PA_GIF\x01\x00\x00"
_MAX_SUB_BLOCKS = 1 << 20
_TRAILER, _EXTENSION, _IMAGE = 0x3B, 0x21, 0x2C
_COMMENT, _APPLICATION = 0xFE, 0xFF


def walk(view: memoryview, found: Findings) -> None:
    """Collect the extensions of a GIF file that hold metadata."""
    if bytes(view[:3]) != b"GIF" or len(view) < 13:
        found.problem("gif: no header")
        return
    position = 13 + _table_size(view[10])
    budget = _MAX_SUB_BLOCKS
    while position + 1 < len(view) and view[position] != _TRAILER:
        if not found.next_part("gif blocks"):
            return
        kind = view[position]
        if kind == _EXTENSION:
            start = position + 2
        elif kind == _IMAGE and position + 10 < len(view):
            start = position + 11 + _table_size(view[position + 9])
        else:
            found.problem(f"gif: no block at offset {position}")
            return
        end, budget = _skip(view, start, budget)
        if end is None:
            found.problem(f"gif: the block at offset {position} does not end")
            return
        if kind == _EXTENSION:
            _read_extension(view[position + 1], view[start : end - 1], found)
        position = end


def _table_size(flags: int) -> int:
    """Bytes of the colour table these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip(view: memoryview, position: int, budget: int) -> tuple[int | None, int]:
    """Return the offset behind a chain of sub-blocks, None where it does not end, and the rest."""
    size = len(view)
    while position < size and budget:
        length = view[position]
        position += 1 + length
        budget -= 1
        if length == 0:
            return position, budget
    return None, budget


def _read_extension(label: int, chain: memoryview, found: Findings) -> None:
    if label == _COMMENT:
        found.add_comment(_join(chain))
    elif label == _APPLICATION:
        name, body = bytes(chain[1:12]), chain[12:]
        if name == _XMP_APPLICATION:
            # A packet is not cut into sub-blocks; a run of falling bytes ends the chain.
            packet = bytes(body)
            end = packet.rfind(b"\x01\xff\xfe")
            found.add_xmp(packet[:end] if end >= 0 else packet)
        elif name == _C2PA_APPLICATION:
            found.add_c2pa("gif:C2PA_GIF", _join(body))


def _join(chain: memoryview) -> bytes:
    parts, position = [], 0
    while position < len(chain):
        end = position + 1 + chain[position]
        parts.append(chain[position + 1 : end])
        position = end
    return b"".join(parts)
