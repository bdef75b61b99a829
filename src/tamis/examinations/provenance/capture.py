"""What the metadata say of camera, exposure, time and place, merged from every block.

EXIF counts first, then the maker note, then XMP (ISO 16684-2 and CIPA DC-010: the ``tiff:``,
``exif:``, ``exifEX:`` and ``aux:`` properties), which editors fill from EXIF and often keep where
EXIF is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import cut, number

if TYPE_CHECKING:
    from tamis.examinations.provenance.metadata import Metadata
    from tamis.media.exif import Exif

MAX_NAME = 512
"""Characters of a name that are stored."""

TIFF = "http://ns.adobe.com/tiff/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
AUX = "http://ns.adobe.com/exif/1.0/aux/"
EXIF_EX = "http://cipa.jp/exif/1.0/"

_Places = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]

NAMES: dict[str, _Places] = {
    "camera.make": (("Make",), (), ((TIFF, "Make"),)),
    "camera.model": (("Model", "UniqueCameraModel"), (), ((TIFF, "Model"),)),
    "camera.lens": (
        ("LensModel",),
        ("lens",),
        ((EXIF_EX, "LensModel"), (AUX, "Lens")),
    ),
    "camera.lens_make": (("LensMake",), (), ((EXIF_EX, "LensMake"),)),
    "camera.serial": (
        ("BodySerialNumber", "CameraSerialNumber"),
        ("serial",),
        ((EXIF_EX, "BodySerialNumber"), (EXIF_EX, "SerialNumber"), (AUX, "SerialNumber")),
    ),
    "camera.lens_serial": (
        ("LensSerialNumber",),
        ("lens_serial",),
        ((EXIF_EX, "LensSerialNumber"), (AUX, "LensSerialNumber")),
    ),
    "camera.internal_serial": ((), ("internal_serial",), ()),
    "camera.owner": (
        ("CameraOwnerName",),
        ("owner",),
        ((EXIF_EX, "CameraOwnerName"), (AUX, "OwnerName")),
    ),
    "camera.firmware": (("CameraFirmware",), ("firmware",), ((AUX, "Firmware"),)),
    "camera.software": (("Software",), (), ()),
    "camera.captured": (("DateTimeOriginal",), (), ()),
}
"""Observation to where it stands: EXIF tags, facts of the maker note, XMP properties."""

_EXPOSURE: dict[str, tuple[str, str]] = {
    "exposure_time": ("ExposureTime", "ExposureTime"),
    "f_number": ("FNumber", "FNumber"),
    "iso": ("ISO", "ISOSpeedRatings"),
    "focal_length": ("FocalLength", "FocalLength"),
    "shutter_speed_value": ("ShutterSpeedValue", "ShutterSpeedValue"),
    "aperture_value": ("ApertureValue", "ApertureValue"),
    "exposure_bias": ("ExposureBiasValue", "ExposureBiasValue"),
    "exposure_program": ("ExposureProgram", "ExposureProgram"),
    "metering_mode": ("MeteringMode", "MeteringMode"),
    "flash": ("Flash", ""),
}


def names(metadata: Metadata) -> tuple[dict[str, str], set[str]]:
    """Return the texts of `NAMES` that are there, and the names of those only XMP has."""
    found: dict[str, str] = {}
    from_xmp: set[str] = set()
    note = metadata.maker_note.facts
    for name, (tags, facts, properties) in NAMES.items():
        text = ""
        for tag in tags:
            text = text or metadata.exif.text(tag)
        if not text and facts and facts[0] in note:
            text = str(note[facts[0]])
        if not text and metadata.xmp:
            text = first_property(metadata, properties)
            if text:
                from_xmp.add(name)
        if text:
            found[name] = cut(text, MAX_NAME)
    return found, from_xmp


def first_property(metadata: Metadata, properties: tuple[tuple[str, str], ...]) -> str:
    """Return the first value of the first of these XMP properties that has one."""
    for namespace, name in properties:
        for packet in metadata.xmp:
            values = packet.values(namespace, name)
            if values:
                return values[0]
    return ""


def exposure(metadata: Metadata) -> tuple[dict[str, object], bool]:
    """Return the exposure, and whether it stands in XMP only."""
    found: dict[str, object] = {}
    for name, (tag, _) in _EXPOSURE.items():
        value = metadata.exif.tags.get(tag)
        if isinstance(value, tuple):  # ISO may have several values, of which the first counts
            value = value[0] if tag == "ISO" else None
        if isinstance(value, (int, float)):
            found[name] = value
    if found or not metadata.xmp:
        return found, False
    for name, (_, local) in _EXPOSURE.items():
        stated = fraction(first_property(metadata, ((EXIF, local),)))
        if stated is not None:
            found[name] = stated
    return found, bool(found)


def fraction(text: str) -> float | None:
    """Return the number a text such as ``1/125`` or ``2.8`` means; None where it means none."""
    above, slash, below = text.partition("/")
    numerator = number(above)
    denominator = number(below) if slash else 1.0
    if numerator is None or not denominator:
        return None
    return number(numerator / denominator)


def lens_specification(metadata: Metadata) -> list[object] | None:
    """Return shortest and longest focal length in mm and the f-number at each, None for unknown."""
    stated = metadata.exif.tags.get("LensSpecification")
    if not isinstance(stated, tuple):
        stated = metadata.maker_note.facts.get("lens_specification")
    if not isinstance(stated, tuple) or len(stated) != 4:
        return None
    return [value or None for value in stated] if any(stated) else None


def position(metadata: Metadata) -> dict[str, object]:
    """Return latitude and longitude in degrees, altitude in metres, date and time in UTC.

    What EXIF has; latitude and longitude of XMP where EXIF has neither.
    """
    tags = metadata.exif.tags
    found: dict[str, object] = {}
    for name, tag in (("latitude", "GPSLatitude"), ("longitude", "GPSLongitude")):
        value = tags.get(tag)
        if not isinstance(value, float) and metadata.xmp:
            value = _coordinate(first_property(metadata, ((EXIF, tag),)))
        if isinstance(value, float):
            found[name] = value
    altitude = tags.get("GPSAltitude")
    if isinstance(altitude, (int, float)):
        found["altitude"] = altitude
    time = gps_time(metadata.exif)
    if time:
        found["time"] = time
    return found


def gps_time(exif: Exif) -> str:
    """Return the date and the time of the GPS receiver, in UTC, as far as they are there."""
    return cut(f"{exif.text('GPSDateStamp')} {exif.text('GPSTimeStamp')}".strip(), MAX_NAME)


def _coordinate(text: str) -> float | None:
    """Return signed degrees of ``DDD,MM,SSk`` or ``DDD,MM.mmk`` (ISO 16684-1), None for others."""
    parts = [number(part) for part in text[:-1].split(",")]
    if text[-1:] not in ("N", "S", "E", "W") or len(parts) > 3 or None in parts:
        return None
    degrees = sum((part or 0.0) / 60.0**power for power, part in enumerate(parts))
    if not 0 <= degrees <= (90 if text[-1] in "NS" else 180):
        return None
    return round(-degrees if text[-1] in "SW" else degrees, 7)
