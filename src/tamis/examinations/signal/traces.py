"""Traces a camera leaves in its pixels, as far as the file still holds those pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.provenance.jpeg.luminance import stored_luminance
from tamis.examinations.provenance.jpeg.quantisation import LUMINANCE, scaled
from tamis.examinations.signal import lattice, mosaics
from tamis.examinations.signal.windows import textured
from tamis.media.containers.jpeg_structure import read_structure
from tamis.model import Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tamis.examinations.signal.lattice import Lattice
    from tamis.model import Content

    Luma = NDArray[np.float32] | NDArray[np.uint8]

LEAST_QUALITY = 90
"""Of JPEG, by the mean step of the luminance: coarser steps take the lattice with them."""
LEAST_SCORE = 0.15
"""Standard deviations of one block from which a lattice is said to be there."""
LEAST_CERTAINTY = 5.0
"""Standard errors that are asked for besides, so that chance in few blocks is not enough."""

_PIXELS = 1 << 20
_LARGEST_SUM = sum(scaled(LUMINANCE, LEAST_QUALITY))
_LOSSLESS = frozenset({"png", "bmp", "webp", "tiff"})


class CameraTraces(Examination):
    """The lattice of the colour filter array, in pixels that were not resized since."""

    name: ClassVar[str] = "signal.traces"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "A. C. Gallagher, T. Chen, Image authentication by detecting traces of demosaicing, CVPR "
        "Workshops 2008; A. C. Popescu, H. Farid, Exposing digital forgeries in color filter array "
        "interpolated images, IEEE TSP 53(10), 2005"
    )
    conditions: ClassVar[str] = (
        "Eight bits of full colour stored without loss, or JPEG of a quality of 90 and more; at "
        "least 256 blocks of 8 × 8 pixels with texture. The picture as the camera wrote it or cut "
        "from that: a resized one has no lattice left."
    )
    failures: ClassVar[str] = (
        "Many cameras leave no lattice: those that reduce their pictures, denoise them or have no "
        "such array. Some image generators leave one, most of all in lossless files. Anyone can "
        "make one: by interpolating every other pixel of any picture. It says nothing of what was "
        "put into the picture elsewhere than in the windows looked at, and of a large JPEG file "
        "only the top is looked at."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return what is seen of each trace, or why it was not looked for."""
        luma = _native(content)
        if isinstance(luma, str):
            return [_not_applicable(luma)]
        found = lattice.measure(textured(luma))
        if found is None:
            return [_not_applicable("texture")]
        value: dict[str, object] = {
            "finding": _finding(found),
            "contrast": round(found.contrast, 4),
            "certainty": round(found.certainty, 1),
            "rival": round(found.rival, 3),
            "blocks": found.blocks,
        }
        if found.agreed and found.certainty >= LEAST_CERTAINTY:
            value["phase"] = found.phase
        return [Observation("traces.demosaicing", value, round(found.score, 3))]

    @classmethod
    def examples(cls) -> list[Example]:
        """Return pictures with the lattice and without, and those it cannot be looked for in."""
        expected = frozenset({"traces.demosaicing"})

        def taken() -> NDArray[np.uint8]:
            return mosaics.demosaiced(mosaics.scene())

        return [
            Example("interpolated", lambda: mosaics.saved(taken(), "PNG"), expected),
            Example("interpolated, in JPEG", lambda: mosaics.saved(taken(), "JPEG"), expected),
            Example(
                "interpolated, then resized",
                lambda: mosaics.saved(mosaics.resized(taken(), 0.7), "PNG"),
                expected,
            ),
            Example("JPEG of low quality", lambda: mosaics.saved(taken(), "JPEG", 75), expected),
            Example("of few colours", lambda: mosaics.saved(taken(), "GIF"), expected),
        ]


def _finding(found: Lattice) -> str:
    if not found.agreed or found.score < LEAST_SCORE or found.certainty < LEAST_CERTAINTY:
        return "none"
    return "lattice" if found.score > found.rival else "other_lattice"


def _not_applicable(reason: str) -> Observation:
    return Observation("traces.demosaicing", {"finding": "not_applicable", "reason": reason})


def _native(content: Content) -> Luma | str:
    """Return the luminance in the pixels of the file, or the reason why there is none to use."""
    if content.format == "jpeg":
        return _of_jpeg(content)
    if content.format not in _LOSSLESS:
        return "format"
    if content.truncated or content.luma is None:
        return "damaged"
    if content.raster is None or content.scale != 1:
        return "samples"
    return content.luma


def _of_jpeg(content: Content) -> Luma | str:
    if content.truncated:
        return "damaged"
    structure = read_structure(content.data)
    tables = structure.used_tables
    if tables and sum(tables[0].steps) > _LARGEST_SUM:
        return "quality"
    luma = stored_luminance(content, structure, _PIXELS)
    return "coding" if luma is None else luma
