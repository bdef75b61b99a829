"""What the structure of a JPEG file says of its making, all taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.examinations.provenance.camera import is_camera_name
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.jpeg import dates
from tamis.examinations.provenance.jpeg.quantisation import ijg, key
from tamis.examinations.provenance.jpeg.signatures import is_libjpeg, layout
from tamis.examinations.provenance.jpeg.thumbnail import LEAST_CORRELATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.examinations.provenance.jpeg.recompression import Recompression
    from tamis.examinations.provenance.jpeg.signatures import Signatures
    from tamis.examinations.provenance.jpeg.software import Program
    from tamis.examinations.provenance.jpeg.thumbnail import Comparison, Thumbnail
    from tamis.media.containers.jpeg_structure import JpegStructure
    from tamis.media.exif import Exif

_MAX_NAME = 128
_ENOUGH_LAYOUTS = 5
"""Files of a brand whose layout must be known before another layout speaks against it."""
_SAME_TIME = 3600
"""Seconds between capture and change that a slow camera may need; clocks of programs differ."""
_SAME_ASPECT = 0.01


@dataclass(frozen=True, slots=True)
class Facts:
    """What a conclusion is drawn from.

    Args:
        structure: of the file.
        exif: its EXIF.
        programs: that rewrote the file, as it says itself.
        thumbnail: in EXIF, where it has one.
        comparison: of thumbnail and picture; None where they were not compared.
        recompression: an earlier compression; None where none was found or looked for.
        added: what stands in the file that a camera does not write, or that contradicts it.
    """

    structure: JpegStructure
    exif: Exif
    programs: tuple[Program, ...] = ()
    thumbnail: Thumbnail | None = None
    comparison: Comparison | None = None
    recompression: Recompression | None = None
    added: tuple[str, ...] = ()

    @property
    def thumbnail_differs(self) -> bool:
        """Whether the thumbnail shows something else, or the same turned."""
        found = self.comparison
        return found is not None and (found.correlation < LEAST_CORRELATION or found.turned != 0)


def dimensions(exif: Exif, structure: JpegStructure) -> dict[str, object] | None:
    """Return how the size EXIF states differs from that of the picture; None where it does not.

    Returns:
        ``exif`` and ``picture``: ``WIDTHxHEIGHT``; ``finding``: ``turned`` where only the sides are
        swapped, ``resized`` where the sides have the same ratio, else ``cropped``.
    """
    width, height = exif.tags.get("PixelXDimension"), exif.tags.get("PixelYDimension")
    if not isinstance(width, int) or not isinstance(height, int):
        return None
    stated, actual = (width, height), (structure.width, structure.height)
    if min(*stated, *actual) <= 0 or stated == actual:
        return None
    ratio = max(stated) / min(stated) / (max(actual) / min(actual))
    finding = "resized" if abs(ratio - 1) < _SAME_ASPECT else "cropped"
    if stated == actual[::-1]:
        finding = "turned"
    return {
        "exif": f"{width}x{height}",
        "picture": f"{structure.width}x{structure.height}",
        "finding": finding,
    }


def conclude(facts: Facts, signatures: Signatures) -> dict[str, object]:
    """Return the conclusion.

    Returns:
        ``finding``: ``untouched_camera``, ``resaved`` or ``nothing``; ``camera`` or ``software``;
        ``reasons``: for ``nothing`` those for which the file is not taken for an untouched one.
    """
    resaved = list(_signs_of_rewriting(facts, signatures))
    if resaved:
        names = [name for _, name in resaved if name]
        software = {"software": cut(names[0], _MAX_NAME)} if names else {}
        reasons = list(dict.fromkeys(reason for reason, _ in resaved))
        return {"finding": "resaved", **software, "reasons": reasons}
    missing = list(_doubts(facts, signatures))
    if missing:
        return {"finding": "nothing", "reasons": missing}
    make, model = facts.exif.text("Make"), facts.exif.text("Model")
    return {
        "finding": "untouched_camera",
        "camera": {"make": cut(make, _MAX_NAME), "model": cut(model, _MAX_NAME)},
        "reasons": list(_agreements(facts, signatures)),
    }


def _signs_of_rewriting(facts: Facts, signatures: Signatures) -> Iterator[tuple[str, str]]:
    """Yield reason and, where it names one, program."""
    structure, make = facts.structure, facts.exif.text("Make")
    for program in facts.programs:
        declared = program.place.startswith(("exif:", "xmp:"))
        yield ("software_declared" if declared else "trace_of_encoder"), program.name
    tables = key(structure.used_tables)
    if not signatures.files_of_brand(make, tables, structure.sampling):
        for name, _ in signatures.programs(tables):
            yield "tables_of_program", name
    differing = dimensions(facts.exif, structure)
    if differing is not None and differing["finding"] != "turned":
        yield "dimensions_differ", ""
    if facts.thumbnail_differs:
        yield "thumbnail_differs", ""
    if facts.recompression is not None:
        yield "compressed_twice", ""
    found = layout(structure)
    if (
        is_libjpeg(found)
        and signatures.layouts_of_brand(make) >= _ENOUGH_LAYOUTS
        and not signatures.files_of_layout(make, found, structure.huffman, structure.sampling)
    ):
        yield "layout_of_libjpeg", "a program that uses libjpeg"


def _doubts(facts: Facts, signatures: Signatures) -> Iterator[str]:
    """Yield what keeps a file from being taken for an untouched one of a camera."""
    structure, exif = facts.structure, facts.exif
    make, model = exif.text("Make"), exif.text("Model")
    if not is_camera_name(make) or not is_camera_name(model):
        yield "no_camera_named"
        return
    yield from facts.added
    if not _tables_known(facts, signatures):
        yield "tables_unknown"
    found = layout(structure)
    if is_libjpeg(found):
        yield "layout_of_any_program"
    elif not signatures.files_of_layout(make, found, structure.huffman, structure.sampling):
        yield "layout_unknown"
    stated = exif.tags.get("PixelXDimension"), exif.tags.get("PixelYDimension")
    if stated != (structure.width, structure.height):
        yield "dimensions_unconfirmed"
    if facts.thumbnail is None:
        yield "no_thumbnail"
    if not exif.text("DateTimeOriginal") or dates.contradictions(exif):
        yield "dates_in_doubt"
    if dates.seconds_until_modified(exif) > _SAME_TIME:
        yield "modified_later"
    if any(marker.startswith("APP13:Photoshop") for marker in structure.markers):
        yield "photoshop_resources"


def _tables_known(facts: Facts, signatures: Signatures) -> bool:
    structure, make = facts.structure, facts.exif.text("Make")
    tables = structure.used_tables
    if signatures.files_of_brand(make, key(tables), structure.sampling):
        return True
    return signatures.chooses_quality(make, structure.sampling) and ijg(tables) is not None


def _agreements(facts: Facts, signatures: Signatures) -> Iterator[str]:
    structure, exif = facts.structure, facts.exif
    make, model = exif.text("Make"), exif.text("Model")
    tables = key(structure.used_tables)
    if signatures.files_of_model(make, model, tables, structure.sampling):
        yield "tables_of_model"
    elif signatures.files_of_brand(make, tables, structure.sampling):
        yield "tables_of_brand"
    else:
        yield "tables_of_family"
    yield "layout_of_brand"
    yield "dimensions_agree"
    if facts.comparison is not None:
        yield "thumbnail_agrees"
