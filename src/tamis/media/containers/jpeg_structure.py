"""The structure of a JPEG file (ITU-T T.81) up to its first scan: what an encoder leaves of itself.

Markers and their order, quantisation tables, sampling, Huffman tables, JFIF and Adobe headers. No
pixel is decoded and nothing behind the header of the first scan is read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from tamis.media.containers import huffman
from tamis.media.containers.findings import Findings
from tamis.media.containers.jpeg import segments

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_MARKERS = 64
"""Markers kept in the order; of a row of equal ones the first is kept."""

_DHT, _DAC, _SOS, _DQT, _DRI, _COM = 0xC4, 0xCC, 0xDA, 0xDB, 0xDD, 0xFE
_JPG = 0xC8
_APP0, _APP14, _APP15 = 0xE0, 0xEE, 0xEF
_LAST_HUFFMAN = 7
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, _DAC, _JPG}
_NAMES = {
    **{marker: f"SOF{marker - 0xC0}" for marker in _FRAMES},
    **{_APP0 + number: f"APP{number}" for number in range(16)},
    _DHT: "DHT",
    _DAC: "DAC",
    _SOS: "SOS",
    _DQT: "DQT",
    _DRI: "DRI",
    _COM: "COM",
}
_IDENTIFIER = 32
_MAX_BODY = 4096
"""Bytes of a segment that are read; tables need less."""
MAX_TABLES = 64
"""Quantisation and Huffman tables read in one file."""
_MAX_COMPONENTS = 4
_SAMPLINGS: dict[tuple[tuple[int, int], ...], str] = {
    ((1, 1), (1, 1), (1, 1)): "4:4:4",
    ((2, 1), (1, 1), (1, 1)): "4:2:2",
    ((2, 2), (1, 1), (1, 1)): "4:2:0",
    ((1, 2), (1, 1), (1, 1)): "4:4:0",
    ((4, 1), (1, 1), (1, 1)): "4:1:1",
    ((4, 2), (1, 1), (1, 1)): "4:1:0",
}


def _zigzag() -> tuple[int, ...]:
    """Return where the i-th coefficient of the zigzag order (T.81, figure A.6) lies in a block."""
    diagonals = sorted(
        range(64),
        key=lambda at: (sum(divmod(at, 8)), at if sum(divmod(at, 8)) % 2 else -at),
    )
    return tuple(diagonals)


ZIGZAG = _zigzag()
_IN_ROWS = itemgetter(*(ZIGZAG.index(place) for place in range(64)))
_WORDS = struct.Struct(">64H")


@dataclass(frozen=True, slots=True)
class Table:
    """A quantisation table: 64 steps in natural order (by rows), 8 or 16 bits each."""

    steps: tuple[int, ...]
    bits: int = 8


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the frame: its identifier, sampling factors and quantisation table."""

    identifier: int
    horizontal: int
    vertical: int
    table: int


@dataclass(slots=True)
class JpegStructure:
    """What stands in a JPEG file up to its first scan.

    Args:
        markers: names in the order of the file, APPn with their identifier (``APP1:Exif``), DQT and
            DHT with the number of their tables (``DQT/2``); repeated APPn are named once.
        frame: number n of the SOFn marker; None where there is none.
        precision: bits of a sample.
        width: in pixels.
        height: in pixels.
        components: of the frame.
        tables: quantisation tables by destination; the last of a destination counts.
        huffman: ``standard`` (the tables of annex K), ``optimised``, ``arithmetic``, or ``none``,
            where the file leaves them out, as the frames of motion JPEG do.
        restart_interval: in MCUs; 0 for none.
        jfif: version, unit of density, horizontal and vertical density; None without JFIF.
        adobe_transform: 0 to 2 of APP14; None without it.
        problems: what was malformed.
    """

    markers: list[str] = field(default_factory=list)
    frame: int | None = None
    precision: int = 0
    width: int = 0
    height: int = 0
    components: tuple[Component, ...] = ()
    tables: dict[int, Table] = field(default_factory=dict)
    huffman: str = "none"
    restart_interval: int = 0
    jfif: tuple[str, int, int, int] | None = None
    adobe_transform: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def process(self) -> str:
        """The coding process: ``baseline``, ``extended``, ``progressive``, ``lossless``, …."""
        if self.frame is None:
            return "unknown"
        name = ("sequential", "sequential", "progressive", "lossless")[self.frame % 4]
        if self.frame in (0, 1):
            name = ("baseline", "extended")[self.frame]
        elif self.frame & 4:
            name = f"differential {name}"
        return f"{name} arithmetic" if self.frame > _LAST_HUFFMAN else name

    @property
    def sampling(self) -> str:
        """The sampling, e.g. ``4:2:0`` or ``grey``; factors such as ``2x1,1x2,1x1`` if unnamed."""
        if len(self.components) == 1:
            return "grey"
        factors = tuple((part.horizontal, part.vertical) for part in self.components)
        if len(factors) == _MAX_COMPONENTS and len(set(factors)) == 1:
            return "4:4:4:4"
        return _SAMPLINGS.get(factors) or ",".join(f"{h}x{v}" for h, v in factors)

    @property
    def used_tables(self) -> tuple[Table, ...]:
        """The tables of the components, in their order; without those that are missing."""
        found = (self.tables.get(component.table) for component in self.components)
        return tuple(table for table in found if table is not None)

    @property
    def order(self) -> str:
        """The marker order as one line of text."""
        return " ".join(self.markers)


