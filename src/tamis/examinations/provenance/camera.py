"""Camera metadata: which camera the file says it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.generators.unrecognised import names_generator
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.embedded import trailing_bytes
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.media.exif import Exif
    from tamis.model import Content, MediaKind

_MAX_NAME = 512
_MAX_CAMERA = 128
_NO_CAMERA = ("workflow:", "prompt:", "{", "[")

_TEXTS = {
    "camera.make": ("Make",),
    "camera.model": ("Model", "UniqueCameraModel"),
    "camera.lens": ("LensModel",),
    "camera.serial": ("BodySerialNumber", "CameraSerialNumber"),
    "camera.software": ("Software",),
    "camera.captured": ("DateTimeOriginal",),
}
_EXPOSURE = {
    "exposure_time": ("ExposureTime",),
    "f_number": ("FNumber",),
    "iso": ("ISO",),
    "focal_length": ("FocalLength",),
    "shutter_speed_value": ("ShutterSpeedValue",),
    "aperture_value": ("ApertureValue",),
}


class CameraMetadata(Examination):
    """The camera, the exposure and the time of capture in EXIF; the problems of all metadata."""

    name: ClassVar[str] = "provenance.camera"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = "Exif 3.0: CIPA DC-008-2023; TIFF 6.0; DNG 1.7"
    conditions: ClassVar[str] = (
        "EXIF of JPEG, PNG, WebP, HEIF, AVIF, JPEG 2000, JPEG XL and of TIFF, DNG and other raw "
        "files built on TIFF."
    )
    failures: ClassVar[str] = (
        "Anyone can copy the EXIF of a photo onto another picture; messengers and platforms strip "
        "it, so absence says nothing. Make and Model with the text of a generator are not taken "
        "for a camera. CR3 and RAF files and EXIF copied into XMP are not read; MakerNote is "
        "measured, not parsed."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return what EXIF says of the camera, and what was malformed in any metadata."""
        metadata = read_metadata(content)
        found = _camera(metadata.exif)
        observations = [Observation(name, value) for name, value in found.items()]
        trailing = trailing_bytes(content.format, content.data)
        if trailing:
            observations.append(Observation("metadata.trailer", trailing))
        if metadata.problems:
            problems: list[object] = [cut(problem, _MAX_NAME) for problem in metadata.problems]
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
        }
        return [
            Example(
                "a complete camera",
                lambda: specimens.jpeg_with_exif(_specimen()),
                frozenset(complete),
            ),
            Example(
                "Make only",
                lambda: specimens.jpeg_with_exif(specimens.exif({0x010F: "ACME"})),
                frozenset({"camera.make"}),
            ),
            Example(
                "a workflow in place of a camera",
                lambda: specimens.webp(
                    (b"EXIF", specimens.exif({0x010F: 'workflow:{"nodes":[]}'}))
                ),
                frozenset(),
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


def _camera(exif: Exif) -> dict[str, str | int | float | bool | dict[str, object]]:
    found: dict[str, str | int | float | bool | dict[str, object]] = {}
    for name, tags in _TEXTS.items():
        text = next((exif.text(tag) for tag in tags if exif.text(tag)), "")
        if name in ("camera.make", "camera.model") and not is_camera_name(text):
            continue
        if text and not (name == "camera.captured" and text.startswith("0000")):
            found[name] = cut(text, _MAX_NAME)
    exposure = _exposure(exif)
    if exposure:
        found["camera.exposure"] = exposure
    maker_note = exif.tags.get("MakerNote")
    if isinstance(maker_note, int) and maker_note:
        found["camera.maker_note"] = maker_note
    latitude, longitude = exif.tags.get("GPSLatitude"), exif.tags.get("GPSLongitude")
    if isinstance(latitude, float) and isinstance(longitude, float):
        found["camera.position"] = {"latitude": latitude, "longitude": longitude}
    shutter = exposure.keys() & {"exposure_time", "shutter_speed_value"}
    light = exposure.keys() & {"f_number", "aperture_value", "iso"}
    if shutter and light and {"camera.make", "camera.model", "camera.captured"} <= found.keys():
        found["camera.complete"] = True
    return found


def _exposure(exif: Exif) -> dict[str, object]:
    exposure: dict[str, object] = {}
    for name, tags in _EXPOSURE.items():
        value = exif.tags.get(tags[0])
        if isinstance(value, tuple):  # ISO may have several values
            value = value[0]
        if isinstance(value, (int, float)):
            exposure[name] = value
    return exposure


def _specimen() -> bytes:
    return specimens.exif(
        {0x010F: "ACME", 0x0110: "Obscura 1"},
        {0x829A: 0.008, 0x829D: 2.8, 0x8827: 200, 0x9003: "2024:05:06 07:08:09"},
    )
