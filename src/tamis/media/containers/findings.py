"""What a walk through a container has found so far, and the limits every walk keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_PARTS = 8192
"""Segments, chunks, boxes and items looked at in one file."""
MAX_BLOCK = 16 * 1024 * 1024
"""Bytes of one metadata block, after inflation."""
MAX_TOTAL = 32 * 1024 * 1024
"""Bytes copied or inflated for one file."""
MAX_PACKETS = 8
"""XMP packets of one file."""
MAX_PROBLEMS = 32

_EXIF_PREFIX = b"Exif\0"
_DESCRIPTION = 64 * 1024
"""The description box with its label comes first in a JUMBF box."""


def decode(data: bytes | memoryview) -> str:
    """Return text of undeclared encoding: UTF-8 where it is valid UTF-8, else Latin-1."""
    raw = bytes(data)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_c2pa(box: bytes | memoryview) -> bool:
    """Say whether a JUMBF box holds a C2PA manifest store: both markers must be there.

    ``c2pa`` alone also occurs in compressed data by chance.
    """
    raw = bytes(box[:_DESCRIPTION])
    return b"jumb" in raw and b"c2pa" in raw


@dataclass(slots=True)
class Findings:
    """Collects the blocks of one file; refuses, with a problem, what is over the limits."""

    exif: bytes | None = None
    exif_parts: dict[str, bytes] = field(default_factory=dict)
    xmp: list[bytes] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    iptc: bytes | None = None
    c2pa: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    parts: int = 0
    copied: int = 0

    def problem(self, text: str) -> None:
        """Note what is malformed; the first `MAX_PROBLEMS` are kept."""
        if len(self.problems) < MAX_PROBLEMS and text not in self.problems:
            self.problems.append(text)

    def next_part(self, what: str) -> bool:
        """Count one more part; False, with a problem, once there are too many."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            self.problem(f"more than {MAX_PARTS} {what}; the rest was not read")
            return False
        return True

    def fits(self, size: int, what: str) -> bool:
        """Say whether `size` more bytes are within the limits; a problem where they are not."""
        if size > self.left:
            self.problem(f"{what} of {size} bytes is over the limit; not read")
        return size <= self.left

    @property
    def left(self) -> int:
        """Bytes the next block may have."""
        return max(0, min(MAX_BLOCK, MAX_TOTAL - self.copied))

    def take(self, view: bytes | memoryview, what: str) -> bytes | None:
        """Copy a block within the limits; None, with a problem, where it is over them."""
        if not self.fits(len(view), what):
            return None
        self.copied += len(view)
        return bytes(view)

    def add_exif(self, view: bytes | memoryview) -> None:
        """Keep an EXIF block, without its ``Exif`` prefix; the first one counts."""
        if self.exif is not None:
            self.problem("a second EXIF block; only the first was read")
            return
        if bytes(view[:5]) == _EXIF_PREFIX:
            view = view[6:]
        self.exif = self.take(view, "EXIF block")

    def add_exif_part(self, name: str, view: bytes | memoryview) -> None:
        """Keep a directory of EXIF that is a block of its own; the first of a name counts."""
        block = self.take(view, f"EXIF part {name}") if name not in self.exif_parts else None
        if block is not None:
            self.exif_parts[name] = block

    def add_xmp(self, view: bytes | memoryview) -> None:
        """Keep an XMP packet."""
        if len(self.xmp) == MAX_PACKETS:
            self.problem(f"more than {MAX_PACKETS} XMP packets; the rest was not read")
            return
        packet = self.take(view, "XMP packet")
        if packet:
            self.xmp.append(packet)

    def add_text(self, keyword: str, data: bytes | memoryview) -> None:
        """Keep a text with its keyword."""
        raw = self.take(data, f"text {keyword[:80]!r}")
        if raw is not None:
            self.texts.append((keyword, decode(raw)))

    def add_tag(self, name: str, data: bytes | memoryview) -> None:
        """Keep a tag of a video with its name."""
        raw = self.take(data, f"tag {name[:80]!r}")
        if raw:
            self.tags.append((name, decode(raw)))

    def add_comment(self, data: bytes | memoryview) -> None:
        """Keep a comment."""
        raw = self.take(data, "comment")
        if raw:
            self.comments.append(decode(raw))

    def add_iptc(self, view: bytes | memoryview) -> None:
        """Keep an IPTC-IIM block; the first one counts."""
        if self.iptc is not None:
            self.problem("a second IPTC block; only the first was read")
            return
        self.iptc = self.take(view, "IPTC block")

    def add_c2pa(self, place: str, box: bytes | memoryview) -> None:
        """Note where a C2PA manifest store lies, if `box` is one."""
        if place in self.c2pa:
            return
        if is_c2pa(box):
            self.c2pa.append(place)
        else:
            self.problem(f"{place} does not hold a C2PA manifest store")
