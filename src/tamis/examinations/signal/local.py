"""Local evidence: a region that has not the history of the rest of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.provenance.jpeg.earlier import earlier_compression
from tamis.examinations.provenance.jpeg.luminance import stored_luminance
from tamis.examinations.signal import double_map, grid_map, kind, specimens
from tamis.examinations.signal.applicable import NOT_APPLICABLE
from tamis.examinations.signal.coding import coding_of
from tamis.examinations.signal.earlier import earlier_grid
from tamis.examinations.signal.region import native_region
from tamis.media.containers.jpeg_structure import read_structure
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.examinations.signal.block_map import Region
    from tamis.examinations.signal.region import Luma
    from tamis.model import Content

LEAST_STRENGTH = {"grid": 80.0, "compression": 300.0}
"""Nats from which a region stands out, by the map it stands out of."""
_LEAST_LUMINANCE = 1 << 21


class LocalEvidence(Examination):
    """Whether a region of a picture lacks the earlier JPEG compression that the rest shows."""

    name: ClassVar[str] = "signal.local"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "T. Bianchi, A. Piva, Image forgery localization via block-grained analysis of JPEG "
        "artifacts, IEEE TIFS 7(3), 2012; Z. Lin et al., Fast, automatic and fine-grained tampered "
        "JPEG image detection via DCT coefficient analysis, Pattern Recognition 42(11), 2009; R. "
        "Neelamani et al., JPEG compression history estimation for color images, IEEE TIP 15(6), "
        "2006"
    )
    conditions: ClassVar[str] = (
        "Photographs that were a JPEG file before and are stored without loss, with 8 bits to a "
        "sample, or as a JPEG file with other steps on the same grid. Neither tiny, flat nor "
        "graphic. Of a large JPEG file the top is looked at."
    )
    failures: ClassVar[str] = (
        "It only ever raises a picture's place: under a hybrid lies a real photograph. A region "
        "that was retouched, blurred, brightened or written on after the first compression stands "
        "out like one that a model made: it says that a region has another history, not which. "
        "Not seen: a photograph that was no JPEG before or was resized since, a last compression "
        "as coarse as the first, a region smaller than about 32 pixels or nearly without texture, "
        "one of clipped colours, one that fills most of the picture, and a picture that went "
        "through a generator as a whole. A drawing may seem to stand out in a photograph."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return what could be looked at, and the region where one stands out."""
        found = of_jpeg(content) if content.format == "jpeg" else of_lossless(content)
        if isinstance(found, str):
            value: dict[str, object] = {"applicable": False, "reason": found}
            return [Observation("local.looked_at", value)]
        region, of_map, share = found
        looked: dict[str, object] = {
            "applicable": True,
            "map": of_map,
            "share": round(share, 3),
        }
        observations = [Observation("local.looked_at", looked)]
        score = region.strength / LEAST_STRENGTH[of_map]
        if score >= 1:
            value = {"map": of_map, **region.as_value()}
            observations.append(Observation("local.hybrid", value, round(score, 2)))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a photograph with a region put in, without, and those it cannot be looked for in.

        They are made in code.
        """
        looked = frozenset({"local.looked_at"})
        found = looked | {"local.hybrid"}
        return [
            Example("a region put in, stored without loss", specimens.pasted, found),
            Example("a region put in, saved as JPEG again", specimens.pasted_jpeg, found),
            Example("untouched since JPEG", specimens.kept, looked),
            Example("saved as JPEG twice", specimens.kept_jpeg, looked),
            Example("never a JPEG", specimens.never, looked),
        ]


Found = tuple["Region", str, float]


def of_lossless(content: Content) -> Found | str:
    """Return the strongest region, its map and the share of rows looked at, or why none were."""
    coding = coding_of(content)
    if coding.compression != "lossless":
        return "format"
    if content.truncated or content.luma is None:
        return "damaged"
    pixels = content.pixels
    region = native_region(content)
    if coding.unusual or pixels is None or region is None or content.scale != 1:
        return "samples"
    if _is_no_photograph(content.width, content.height, content.luma):
        return "kind"
    earlier = earlier_grid(content, region)
    if earlier is None:
        return "history"
    found = grid_map.find(content.luma, pixels, earlier)
    return "history" if found is None else (found, "grid", 1.0)


def of_jpeg(content: Content) -> Found | str:
    """Likewise, of a JPEG file."""
    if content.truncated:
        return "damaged"
    structure = read_structure(content.data)
    earlier = earlier_compression(content, structure)
    if earlier is None:
        return "history"
    luma = stored_luminance(content, structure, _LEAST_LUMINANCE)
    if luma is None:
        return "coding"
    if _is_no_photograph(structure.width, structure.height, luma):
        return "kind"
    found = double_map.find(luma, structure.used_tables[0].steps, earlier)
    share = min(luma.shape[0] / structure.height, 1)
    return "history" if found is None else (found, "compression", share)


def _is_no_photograph(width: int, height: int, luma: Luma) -> bool:
    return not luma.size or kind.kind_of(width, height, kind.measure(luma)) in NOT_APPLICABLE
