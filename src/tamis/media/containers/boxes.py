"""Boxes, of which ISO base media files, JPEG 2000 and JPEG XL are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.media.containers.findings import Findings


def boxes(
    view: memoryview, position: int, end: int, found: Findings
) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the body of each box between two offsets."""
    while position + 8 <= end:
        size = int.from_bytes(view[position : position + 4], "big")
        kind = bytes(view[position + 4 : position + 8])
        head = 8
        if size == 1:
            size = int.from_bytes(view[position + 8 : position + 16], "big")
            head = 16
        elif size == 0:  # to the end
            size = end - position
        if size < head or position + size > end:
            found.problem(f"box: the box at offset {position} has a wrong length")
            return
        if not found.next_part("boxes"):
            return
        yield kind, position + head, position + size
        position += size


@dataclass(slots=True)
class Cursor:
    """Reads big-endian numbers one after another; behind the end they are zero."""

    view: memoryview
    position: int = 0

    def number(self, size: int) -> int:
        """Read an unsigned number of `size` bytes."""
        value = int.from_bytes(self.view[self.position : self.position + size], "big")
        self.position += size
        return value

    def text(self) -> bytes:
        """Read up to a zero byte; names are short."""
        raw = bytes(self.view[self.position : self.position + 256])
        word = raw.partition(b"\0")[0]
        self.position += len(word) + 1
        return word

    @property
    def exhausted(self) -> bool:
        """Whether all was read."""
        return self.position >= len(self.view)
