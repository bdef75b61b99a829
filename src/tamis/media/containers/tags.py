"""Tags of MP4 and MOV files: texts with a name, in ``meta`` boxes and in QuickTime user data.

Sources: QuickTime File Format Specification (Apple), "Metadata" and "User data atoms"; the item
list of iTunes as FFmpeg's ``movenc.c`` describes what it writes. The name of a tag is that of the
file: ``comment`` for the item ``©cmt``, as FFmpeg calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.media.containers.boxes import boxes
from tamis.media.containers.findings import decode

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

COPYRIGHT = b"\xa9"
"""Begins the type of items for people."""

_NAMES = {
    b"\xa9cmt": "comment",
    b"\xa9des": "description",
    b"\xa9inf": "comment",
    b"\xa9nam": "title",
    b"\xa9too": "encoder",
    b"\xa9swr": "encoder",
    b"\xa9ART": "artist",
    b"desc": "description",
    b"ldes": "synopsis",
}
_MAX_NAME = 128
_TEXT = (0, 1, 2, 4, 5)
"""Well-known types of values that are text; 0 leaves it to the reader."""


def read_tags(view: memoryview, start: int, end: int, found: Findings) -> None:
    """Read the tags of a ``meta`` box; ISO's has four bytes before its boxes, QuickTime's none."""
    if bytes(view[start + 4 : start + 8]) != b"hdlr":
        start += 4
    names: list[str] = []
    for kind, inner, behind in boxes(view, start, end, found):
        if kind == b"keys":
            names = _read_keys(view[inner:behind], found)
        elif kind == b"ilst":
            _read_items(view, inner, behind, names, found)


def read_user_text(kind: bytes, body: memoryview, found: Findings) -> None:
    """Read QuickTime user text: size and language before each text; the first one counts."""
    size = int.from_bytes(body[:2], "big")
    if kind in _NAMES and 0 < size <= len(body) - 4:
        found.add_tag(_NAMES[kind], body[4 : 4 + size])


def _read_keys(body: memoryview, found: Findings) -> list[str]:
    names = []
    position = 8  # behind version, flags and number
    while position + 8 <= len(body):
        size = int.from_bytes(body[position : position + 4], "big")
        if size < 8 or position + size > len(body) or not found.next_part("keys"):
            break
        names.append(decode(body[position + 8 : position + size][:_MAX_NAME]))
        position += size
    return names


def _read_items(view: memoryview, start: int, end: int, names: list[str], found: Findings) -> None:
    for kind, inner, behind in boxes(view, start, end, found):
        number = int.from_bytes(kind, "big")
        if 1 <= number <= len(names):
            name = names[number - 1]
        elif kind in _NAMES:
            name = _NAMES[kind]
        else:
            continue
        for part, first, last in boxes(view, inner, behind, found):
            if part == b"data" and int.from_bytes(view[first : first + 4], "big") in _TEXT:
                found.add_tag(name, view[first + 8 : last])
