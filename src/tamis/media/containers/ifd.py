"""TIFF image file directories (TIFF 6.0, BigTIFF), of TIFF files and of EXIF blocks.

Entries come with their raw values; every length is checked.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8, 129: 1}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_CODES |= {16: "Q", 17: "q", 18: "Q"}
_VERSIONS = frozenset({42, 43, 0x55, 0x4F52, 0x5352})  # TIFF, BigTIFF, RW2, ORF
_MAX_ENTRIES = 1024
_MAX_NUMBERS = 64

_ENTRIES = {
    ("little", False): struct.Struct("<HHI4s"),
    ("big", False): struct.Struct(">HHI4s"),
    ("little", True): struct.Struct("<HHQ8s"),
    ("big", True): struct.Struct(">HHQ8s"),
}

ASCII, UNDEFINED, UTF8 = 2, 7, 129


class Entry(NamedTuple):
    """One directory entry: `value` is a view of its bytes, which lie at `offset`.

    A named tuple, not a dataclass: thousands are made, and it takes a third of the time.
    """

    tag: int
    type: int
    value: memoryview
    offset: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries of one directory that could be read, and the offset of the next one (0: none)."""

    entries: tuple[Entry, ...]
    next: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF structure.

    Args:
        view: its bytes.
        order: byte order.
        large: whether it is BigTIFF.
        first: offset of the first directory.
        shift: what must be added to the offset of a value, where a program has moved the
            structure and not mended its offsets.
    """

    view: memoryview
    order: Literal["little", "big"]
    large: bool
    first: int
    shift: int = 0

    @classmethod
    def open(cls, data: bytes | memoryview) -> Tiff | None:
        """Return the structure; None where `data` has no TIFF header."""
        view = memoryview(data)
        orders: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
        order = orders.get(bytes(view[:2]))
        if order is None or len(view) < 8:
            return None
        version = int.from_bytes(view[2:4], order)
        if version not in _VERSIONS:
            return None
        large = version == 43
        first = int.from_bytes(view[8:16] if large else view[4:8], order)
        return cls(view, order, large, first)

    def directory(
        self, offset: int, wanted: Container[int] | None = None, *, least: int = 8
    ) -> Directory:
        """Return the directory at `offset`; what is malformed in it is left out and noted.

        Args:
            offset: in bytes from the beginning of the view.
            wanted: the tags returned, all others are only checked; None for all.
            least: the smallest offset a directory can have, 8 behind a TIFF header.
        """
        counter, width, pointer = (8, 20, 8) if self.large else (2, 12, 4)
        view, order = self.view, self.order
        start = offset + counter
        if offset < least or start > len(view):
            return Directory((), 0, (f"no directory at offset {offset}",))
        count = int.from_bytes(view[offset:start], order)
        held = min(count, (len(view) - start) // width)
        problems = [] if held == count else [f"the directory at offset {offset} is cut off"]
        if held > _MAX_ENTRIES:
            held = _MAX_ENTRIES
            problems.append(f"the directory at offset {offset} has {count} entries; cut")
        entries = []
        layout = _ENTRIES[order, self.large]
        position = start + width - pointer
        # Written out, not in functions: this loop is half of the time all examinations take.
        for tag, kind, number, field in layout.iter_unpack(view[start : start + held * width]):
            at, length = position, number * _SIZES.get(kind, 0)
            position += width
            if length > pointer:
                at = int.from_bytes(field, order) + self.shift
            if kind not in _SIZES or not 0 <= at <= len(view) - length:
                problems.append(f"tag {tag:#06x} is malformed")
            elif wanted is None or tag in wanted:
                entries.append(Entry(tag, kind, view[at : at + length], at))
        behind = start + count * width
        following = int.from_bytes(view[behind : behind + pointer], order)
        return Directory(tuple(entries), following, tuple(problems))

    def numbers(self, entry: Entry) -> tuple[int | float | None, ...]:
        """Return the numbers of an entry, at most 64; None for a rational with denominator 0."""
        prefix = "<" if self.order == "little" else ">"
        if entry.type in (5, 10):
            code = "I" if entry.type == 5 else "i"
            count = min(len(entry.value) // 8, _MAX_NUMBERS)
            terms = struct.unpack(f"{prefix}{2 * count}{code}", entry.value[: 8 * count])
            pairs = zip(terms[::2], terms[1::2], strict=True)
            return tuple(above / below if below else None for above, below in pairs)
        code = _CODES.get(entry.type, "")
        if not code:
            return ()
        size = _SIZES[entry.type]
        count = min(len(entry.value) // size, _MAX_NUMBERS)
        values: tuple[int | float, ...] = struct.unpack(
            f"{prefix}{count}{code}", entry.value[: size * count]
        )
        return values
