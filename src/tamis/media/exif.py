"""EXIF (CIPA DC-008, Exif 3.0): the tags that tell how a picture was made.

Bounded: five directories at most, each read once; a value is cut at `MAX_VALUE` bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamis.media.containers.findings import decode
from tamis.media.containers.ifd import ASCII, UTF8, Entry, Tiff

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VALUE = 4 * 1024 * 1024
MAX_VALUES = 8 * 1024 * 1024
"""Bytes of all values: many entries may refer to the same ones."""

ExifValue = str | int | float | tuple[int | float | None, ...]

_EXIF_IFD, _GPS_IFD, _INTEROP_IFD = 0x8769, 0x8825, 0xA005
_USER_COMMENT, _MAKER_NOTE = 0x9286, 0x927C
_TEXT_IN_BYTES = frozenset({0x9000, 0xA000})

TAGS = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0112: "Orientation",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8822: "ExposureProgram",
    0x8827: "ISO",
    0x8833: "ISOSpeed",
    0x9000: "ExifVersion",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x9010: "OffsetTime",
    0x9011: "OffsetTimeOriginal",
    0x9012: "OffsetTimeDigitized",
    0x9201: "ShutterSpeedValue",
    0x9202: "ApertureValue",
    0x9204: "ExposureBiasValue",
    0x9207: "MeteringMode",
    0x9209: "Flash",
    0x920A: "FocalLength",
    0x927C: "MakerNote",
    0x9286: "UserComment",
    0x9290: "SubSecTime",
    0x9291: "SubSecTimeOriginal",
    0x9292: "SubSecTimeDigitized",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA000: "FlashpixVersion",
    0xA002: "PixelXDimension",
    0xA003: "PixelYDimension",
    0xA405: "FocalLengthIn35mmFilm",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA432: "LensSpecification",
    0xA433: "LensMake",
    0xA434: "LensModel",
    0xA435: "LensSerialNumber",
    0xA436: "ImageTitle",
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
    0xA43A: "RAWDevelopingSoftware",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
    0xC614: "UniqueCameraModel",
    0xC62F: "CameraSerialNumber",
    0xC630: "LensSpecification",
    # Written by Adobe's raw converters, in no standard.
    0xFDE8: "CameraOwnerName",
    0xFDE9: "BodySerialNumber",
    0xFDEA: "LensModel",
}
_GPS_TAGS = {
    0x01: "GPSLatitudeRef",
    0x02: "GPSLatitude",
    0x03: "GPSLongitudeRef",
    0x04: "GPSLongitude",
    0x05: "GPSAltitudeRef",
    0x06: "GPSAltitude",
    0x07: "GPSTimeStamp",
    0x1D: "GPSDateStamp",
}
_WANTED = TAGS.keys() | {_EXIF_IFD, _GPS_IFD, _INTEROP_IFD}
_THUMBNAIL_TAGS = {0x0201: "ThumbnailOffset", 0x0202: "ThumbnailLength"}
_INTEROP_TAGS = {1: "InteroperabilityIndex"}


@dataclass(frozen=True, slots=True)
class Exif:
    """What an EXIF block says.

    Args:
        tags: name to value. Text as text; a single number as int or float, several as a tuple, with
            None for a rational whose denominator is 0 (a single such one is left out);
            ``MakerNote`` as its length in bytes; ``GPSLatitude`` and ``GPSLongitude`` as signed
            degrees, ``GPSAltitude`` as signed metres, ``GPSTimeStamp`` as ``HH:MM:SS``;
            ``MakerNoteOffset`` and ``ThumbnailOffset`` in bytes from the start of the block.
        problems: what was malformed and left out.
    """

    tags: dict[str, ExifValue] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return a text tag without surrounding blanks; empty where it is absent."""
        value = self.tags.get(name)
        return value.strip() if isinstance(value, str) else ""


def read_exif(block: bytes | None, parts: Mapping[str, bytes] | None = None) -> Exif:
    """Parse an EXIF block (or a TIFF file); never raises on malformed data.

    Args:
        block: a TIFF structure.
        parts: directories that are TIFF structures of their own: ``exif`` and ``gps``.
    """
    block = block or (parts or {}).get("exif")
    tiff = Tiff.open(block) if block else None
    if tiff is None:
        return Exif({}, ("exif: no TIFF header",) if block else ())
    reader = _Reader(tiff)
    following = reader.read(tiff.first, TAGS)
    reader.read(reader.pointers.get(_EXIF_IFD, 0), TAGS)
    reader.read(reader.pointers.get(_GPS_IFD, 0), _GPS_TAGS)
    reader.read(reader.pointers.get(_INTEROP_IFD, 0), _INTEROP_TAGS)
    reader.read(following, _THUMBNAIL_TAGS)
    for name, tags in (("exif", TAGS), ("gps", _GPS_TAGS)):
        part = Tiff.open(parts[name]) if parts and name in parts else None
        if part is not None:
            reader.turn_to(part)
            reader.read(part.first, tags)
    _place(reader.tags)
    return Exif(reader.tags, tuple(f"exif: {problem}" for problem in reader.problems))


