"""JPEG structure: which encoder wrote the file, and whether that agrees with what it says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.jpeg import dates, specimens, thumbnail
from tamis.examinations.provenance.jpeg.additions import additions
from tamis.examinations.provenance.jpeg.conclusion import Facts, conclude, dimensions
from tamis.examinations.provenance.jpeg.earlier import earlier_compression
from tamis.examinations.provenance.jpeg.quantisation import ijg, key
from tamis.examinations.provenance.jpeg.signatures import packaged
from tamis.examinations.provenance.jpeg.software import rewriters
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.containers.jpeg_structure import read_structure
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.examinations.provenance.jpeg.recompression import Recompression
    from tamis.examinations.provenance.jpeg.signatures import Signatures
    from tamis.examinations.provenance.jpeg.thumbnail import Comparison, Thumbnail
    from tamis.media.containers.jpeg_structure import JpegStructure as Structure
    from tamis.media.exif import Exif
    from tamis.model import Content

_MAX_ORDER = 2048
_MAX_CAMERAS = 8
_MAX_PROBLEMS = 8


class JpegStructure(Examination):
    """The encoder, the thumbnail, the dates and the size of a JPEG file, and what they add up to.

    Args:
        signatures: of cameras and programs; those that come with Tamis where left out.
    """

    name: ClassVar[str] = "provenance.jpeg"
    version: ClassVar[str] = "2"
    reference: ClassVar[str] = (
        "ITU-T T.81; JFIF 1.02; H. Farid, Digital image ballistics from JPEG quantization, "
        "Dartmouth TR2006-583 and TR2008-638; J. Kornblum, Using JPEG quantization tables to "
        "identify imagery processed by software, DFRWS 2008; E. Kee, M. Johnson, H. Farid, Digital "
        "image authentication from JPEG headers, IEEE TIFS 6(3), 2011; J. Lukas, J. Fridrich, "
        "Estimation of primary quantization matrix in double compressed JPEG images, DFRWS 2003; "
        "T. Pevny, J. Fridrich, Detection of double-compression in JPEG images for applications in "
        "steganography, IEEE TIFS 3(2), 2008"
    )
    conditions: ClassVar[str] = (
        "JPEG files. A camera is recognised only where its tables and the layout of its files were "
        "counted; docs/examinations.md says how many."
    )
    failures: ClassVar[str] = (
        "All of it can be forged with the tables and the EXIF of a camera. Phones that write with "
        "libjpeg cannot be told from programs that do, and are never called untouched. A program "
        "that keeps the tables, the layout and the metadata leaves no trace here. An earlier "
        "compression is not seen where the tables are the same, the picture was moved against the "
        "grid or resized in between, the later one is much stronger, or a large file is "
        "progressive; a drawing may seem compressed twice. Dates of GPS are not compared."
    )

    def __init__(self, signatures: Signatures | None = None) -> None:
        self._signatures = signatures

    def prepare(self) -> None:
        """Load the signatures, which takes 25 ms."""
        packaged()

    def examine(self, content: Content) -> list[Observation]:
        """Return what the structure says; nothing for a file that is no JPEG."""
        if content.format != "jpeg":
            return []
        structure = read_structure(content.data)
        metadata = read_metadata(content)
        small = thumbnail.find(metadata)
        programs = rewriters(metadata, structure)
        facts = Facts(
            structure,
            metadata.exif,
            tuple(programs),
            small,
            thumbnail.compare(content, small) if small is not None else None,
            earlier_compression(content, structure),
            tuple(additions(metadata)),
        )
        signatures = self._signatures or packaged()
        observations = _encoder(structure, signatures)
        observations.append(Observation("jpeg.structure", _structure(structure)))
        if programs:
            named: list[object] = [
                {"name": program.name, "place": program.place} for program in programs
            ]
            observations.append(Observation("jpeg.software", named))
        if facts.recompression is not None:
            observations.append(_second_compression(facts.recompression))
        observations += _declarations(metadata.exif, structure, small, facts)
        if structure.frame is not None and structure.used_tables:
            observations.append(Observation("jpeg.conclusion", conclude(facts, signatures)))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a plain file, one of each contradiction, and one cut short."""
        plain = {"jpeg.encoder", "jpeg.structure", "jpeg.conclusion"}
        return [
            Example("saved by libjpeg", specimens.plain, frozenset(plain)),
            Example("tables nobody is known for", specimens.unknown_tables, frozenset(plain)),
            Example(
                "tables of Photoshop",
                specimens.tables_of_photoshop,
                frozenset(plain | {"jpeg.signature"}),
            ),
            Example(
                "saved by an image editor",
                specimens.edited,
                frozenset(plain | {"jpeg.software"}),
            ),
            Example(
                "resized after capture, with impossible dates and a thumbnail",
                specimens.contradictory,
                frozenset(plain | {"jpeg.dates", "jpeg.dimensions", "jpeg.thumbnail"}),
            ),
            Example(
                "saved again at a higher quality",
                specimens.saved_twice,
                frozenset(plain | {"jpeg.second_compression"}),
            ),
            Example(
                "cut off in its header",
                lambda: specimens.plain()[:24],
                frozenset({"jpeg.structure"}),
            ),
        ]


