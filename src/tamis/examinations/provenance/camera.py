"""Camera metadata: which camera the file says it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import capture, specimens, statements
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.generators.unrecognised import names_generator
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.embedded import trailing_bytes
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.examinations.provenance.metadata import Metadata
    from tamis.model import Content, MediaKind
    from tamis.model.observation import JsonValue

_MAX_CAMERA = 128
_NO_CAMERA = ("workflow:", "prompt:", "{", "[")


class CameraMetadata(Examination):
    """Camera, exposure, time, place and programs in all metadata, and what is wrong with them."""

    name: ClassVar[str] = "provenance.camera"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "2"
    reference: ClassVar[str] = (
        "Exif 3.0: CIPA DC-008-2023; TIFF 6.0; DNG 1.7; XMP: ISO 16684-1 and -2, CIPA DC-010-2020; "
        "IPTC-IIM 4.2; maker notes: tag tables of ExifTool and Exiv2"
    )
    conditions: ClassVar[str] = (
        "EXIF of JPEG, PNG, WebP, HEIF, AVIF, JPEG 2000, JPEG XL, CR3, RAF and of TIFF, DNG and "
        "other raw files built on TIFF; the maker notes of the larger makers; XMP; IPTC-IIM."
    )
    failures: ClassVar[str] = (
        "Anyone can copy the EXIF of a photo onto another picture; messengers and platforms strip "
        "it, so absence says nothing. Make and Model with the text of a generator are not taken "
        "for a camera. Enciphered parts of maker notes (most of Sony's, much of Nikon's) are not "
        "read, nor are maker notes outside EXIF; a program that moves a maker note without mending "
        "its offsets makes it unreadable."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return what EXIF says of the camera, and what was malformed in any metadata."""
        metadata = read_metadata(content)
        kinds = statements.blocks(metadata)
        found = _camera(metadata) | _statements(metadata, kinds) if kinds else {}
        observations = [Observation(name, value) for name, value in found.items()]
        trailing = trailing_bytes(content.format, content.data)
        if trailing:
            observations.append(Observation("metadata.trailer", trailing))
        if metadata.problems:
            problems: list[object] = [cut(text, capture.MAX_NAME) for text in metadata.problems]
            observations.append(Observation("metadata.problems", problems))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a complete camera, a poor one, and a generator in the place of a camera."""
        complete = {
            "camera.make",
            "camera.model",
            "camera.captured",
            "camera.exposure",
            "camera.complete",
            "metadata.blocks",
            "metadata.dates",
        }
        full = complete | {
            "camera.lens",
            "camera.lens_make",
            "camera.lens_serial",
            "camera.lens_specification",
            "camera.serial",
            "camera.internal_serial",
            "camera.owner",
            "camera.firmware",
            "camera.software",
            "camera.maker_note",
            "camera.position",
            "metadata.software",
            "metadata.description",
            "metadata.comment",
            "metadata.artist",
            "metadata.copyright",
        }
        return [
            Example(
                "a complete camera",
                lambda: specimens.jpeg_with_exif(_specimen()),
                frozenset(complete),
            ),
            Example(
                "all that EXIF and a maker note can say",
                lambda: specimens.jpeg_with_exif(specimens.full_exif()),
                frozenset(full),
            ),
            Example(
                "a camera in XMP only",
                lambda: specimens.jpeg_with_xmp(_copied()),
                frozenset(
                    {"camera.make", "camera.model", "camera.exposure", "camera.from_xmp"}
                    | {"metadata.blocks", "metadata.credit", "metadata.software"}
                ),
            ),
            Example(
                "Make only",
                lambda: specimens.jpeg_with_exif(specimens.exif({0x010F: "ACME"})),
                frozenset({"camera.make", "metadata.blocks"}),
            ),
            Example(
                "a workflow in place of a camera",
                lambda: specimens.webp(
                    (b"EXIF", specimens.exif({0x010F: 'workflow:{"nodes":[]}'}))
                ),
                frozenset({"metadata.blocks"}),
            ),
            Example(
                "data behind the picture",
                lambda: specimens.picture("JPEG") + b"a trailer",
                frozenset({"metadata.trailer"}),
            ),
            Example(
                "a file cut off in its header",
                lambda: specimens.jpeg_with_exif(_specimen())[:60],
                frozenset({"metadata.problems"}),
            ),
        ]


def is_camera_name(text: str) -> bool:
    """Say whether a Make or Model can be that of a camera: short, and not a generator's."""
    return (
        0 < len(text) <= _MAX_CAMERA
        and not text.startswith(_NO_CAMERA)
        and not names_generator(text)
    )


def _camera(metadata: Metadata) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    texts, from_xmp = capture.names(metadata)
    for name, text in texts.items():
        if name in ("camera.make", "camera.model") and not is_camera_name(text):
            continue
        if not (name == "camera.captured" and text.startswith("0000")):
            found[name] = text
    exposure, stated_in_xmp = capture.exposure(metadata)
    lens = capture.lens_specification(metadata)
    position = capture.position(metadata)
    others: dict[str, JsonValue] = {
        "camera.lens_specification": lens,
        "camera.exposure": exposure,
        "camera.position": position,
        "camera.maker_note": _maker_note(metadata),
    }
    found |= {name: value for name, value in others.items() if value}
    from_xmp &= found.keys()
    if stated_in_xmp:
        from_xmp.add("camera.exposure")
    if from_xmp:
        found["camera.from_xmp"] = [*sorted(from_xmp)]
    # No camera writes only XMP: what was copied into it makes nothing complete.
    shutter = exposure.keys() & {"exposure_time", "shutter_speed_value"}
    light = exposure.keys() & {"f_number", "aperture_value", "iso"}
    parts = {"camera.make", "camera.model", "camera.captured", "camera.exposure"}
    if shutter and light and parts <= found.keys() - from_xmp:
        found["camera.complete"] = True
    return found


def _maker_note(metadata: Metadata) -> dict[str, object]:
    """Return size, maker and facts of the maker note."""
    length = metadata.exif.tags.get("MakerNote")
    separate = metadata.embedded.exif_parts.get("maker_note")
    size = length if isinstance(length, int) else len(separate or b"")
    if not size:
        return {}
    note: dict[str, object] = {"bytes": size}
    if metadata.maker_note.maker:
        note["maker"] = metadata.maker_note.maker
    for name, value in metadata.maker_note.facts.items():
        note[name] = cut(value) if isinstance(value, str) else value
        if isinstance(value, tuple):
            note[name] = list(value)
    return note


def _statements(metadata: Metadata, kinds: list[object]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {"metadata.blocks": kinds}
    dates, programs = statements.dates(metadata), statements.programs(metadata)
    if dates:
        found["metadata.dates"] = dates
    if programs:
        found["metadata.software"] = programs
    return found | statements.texts(metadata)


def _specimen() -> bytes:
    return specimens.exif(
        {0x010F: "ACME", 0x0110: "Obscura 1"},
        {0x829A: 0.008, 0x829D: 2.8, 0x8827: 200, 0x9003: "2024:05:06 07:08:09"},
    )


def _copied() -> bytes:
    return specimens.xmp_packet(
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" tiff:Make="ACME" '
        'tiff:Model="Obscura 1" exif:ExposureTime="1/125" exif:FNumber="28/10" '
        'xmp:CreatorTool="Darkroom 2" photoshop:Credit="A. Photographer"'
    )
