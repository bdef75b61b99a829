"""Maker notes: what a camera wrote into EXIF in the format of its own maker.

Table-driven (`tamis.media.maker_note_forms`) and bounded: one directory and one nested one, each
read once, only the tags of the tables, a value cut at `MAX_VALUE` bytes. Programs that move a note
without mending its offsets leave values that point nowhere or to something else; Canon's notes end
with where they were, of others a text with control characters is left out. What is enciphered
(much of Nikon's and Sony's) is not read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tamis.media.containers.findings import MAX_BLOCK, decode
from tamis.media.containers.ifd import UNDEFINED, Entry, Tiff
from tamis.media.maker_note_forms import FORMS, PLAIN, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamis.media.maker_note_forms import Reading, Tags

MAX_VALUE = 256
"""Bytes of one value that are read."""

NoteValue = str | int | tuple[int | float | None, ...]

_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
_HEAD = 1024
_MAX_COUNT = 512


@dataclass(frozen=True, slots=True)
class MakerNote:
    """What a maker note says.

    Args:
        maker: whose layout it has, empty where it is unknown.
        facts: name to value: ``serial``, ``internal_serial``, ``lens``, ``lens_serial``,
            ``lens_specification`` (shortest and longest focal length in mm, f-number at each),
            ``firmware``, ``owner``, ``shutter_count`` and others of the tables; ``moved``, by how
            many bytes a program has moved the note without mending its offsets, where the note
            tells (Canon's). A text has no surrounding blanks.
    """

    maker: str = ""
    facts: dict[str, NoteValue] = field(default_factory=dict)


def read_maker_note(block: bytes, offset: int, length: int, make: str) -> MakerNote:
    """Read the maker note of an EXIF block; never raises on malformed data.

    Args:
        block: the EXIF block, from its TIFF header.
        offset: of the note, in bytes from the beginning of the block.
        length: of the note in bytes.
        make: EXIF Make.
    """
    tiff = Tiff.open(block)
    if tiff is None or length < 8:
        return MakerNote()
    head = bytes(tiff.view[offset : offset + min(length, _HEAD)])
    make = make.casefold()
    plain = _plain(head, make)
    if plain is not None:
        return plain
    form = next(
        (form for form in FORMS if form.signature.match(head) and make.startswith(form.make)),
        None,
    )
    if form is None:
        return MakerNote()
    base, start = 0, offset + form.start
    if form.base is not None:
        base, start = offset + form.base, form.start - form.base
    moved = _moved(tiff.view, offset, length) if form.maker == "Canon" else 0
    facts = _directory(tiff.view[base:], start, form, tiff.order, moved)
    return MakerNote(form.maker, facts | ({"moved": moved} if moved else {}))


def read_canon_block(block: bytes) -> MakerNote:
    """Read a Canon maker note that is a TIFF structure of its own, as in CR3 files."""
    tiff = Tiff.open(block)
    form = next(form for form in FORMS if form.maker == "Canon")
    if tiff is None:
        return MakerNote()
    return MakerNote("Canon", _directory(tiff.view, tiff.first, form, tiff.order))


def _plain(head: bytes, make: str) -> MakerNote | None:
    """Read a note that has no directory; None where it is none of those known."""
    for plain in PLAIN:
        if plain.signature.match(head) and make.startswith(plain.make):
            found = plain.value.match(head)
            if found is None:
                return MakerNote(plain.maker)
            text = found[1].decode("utf-16-le" if plain.wide else "latin-1")
            return MakerNote(plain.maker, {plain.fact: text})
    return None


def _moved(view: memoryview, offset: int, length: int) -> int:
    """Return by how much a Canon maker note was moved: its last four bytes say where it was."""
    footer = bytes(view[offset + length - 8 : offset + length])
    order = _ORDERS.get(footer[:2]) if footer[2:4] in (b"*\0", b"\0*") else None
    moved = offset - int.from_bytes(footer[4:], order) if order else 0
    return moved if abs(moved) <= MAX_BLOCK else 0


def _directory(
    view: memoryview, start: int, form: Form, order: Literal["little", "big"], shift: int = 0
) -> dict[str, NoteValue]:
    order = form.order or _order(view, start, order)
    tiff = Tiff(view, order, large=False, first=start, shift=shift)
    facts: dict[str, NoteValue] = {}
    for entry in tiff.directory(start, form.wanted, least=0).entries:
        if entry.tag in form.tags:
            _read(tiff, entry, form.tags, facts)
            continue
        inner = form.nested[entry.tag]
        below, at = _nested(tiff, entry)
        if (below, at) != (tiff, start):
            for item in below.directory(at, inner, least=1).entries:
                _read(below, item, inner, facts)
    return facts


def _order(
    view: memoryview, start: int, order: Literal["little", "big"]
) -> Literal["little", "big"]:
    """Return the byte order in which the number of entries makes sense, that of the file first."""
    if int.from_bytes(view[start : start + 2], order) <= _MAX_COUNT:
        return order
    return "little" if order == "big" else "big"


def _nested(tiff: Tiff, entry: Entry) -> tuple[Tiff, int]:
    """Return the structure a nested directory lies in, and where.

    Its entry is an offset, or the directory itself; Kodak then writes the byte order in front of
    it, and offsets count from there.
    """
    if entry.type != UNDEFINED:
        numbers = tiff.numbers(entry)
        return tiff, numbers[0] if numbers and isinstance(numbers[0], int) else 0
    order = _ORDERS.get(bytes(entry.value[:2]))
    return (Tiff(entry.value, order, large=False, first=2), 2) if order else (tiff, entry.offset)


def _read(tiff: Tiff, entry: Entry, tags: Tags, facts: dict[str, NoteValue]) -> None:
    fact, reading = tags[entry.tag]
    value = _READINGS[reading](tiff, entry)
    if value is not None and value != "":
        facts.setdefault(fact, value)


def _text(_: Tiff, entry: Entry) -> str:
    raw = bytes(entry.value[:MAX_VALUE]).partition(b"\0")[0].rstrip(b"\xff")
    text = decode(raw).strip()
    return text if text.isprintable() else ""


def _digits(_: Tiff, entry: Entry) -> str:
    """Casio's date of the firmware: groups of digits with zero bytes between them."""
    raw = bytes(entry.value[:MAX_VALUE]).replace(b"\0", b"")
    return raw.decode() if raw.isdigit() else ""


def _number(tiff: Tiff, entry: Entry) -> int | None:
    numbers = tiff.numbers(entry)
    return numbers[0] if numbers and isinstance(numbers[0], int) else None


def _serial(tiff: Tiff, entry: Entry) -> str:
    """Canon's serial number, of ten digits on most bodies."""
    number = _number(tiff, entry)
    return f"{number:010d}" if number else ""


def _lens_serial(_: Tiff, entry: Entry) -> str:
    """Canon's lens serial number: the first five bytes, in hexadecimal."""
    raw = bytes(entry.value[:5])
    return raw.hex() if any(raw) else ""


def _four(tiff: Tiff, entry: Entry) -> NoteValue | None:
    numbers = tiff.numbers(entry)
    finite = (item if item is not None and math.isfinite(item) else None for item in numbers)
    return tuple(finite) if len(numbers) == 4 else None


def _fifth(tiff: Tiff, entry: Entry) -> str:
    """Pentax's CameraInfo: five numbers, of which the last is the internal serial number."""
    raw = entry.value[16:20]
    return str(int.from_bytes(raw, tiff.order)) if any(raw) else ""


def _hex(_: Tiff, entry: Entry) -> str:
    raw = bytes(entry.value[:MAX_VALUE])
    return raw.hex() if any(raw) else ""


def _version(_: Tiff, entry: Entry) -> str:
    """Four digits, as characters or as numbers."""
    raw = bytes(entry.value[:4])
    return raw.decode() if raw.isdigit() else ".".join(map(str, raw))


def _bytes(_: Tiff, entry: Entry) -> str:
    """Ricoh's serial number: a text, or bytes given in hexadecimal."""
    raw = bytes(entry.value[:MAX_VALUE]).rstrip(b"\0 ")
    return raw.decode() if raw.isascii() and raw.decode().isprintable() else raw.hex()


_READINGS: dict[Reading, Callable[[Tiff, Entry], NoteValue | None]] = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "serial": _serial,
    "lens_serial": _lens_serial,
    "four": _four,
    "fifth": _fifth,
    "hex": _hex,
    "version": _version,
    "bytes": _bytes,
}