def _second_compression(found: Recompression) -> Observation:
    value: dict[str, object] = {"earlier_quality": found.quality}
    if found.quality is None:
        value = {"earlier_steps": list(found.steps)}
    return Observation("jpeg.second_compression", value, round(found.score, 3))


def _encoder(structure: Structure, signatures: Signatures) -> list[Observation]:
    """Return what the tables are, and who is known to write them."""
    tables = structure.used_tables
    if not tables:
        return []
    quality = ijg(tables)
    name = "custom tables" if quality is None else str(quality)
    found = [
        Observation(
            "jpeg.encoder",
            f"{name}, {structure.sampling}",
            None if quality is None else float(quality.luminance),
        )
    ]
    digest = key(tables)
    programs = signatures.programs(digest)
    cameras = signatures.cameras(digest, structure.sampling)
    if programs or cameras:
        value: dict[str, object] = {"tables": digest}
        if programs:
            value["programs"] = [
                {"name": program, "evidence": evidence} for program, evidence in programs
            ]
        if cameras:
            value["cameras"] = [
                {"make": make, "model": model, "files": files}
                for make, model, files in cameras[:_MAX_CAMERAS]
            ]
            value["camera_models"] = len(cameras)
            value["camera_files"] = sum(files for _, _, files in cameras)
        found.append(Observation("jpeg.signature", value))
    return found


def _structure(structure: Structure) -> dict[str, object]:
    order = structure.order
    value: dict[str, object] = {
        "process": structure.process,
        "sampling": structure.sampling,
        "huffman": structure.huffman,
        "order": cut(order, _MAX_ORDER),
        "order_digest": hashlib.sha256(order.encode()).hexdigest()[:16],
    }
    if structure.used_tables:
        value["tables"] = key(structure.used_tables)
        value["table_bits"] = max(table.bits for table in structure.used_tables)
    if structure.restart_interval:
        value["restart_interval"] = structure.restart_interval
    if structure.jfif is not None:
        version, unit, horizontal, vertical = structure.jfif
        value["jfif"] = {"version": version, "unit": unit, "density": [horizontal, vertical]}
    if structure.adobe_transform is not None:
        value["adobe_transform"] = structure.adobe_transform
    if structure.problems:
        value["problems"] = list(structure.problems[:_MAX_PROBLEMS])
    return value


def _declarations(
    exif: Exif, structure: Structure, small: Thumbnail | None, facts: Facts
) -> list[Observation]:
    """Return what EXIF says that the picture contradicts, and the thumbnail."""
    found = []
    if small is not None:
        found.append(_thumbnail(small, facts))
    wrong = dates.contradictions(exif)
    later = dates.seconds_until_modified(exif)
    if later:
        wrong["modified_after_capture"] = later
    if wrong:
        found.append(Observation("jpeg.dates", wrong))
    differing = dimensions(exif, structure)
    if differing is not None:
        found.append(Observation("jpeg.dimensions", differing))
    return found


def _thumbnail(small: Thumbnail, facts: Facts) -> Observation:
    value: dict[str, object] = {
        "bytes": len(small.data),
        "width": small.structure.width,
        "height": small.structure.height,
    }
    comparison: Comparison | None = facts.comparison
    if comparison is None:
        return Observation("jpeg.thumbnail", value)
    value["mismatch"] = facts.thumbnail_differs
    if comparison.turned:
        value["turned"] = comparison.turned
    return Observation("jpeg.thumbnail", value, round(comparison.correlation, 3))
