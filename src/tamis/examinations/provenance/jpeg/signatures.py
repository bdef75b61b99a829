"""Who is known to write what: signatures of cameras and of programs, from data files.

``cameras.toml`` is counted by ``bench/count_signatures.py`` from photographs whose history is
known; ``programs.toml`` is written by hand, with the evidence for each row. A signature says who
*has been seen* to write something, never that nobody else does.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.media.containers.jpeg_structure import JpegStructure

_ADAPTIVE = 3
"""From so many different IJG qualities on, cameras are taken to choose the quality by picture."""
_KEPT = ("APP0:JFIF", "APP14:Adobe")
# libjpeg and libjpeg-turbo, jcmarker.c: one table a segment, DRI behind DHT.
_LIBJPEG = re.compile(r"(?:DQT/1 )+SOF[0-2] (?:DHT/1 )+(?:DRI )?SOS")


@dataclass(frozen=True, slots=True)
class CameraTables:
    """So many photographs of one model have these tables and this sampling.

    `quality` is the IJG quality of the tables, 0 where they are others.
    """

    make: str
    model: str
    tables: str
    sampling: str
    quality: int
    files: int


@dataclass(frozen=True, slots=True)
class CameraLayout:
    """So many photographs of one model, byte for byte as it wrote them, have this layout."""

    make: str
    model: str
    layout: str
    huffman: str
    sampling: str
    files: int


@dataclass(frozen=True, slots=True)
class ProgramTables:
    """A program writes these tables, and how that is known."""

    program: str
    tables: str
    evidence: str


def brand(make: str) -> str:
    """Return the first word of a make: ``NIKON CORPORATION`` and ``NIKON`` are one brand."""
    words = re.split(r"[\s,.-]+", make.strip().casefold(), maxsplit=1)
    return words[0]


def plain(text: str) -> str:
    """Return a make or model as it is compared: cameras pad them with blanks."""
    return " ".join(text.split()).casefold()


def layout(structure: JpegStructure) -> str:
    """Return the order of the tables, without the metadata: what the encoder decides.

    JFIF and Adobe headers stay: encoders write them by themselves.
    """
    return " ".join(
        marker
        for marker in structure.markers
        if marker in _KEPT or not marker.startswith(("APP", "COM"))
    )


def is_libjpeg(found: str) -> bool:
    """Say whether a layout is that of libjpeg, which most programs and some phones use."""
    tables = [marker for marker in found.split() if marker not in _KEPT]
    return _LIBJPEG.fullmatch(" ".join(tables)) is not None


class Signatures:
    """The signatures of cameras and programs, with their counts.

    Args:
        cameras: tables by model.
        layouts: layouts by model.
        programs: tables by program.
    """

    def __init__(
        self,
        cameras: tuple[CameraTables, ...] = (),
        layouts: tuple[CameraLayout, ...] = (),
        programs: tuple[ProgramTables, ...] = (),
    ) -> None:
        self._cameras: dict[tuple[str, str], list[CameraTables]] = {}
        self._programs = programs
        self._tables: Counter[tuple[str, ...]] = Counter()
        self._layouts: Counter[tuple[str, ...]] = Counter()
        qualities: dict[tuple[str, str], set[int]] = {}
        for row in cameras:
            written = (row.tables, row.sampling)
            self._cameras.setdefault(written, []).append(row)
            self._tables[(brand(row.make), *written)] += row.files
            self._tables[(plain(row.make), plain(row.model), *written)] += row.files
            qualities.setdefault((brand(row.make), row.sampling), set()).add(row.quality)
        for place in layouts:
            ordered = (place.layout, place.huffman, place.sampling)
            self._layouts[(brand(place.make), *ordered)] += place.files
            self._layouts[(brand(place.make),)] += place.files
        self._adaptive = {who for who, found in qualities.items() if len(found - {0}) >= _ADAPTIVE}

    def cameras(self, tables: str, sampling: str) -> list[tuple[str, str, int]]:
        """Return make, model and files of the cameras that write these tables, most files first."""
        rows = self._cameras.get((tables, sampling), [])
        found = [(row.make, row.model, row.files) for row in rows]
        return sorted(found, key=lambda camera: (-camera[2], *camera[:2]))

    def programs(self, tables: str) -> list[tuple[str, str]]:
        """Return name and evidence of the programs that write these tables."""
        return [(row.program, row.evidence) for row in self._programs if row.tables == tables]

    def files_of_model(self, make: str, model: str, tables: str, sampling: str) -> int:
        """Return how many files of the model have these tables and this sampling."""
        return self._tables[plain(make), plain(model), tables, sampling]

    def files_of_brand(self, make: str, tables: str, sampling: str) -> int:
        """Return how many files of the brand have these tables and this sampling."""
        return self._tables[brand(make), tables, sampling]

    def chooses_quality(self, make: str, sampling: str) -> bool:
        """Say whether cameras of the brand choose an IJG quality picture by picture."""
        return (brand(make), sampling) in self._adaptive

    def files_of_layout(self, make: str, found: str, huffman: str, sampling: str) -> int:
        """Return how many files of the brand have this layout."""
        return self._layouts[brand(make), found, huffman, sampling]

    def layouts_of_brand(self, make: str) -> int:
        """Return of how many files of the brand the layout is known."""
        return self._layouts[(brand(make),)]


def parse(*texts: str) -> Signatures:
    """Return the signatures in TOML texts with ``camera``, ``layout`` and ``program`` tables.

    Raises:
        TypeError: a row lacks a field or has one too many.
        tomllib.TOMLDecodeError: a text is no TOML.
    """
    documents = [tomllib.loads(text) for text in texts]
    return Signatures(
        tuple(CameraTables(**row) for text in documents for row in text.get("camera", [])),
        tuple(CameraLayout(**row) for text in documents for row in text.get("layout", [])),
        tuple(ProgramTables(**row) for text in documents for row in text.get("program", [])),
    )


@cache
def packaged() -> Signatures:
    """Return the signatures that come with Tamis."""
    folder = resources.files(__package__)
    names = ("cameras.toml", "programs.toml")
    return parse(*((folder / name).read_text("utf-8") for name in names))
