"""Programs that say, or cannot hide, that they wrote the file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import cut
from tamis.media.containers.photoshop import read_datasets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.examinations.provenance.metadata import Metadata
    from tamis.media.containers.jpeg_structure import JpegStructure

_MAX_NAME = 128
_MAX_PROGRAMS = 16
_INSTRUCTIONS = (2, 40)
_XMP = ("CreatorTool", "softwareAgent")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that rewrote the file.

    Args:
        name: as it declares itself, or as its trace is known.
        place: where that stands, e.g. ``exif:Software``.
    """

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Traces:
    """The traces of programs, by what they begin with, in lower case."""

    names: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]
    instructions: tuple[tuple[str, str], ...]
    markers: tuple[tuple[str, str], ...]


@cache
def traces() -> Traces:
    """Return the traces in ``programs.toml``."""
    text = (resources.files(__package__) / "programs.toml").read_text("utf-8")
    known = tomllib.loads(text)

    def pairs(table: str, field: str) -> tuple[tuple[str, str], ...]:
        return tuple((row[field].casefold(), row["program"]) for row in known[table])

    return Traces(
        tuple(name.casefold() for row in known["software"] for name in row["names"]),
        pairs("comment", "begins"),
        pairs("instruction", "begins"),
        pairs("marker", "marker"),
    )


def rewriters(metadata: Metadata, structure: JpegStructure) -> list[Program]:
    """Return the programs that rewrote the file: first those the encoder betrays, each once.

    A name that is no known program's, such as the firmware of a camera, is not among them.
    """
    found: dict[str, Program] = {}
    for program in (*_betrayed(metadata, structure), *_declared(metadata)):
        found.setdefault(program.name.casefold(), program)
    return list(found.values())[:_MAX_PROGRAMS]


def _betrayed(metadata: Metadata, structure: JpegStructure) -> Iterator[Program]:
    known = traces()
    for comment in metadata.embedded.comments:
        if name := _first(known.comments, comment):
            yield Program(name, "comment")
    for marker in structure.markers:
        if name := _first(known.markers, marker):
            yield Program(name, marker)
    for record, dataset, raw in read_datasets(metadata.embedded.iptc or b""):
        if (record, dataset) == _INSTRUCTIONS:
            text = raw[:_MAX_NAME].decode("latin-1")
            if name := _first(known.instructions, text):
                yield Program(name, "iptc:2:40")


def _first(rows: tuple[tuple[str, str], ...], text: str) -> str:
    folded = text[:_MAX_NAME].lstrip().casefold()
    return next((name for begins, name in rows if folded.startswith(begins)), "")


def _declared(metadata: Metadata) -> Iterator[Program]:
    texts = [("exif:Software", metadata.exif.text("Software"))]
    texts += [
        (f"xmp:{name}", text.strip())
        for packet in metadata.xmp
        for name in _XMP
        for text in packet.named(name)
    ]
    for place, text in texts:
        if text[:_MAX_NAME].casefold().startswith(traces().names):
            yield Program(cut(text, _MAX_NAME), place)