class _Reader:
    """Reads directories into one table of tags; the first value of a name counts."""

    def __init__(self, tiff: Tiff) -> None:
        self.tiff = tiff
        self.tags: dict[str, ExifValue] = {}
        self.problems: list[str] = []
        self.pointers: dict[int, int] = {}
        self.visited: set[int] = set()
        self.left = MAX_VALUES

    def turn_to(self, tiff: Tiff) -> None:
        """Go on with another structure."""
        self.tiff = tiff
        self.visited.clear()

    def read(self, offset: int, names: dict[int, str]) -> int:
        """Read the directory at `offset` (0: none) and return the offset of the next one."""
        if offset == 0:
            return 0
        if offset in self.visited:
            self.problems.append(f"the directory at offset {offset} is referred to twice")
            return 0
        self.visited.add(offset)
        directory = self.tiff.directory(offset, _WANTED if names is TAGS else names)
        self.problems.extend(directory.problems[:8])
        for entry in directory.entries:
            if names is TAGS and entry.tag in (_EXIF_IFD, _GPS_IFD, _INTEROP_IFD):
                self._point(entry)
            name = names.get(entry.tag)
            if name is not None and name not in self.tags:
                value = self._value(entry, name)
                if value is not None:
                    self.tags[name] = value
        return directory.next

    def _point(self, entry: Entry) -> None:
        numbers = self.tiff.numbers(entry)
        if numbers and isinstance(numbers[0], int):
            self.pointers.setdefault(entry.tag, numbers[0])

    def _value(self, entry: Entry, name: str) -> ExifValue | None:
        if entry.tag == _MAKER_NOTE:
            self.tags.setdefault("MakerNoteOffset", entry.offset)
            return len(entry.value)
        limit = min(MAX_VALUE, self.left)
        if len(entry.value) > limit:
            self.problems.append(f"{name} has {len(entry.value)} bytes; cut")
        raw = entry.value[:limit]
        self.left -= len(raw)
        if entry.type in (ASCII, UTF8):  # `decode` takes both for what they most likely are
            return _ascii(raw)
        if name.startswith("XP"):
            return bytes(raw).decode("utf-16-le", "replace").rstrip("\0")
        if entry.tag == _USER_COMMENT:
            return user_comment(bytes(raw), self.tiff.order)
        if entry.tag in _TEXT_IN_BYTES:
            return _ascii(raw)
        return _simplified(self.tiff.numbers(entry))


def user_comment(raw: bytes, order: str) -> str:
    """Decode a UserComment by its 8-byte character code.

    Writers disagree about the byte order of ``UNICODE``: the one that gives more characters below
    U+0100 is taken, `order` (``little`` or ``big``) where both give as many. Some write UTF-8.
    """
    code, body = raw[:8], raw[8:]
    if code == b"UNICODE\0":
        return _unicode(body, order).rstrip("\0")
    if code == b"JIS\0\0\0\0\0":
        return body.decode("iso2022_jp", "replace").rstrip("\0")
    if code in (b"ASCII\0\0\0", b"\0" * 8):
        return decode(body).rstrip("\0 ")
    return decode(raw).rstrip("\0 ")


def _unicode(body: bytes, order: str) -> str:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    zeros_first, zeros_second = body[::2].count(0), body[1::2].count(0)
    if zeros_first == zeros_second:
        if zeros_first == 0:
            try:
                return body.decode("utf-8")
            except UnicodeDecodeError:
                pass
        big = order == "big"
    else:
        big = zeros_first > zeros_second
    return body.decode("utf-16-be" if big else "utf-16-le", "replace")


def _ascii(raw: memoryview) -> str:
    return decode(bytes(raw).partition(b"\0")[0])


def _simplified(numbers: tuple[int | float | None, ...]) -> ExifValue | None:
    values = tuple(
        number if number is not None and math.isfinite(number) else None for number in numbers
    )
    if len(values) == 1:
        return values[0]
    return values or None


def _place(tags: dict[str, ExifValue]) -> None:
    """Turn the GPS tags into signed degrees and metres and a time of day, in place."""
    for name, limit, negative in (("GPSLatitude", 90, "S"), ("GPSLongitude", 180, "W")):
        parts = tags.pop(name, None)
        reference = tags.pop(f"{name}Ref", "")
        if isinstance(parts, (int, float)):
            parts = (parts,)
        if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3 or parts[0] is None:
            continue
        degrees = sum((part or 0) / 60**power for power, part in enumerate(parts))
        if not 0 <= degrees <= limit:
            continue
        sign = -1 if isinstance(reference, str) and reference.strip().upper() == negative else 1
        tags[name] = round(sign * degrees, 7)
    altitude, below = tags.pop("GPSAltitude", None), tags.pop("GPSAltitudeRef", 0)
    if isinstance(altitude, (int, float)):
        tags["GPSAltitude"] = -altitude if below in (1, 3, "1", "\1") else altitude
    time = tags.pop("GPSTimeStamp", None)
    if isinstance(time, tuple) and len(time) == 3:
        hours, minutes, seconds = (part or 0 for part in time)
        if 0 <= hours < 25 and 0 <= minutes < 61 and 0 <= seconds < 62:
            tags["GPSTimeStamp"] = f"{int(hours):02d}:{int(minutes):02d}:{_seconds(seconds)}"


def _seconds(value: float) -> str:
    """Write seconds with two digits in front of the point, and behind it as many as they have."""
    return f"{value:09.6f}".rstrip("0").rstrip(".")
