"""Invisible watermarks that open generators embed in their pixels by the method dwtDct."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tamis.examination import Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.dwt_dct import MIN_PIXELS, Route, Votes, read_votes
from tamis.model import Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tamis.model import Content

DATA = Path(__file__).with_name("watermarks.toml")


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark that a generator is known to embed; the fields are explained in the data.

    Args:
        name: after what embeds it.
        bits: the message, shape (L,).
        routes: how the picture is handed to the package.
        threshold: bits that must match.
    """

    name: str
    bits: NDArray[np.bool_]
    routes: tuple[Route, ...]
    threshold: int

    def matched(self, votes: Mapping[Route, Votes]) -> int:
        """Return how many bits match, by the route by which most do."""
        length = len(self.bits)
        return max(
            int(np.count_nonzero(votes[route].bits(length) == self.bits)) for route in self.routes
        )


@cache
def marks() -> tuple[Mark, ...]:
    """The known marks, read from the data of the package."""
    with DATA.open("rb") as file:
        return tuple(_mark(entry) for entry in tomllib.load(file)["marks"])


def _mark(entry: Mapping[str, Any]) -> Mark:
    if "text" in entry:
        message = np.unpackbits(np.frombuffer(entry["text"].encode(), np.uint8))
    else:
        message = np.array([int(bit) for bit in entry["bits"]], np.uint8)
    routes = tuple(Route[name.upper()] for name in entry["routes"])
    return Mark(entry["name"], message.astype(np.bool_), routes, entry["threshold"])


class DwtDctWatermark(Examination):
    """The mark of Stable Diffusion, FLUX or InvokeAI in the pixels of a lossless file."""

    name: ClassVar[str] = "provenance.watermark"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "invisible-watermark 0.2.0, method dwtDct (ShieldMnt/invisible-watermark); the messages "
        "are those of the programs named in watermarks.toml"
    )
    conditions: ClassVar[str] = (
        "Lossless files: PNG, BMP, lossless WebP and TIFF, 8 bits to a sample, in colour, of "
        "256 × 256 to 16 million pixels. Of more than a megapixel some rows of blocks are asked."
    )
    failures: ClassVar[str] = (
        "The package is public, so anyone can embed these marks into a real photo: a mark is a "
        "declaration, and never lowers a picture by itself. Scaling it and cutting it anywhere but "
        "at the bottom destroy it, re-saving as JPEG mostly does, and most programs never embed "
        "one: absence says nothing. The mark of Stable Diffusion 2 has only 32 bits: it counts "
        "only where all match, and is weak all the same."
    )

    def __init__(self) -> None:
        self._marks = marks()  # read now: a confined worker may not be able to later

    def examine(self, content: Content) -> list[Observation]:
        """Return the mark most of whose bits match, with how many; others with it."""
        pixels = content.pixels
        if pixels is None or pixels.shape[0] * pixels.shape[1] < MIN_PIXELS:
            return []
        votes = read_votes(pixels)
        matches = [(mark, mark.matched(votes)) for mark in self._marks]
        found = [(mark, matched) for mark, matched in matches if matched >= mark.threshold]
        found.sort(key=lambda each: -each[1] / len(each[0].bits))
        if not found:
            return []
        (mark, matched), *others = found
        length = len(mark.bits)
        observations = [
            Observation("watermark.mark", mark.name, score=matched / length),
            Observation("watermark.bits_matched", matched),
            Observation("watermark.bits", length),
        ]
        if others:
            names: list[object] = [other.name for other, _ in others]
            observations.append(Observation("watermark.others", names))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return tiles of two colours that read as a mark, and others that do not."""
        names = frozenset({"watermark.mark", "watermark.bits_matched", "watermark.bits"})
        known = {mark.name: mark.bits.tolist() for mark in marks()}
        return [
            Example(
                "a mark handed over as bytes",
                lambda: specimens.tiles(known["Stable Diffusion 1"]),
                names,
            ),
            Example(
                "a mark handed over as floats",
                lambda: specimens.tiles(known["Stable Diffusion XL"]),
                names,
            ),
            Example("another mark", lambda: specimens.tiles([True, False, False]), frozenset()),
            Example("a plain picture", lambda: specimens.picture("PNG"), frozenset()),
        ]