def read_structure(data: bytes | memoryview) -> JpegStructure:
    """Read the structure of a JPEG file; never raises on malformed data.

    The work is bounded by the segments before the first scan and by `MAX_TABLES`; of tables that
    are cut short, the whole ones are read.
    """
    view = memoryview(data)
    structure, found = JpegStructure(), Findings()
    codes: set[huffman.Code] = set()
    tables = 0
    for marker, start, end in segments(view, found):
        limit = _IDENTIFIER if _APP0 <= marker <= _APP15 else _MAX_BODY
        body = bytes(view[start : min(end, start + limit)]) if marker != _COM else b""
        name = _NAMES.get(marker, f"{marker:#04x}")
        if marker in (_DQT, _DHT) and tables < MAX_TABLES:
            if marker == _DQT:
                count = _read_tables(body, structure, found)
            else:
                count = len(new := huffman.read_codes(body, found))
                codes.update(new)
            name += f"/{count}"
            tables += max(count, 1)
        elif _APP0 <= marker <= _APP15:
            name += _identified(body)
        if marker in _FRAMES:
            _read_frame(marker, body, structure, found)
        elif marker in _READERS:
            _READERS[marker](body, structure)
        _append(structure.markers, name)
    if structure.frame is not None and structure.frame > _LAST_HUFFMAN:
        structure.huffman = "arithmetic"
    elif codes:
        structure.huffman = "standard" if codes <= huffman.STANDARD else "optimised"
    structure.problems = found.problems
    return structure


def _append(markers: list[str], name: str) -> None:
    """Note a marker; long blocks go on over many APPn, whose number says nothing of the writer."""
    if markers and markers[-1] == name and name.startswith("APP"):
        return
    if len(markers) < MAX_MARKERS:
        markers.append(name)


def _identified(body: bytes) -> str:
    """Return the identifier of an APPn: its text up to the first zero or non-letter."""
    raw = body.partition(b"\0")[0]
    if not raw or not raw.isascii():
        return ""
    text = raw.decode("ascii")
    text = text.rpartition("//")[2]  # of a namespace
    word = "".join(char for char in text if char.isalnum() or char in "._/ -")
    return f":{word.strip()}" if word.strip() else ""


def _read_tables(body: bytes, structure: JpegStructure, found: Findings) -> int:
    """Read the tables of one DQT and return how many they are."""
    position = count = 0
    while position < len(body):
        wide, destination = body[position] >> 4, body[position] & 15
        width = 2 if wide else 1
        raw = body[position + 1 : position + 1 + 64 * width]
        if wide > 1 or destination > 3 or len(raw) < 64 * width:
            found.problem("jpeg: a malformed quantisation table")
            break
        steps = _IN_ROWS(_WORDS.unpack(raw) if wide else raw)
        structure.tables[destination] = Table(steps, 8 * width)
        position += 1 + 64 * width
        count += 1
    return count


def _read_frame(marker: int, body: bytes, structure: JpegStructure, found: Findings) -> None:
    if structure.frame is not None:
        found.problem("jpeg: a second frame header before the first scan")
        return
    structure.frame = marker - 0xC0
    components = min(body[5], _MAX_COMPONENTS) if len(body) > 5 else 0
    if not components or len(body) < 6 + 3 * components:
        found.problem("jpeg: the frame header is too short")
        return
    structure.precision = body[0]
    structure.height = int.from_bytes(body[1:3], "big")
    structure.width = int.from_bytes(body[3:5], "big")
    structure.components = tuple(
        Component(body[at], body[at + 1] >> 4, body[at + 1] & 15, body[at + 2])
        for at in range(6, 6 + 3 * components, 3)
    )


def _read_restart(body: bytes, structure: JpegStructure) -> None:
    structure.restart_interval = int.from_bytes(body[:2], "big")


def _read_jfif(body: bytes, structure: JpegStructure) -> None:
    if body.startswith(b"JFIF\0") and len(body) >= 12 and structure.jfif is None:
        density = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
        structure.jfif = (f"{body[5]}.{body[6]:02d}", body[7], *density)


def _read_adobe(body: bytes, structure: JpegStructure) -> None:
    if body.startswith(b"Adobe") and len(body) >= 12:
        structure.adobe_transform = body[11]


_READERS: dict[int, Callable[[bytes, JpegStructure], None]] = {
    _DRI: _read_restart,
    _APP0: _read_jfif,
    _APP14: _read_adobe,
}
