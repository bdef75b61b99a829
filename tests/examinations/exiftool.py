"""Our reading of metadata against exiftool's: which facts it finds, and which of them we have.

exiftool is an oracle for tests only. A fact is one tag of one file that has a value there; what
exiftool derives by tables of its own (its group *Composite*, names of lenses looked up by number)
is no fact of the file. Run it for the table: ``python tests/examinations/exiftool.py FOLDER``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamis.examinations.provenance.metadata import Metadata, read_metadata
from tamis.media.sniff import sniff
from tamis.model import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Getter = Callable[[Metadata], object]

EXIF = ("IFD0", "ExifIFD", "SubIFD", "IFD1")
TIFF, EXIF_NS = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
AUX, EXIF_EX = "http://ns.adobe.com/exif/1.0/aux/", "http://cipa.jp/exif/1.0/"
XMP, EVENT = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
PHOTOSHOP, DC = "http://ns.adobe.com/photoshop/1.0/", "http://purl.org/dc/elements/1.1/"

_EXIF_TAGS = {
    "Make": "Make",
    "Model": "Model",
    "UniqueCameraModel": "UniqueCameraModel",
    "Software": "Software",
    "DateTimeOriginal": "DateTimeOriginal",
    "CreateDate": "DateTimeDigitized",
    "ModifyDate": "DateTime",
    "SubSecTime": "SubSecTime",
    "SubSecTimeOriginal": "SubSecTimeOriginal",
    "SubSecTimeDigitized": "SubSecTimeDigitized",
    "OffsetTime": "OffsetTime",
    "OffsetTimeOriginal": "OffsetTimeOriginal",
    "OffsetTimeDigitized": "OffsetTimeDigitized",
    "ExposureTime": "ExposureTime",
    "FNumber": "FNumber",
    "ISO": "ISO",
    "FocalLength": "FocalLength",
    "Flash": "Flash",
    "ExposureProgram": "ExposureProgram",
    "Orientation": "Orientation",
    "LensModel": "LensModel",
    "LensMake": "LensMake",
    "LensInfo": "LensSpecification",
    "LensSerialNumber": "LensSerialNumber",
    "SerialNumber": ("BodySerialNumber", "CameraSerialNumber"),
    "OwnerName": "CameraOwnerName",
    "ImageUniqueID": "ImageUniqueID",
    "ImageDescription": "ImageDescription",
    "UserComment": "UserComment",
    "Artist": "Artist",
    "Copyright": "Copyright",
    "XPAuthor": "XPAuthor",
    "XPComment": "XPComment",
}
_NOTE_TAGS = {
    "SerialNumber": "serial",
    "InternalSerialNumber": "internal_serial",
    "LensModel": "lens",
    "Lens": "lens_specification",
    "LensSerialNumber": "lens_serial",
    "CanonFirmwareVersion": "firmware",
    "OwnerName": "owner",
    "ImageUniqueID": "image_id",
    "ShutterCount": "shutter_count",
    "Make": "make",
    "EpsonSoftware": "software",
}
_MAKERS = {
    "Canon": None,
    "Nikon": None,
    "Olympus": None,
    "Panasonic": {"FirmwareVersion": "firmware"},
    "Pentax": None,
    "Ricoh": {"FirmwareVersion": "firmware"},
    "FujiFilm": None,
    "Sony": None,
    "Samsung": None,
    "DJI": None,
    "Casio": {"FirmwareDate": "firmware"},
    "Kodak": None,
    "HP": None,
    "Reconyx": None,
    "Apple": None,
}
_XMP_TAGS = {
    "XMP-tiff:Make": (TIFF, "Make"),
    "XMP-tiff:Model": (TIFF, "Model"),
    "XMP-tiff:Software": (TIFF, "Software"),
    "XMP-tiff:Artist": (TIFF, "Artist"),
    "XMP-exif:DateTimeOriginal": (EXIF_NS, "DateTimeOriginal"),
    "XMP-exif:DateTimeDigitized": (EXIF_NS, "DateTimeDigitized"),
    "XMP-exif:ExposureTime": (EXIF_NS, "ExposureTime"),
    "XMP-exif:FNumber": (EXIF_NS, "FNumber"),
    "XMP-exif:FocalLength": (EXIF_NS, "FocalLength"),
    "XMP-exif:ISO": (EXIF_NS, "ISOSpeedRatings"),
    "XMP-aux:Lens": (AUX, "Lens"),
    "XMP-aux:SerialNumber": (AUX, "SerialNumber"),
    "XMP-aux:LensSerialNumber": (AUX, "LensSerialNumber"),
    "XMP-aux:Firmware": (AUX, "Firmware"),
    "XMP-exifEX:LensModel": (EXIF_EX, "LensModel"),
    "XMP-exifEX:SerialNumber": (EXIF_EX, "BodySerialNumber"),
    "XMP-xmp:CreatorTool": (XMP, "CreatorTool"),
    "XMP-xmp:CreateDate": (XMP, "CreateDate"),
    "XMP-xmp:ModifyDate": (XMP, "ModifyDate"),
    "XMP-xmp:MetadataDate": (XMP, "MetadataDate"),
    "XMP-xmpMM:HistorySoftwareAgent": (EVENT, "softwareAgent"),
    "XMP-photoshop:DateCreated": (PHOTOSHOP, "DateCreated"),
    "XMP-photoshop:Credit": (PHOTOSHOP, "Credit"),
    "XMP-dc:Description": (DC, "description"),
    "XMP-dc:Creator": (DC, "creator"),
    "XMP-dc:Rights": (DC, "rights"),
}
_IPTC_TAGS = (
    "By-line",
    "Caption-Abstract",
    "CopyrightNotice",
    "Credit",
    "DateCreated",
    "DigitalCreationDate",
    "OriginatingProgram",
)
_ELSEWHERE = re.compile(
    r"(CIFF|CanonRaw|GoPro|PictureInfo|MetaIFD|H264|RIFF|QuickTime|UserData|ItemList):"
    r"(Make|Model|Software|DateTimeOriginal|SerialNumber|CameraSerialNumber|OwnerName|CameraOwner"
    r"|FNumber|ExposureTime|FocalLength)"
)
"""Blocks of single makers and of videos, beside EXIF, XMP and IPTC: not read, and counted so."""


def _exif(tags: str | tuple[str, ...]) -> Getter:
    names = (tags,) if isinstance(tags, str) else tags

    def get(metadata: Metadata) -> object:
        return next(
            (metadata.exif.tags[name] for name in names if name in metadata.exif.tags), None
        )

    return get


def _note(fact: str) -> Getter:
    return lambda metadata: metadata.maker_note.facts.get(fact)


def _xmp(name: tuple[str, str]) -> Getter:
    def get(metadata: Metadata) -> object:
        values = [value for packet in metadata.xmp for value in packet.values(*name)]
        return values or None

    return get


def _iptc(name: str) -> Getter:
    return lambda metadata: list(metadata.iptc.texts.get(name, ())) or None


def facts() -> Iterator[tuple[str, tuple[str, ...], Getter]]:
    """Yield every kind of fact: its name, exiftool's tags, and how to get ours."""
    for tag, ours in _EXIF_TAGS.items():
        yield f"EXIF {tag}", tuple(f"{group}:{tag}" for group in EXIF[:3]), _exif(ours)
    for tag, fact in _NOTE_TAGS.items():
        yield f"MakerNote {tag}", tuple(f"{maker}:{tag}" for maker in _MAKERS), _note(fact)
    for maker, further in _MAKERS.items():
        for tag, fact in (further or {}).items():
            yield f"MakerNote {maker} {tag}", (f"{maker}:{tag}",), _note(fact)
    for tag, name in _XMP_TAGS.items():
        yield tag, (tag, tag.replace("XMP-", "XML-")), _xmp(name)
    for tag in _IPTC_TAGS:
        yield f"IPTC {tag}", (f"IPTC:{tag}",), _iptc(tag)
    for tag in ("GPSAltitude", "GPSTimeStamp", "GPSDateStamp"):
        yield f"GPS {tag}", (f"GPS:{tag}",), _exif(tag)


def compare(record: dict[str, Any], metadata: Metadata) -> Iterator[tuple[str, object, object]]:
    """Yield name, exiftool's value and ours of every fact exiftool finds in one file."""
    for name, tags, get in facts():
        serial = name.startswith("MakerNote") and "Serial" in name
        theirs = next(
            (record[tag] for tag in tags if meaningful(record.get(tag), serial=serial)), None
        )
        if theirs is not None:
            yield name, theirs, get(metadata)
    for tag, negative in (("GPSLatitude", "S"), ("GPSLongitude", "W")):
        value = record.get(f"GPS:{tag}")
        if isinstance(value, (int, float)):
            sign = -1 if str(record.get(f"GPS:{tag}Ref"))[:1] == negative else 1
            yield f"GPS {tag}", sign * value, metadata.exif.tags.get(tag)
    groups = {key.partition(":")[0] for key in record}
    if any(group.startswith(("XMP-", "XML-")) for group in groups):
        yield "XMP present", True, bool(metadata.embedded.xmp) or None
    if "IPTC" in groups:
        yield "IPTC present", True, bool(metadata.embedded.iptc) or None
    for tag, value in record.items():
        if _ELSEWHERE.fullmatch(tag) and meaningful(value):
            yield "elsewhere", f"{tag}={value}", None


def meaningful(value: object, *, serial: bool = False) -> bool:
    """Whether a value says something: neither blank nor undefined, nor a serial number of zeros."""
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    if serial and not text.strip("0 "):
        return False
    return value is not None and bool(text.strip(" \0?")) and text not in ("undef", "inf")


def same(theirs: object, ours: object) -> bool:
    """Whether two values are one, but for how each program writes it."""
    if ours is None:
        return False
    if isinstance(theirs, list):
        return isinstance(ours, list) and list(map(text_of, theirs)) == list(map(text_of, ours))
    if isinstance(ours, list):
        ours = ours[0]
    if isinstance(ours, tuple):
        if isinstance(theirs, str):
            parts = [_float(part) for part in theirs.split()]
            return len(parts) == len(ours) and all(map(_near, parts, ours))
        ours = ours[0]
    left, right = _float(theirs), _float(ours)
    if left is not None and right is not None:
        return _near(left, right)
    return text_of(theirs) == text_of(ours) or str(theirs).replace(" ", ".") == ours


def text_of(value: object) -> str:
    """A value as text: exiftool puts a question mark for what is no UTF-8, and dates in colons."""
    text = re.sub(r"[^\x21-\x7e]+|\?+", "?", str(value)).strip("?")
    return re.sub(r"^(\d{4})[-:]?(\d\d)[-:]?(\d\d)(?:T|\?)?", r"\1:\2:\3 ", text)


def _float(value: object) -> float | None:
    try:
        above, slash, below = str(value).partition("/")
        return float(above) / (float(below) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        return None


def _near(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return abs(left - right) <= 1e-5 * max(1.0, abs(left))


def records(paths: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield what exiftool says of each file, by one process."""
    listed = list(paths)
    result = subprocess.run(
        ["exiftool", "-j", "-G1", "-n", "-@", "-"],
        input="\n".join(map(str, listed)), capture_output=True, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    for record in json.loads(result.stdout):
        yield Path(record["SourceFile"]), record


def read(path: Path) -> Metadata:
    """What we read of a file."""
    data = path.read_bytes()
    found = sniff(data[:65536])
    return read_metadata(Content(data, found.format, found.mime, found.kind))


def pictures(corpus: Path) -> list[Path]:
    """The files compared: all of the corpus but those made to be malformed."""
    listed = {".csv", ".json", ".md", ".pth"}
    return sorted(
        path
        for folder in ("real", "formats", "meta", "ai", "c2pa")
        for path in (corpus / folder).rglob("*")
        if path.is_file() and path.suffix not in listed and path.name != "LICENSE"
    )


def main() -> None:
    """Print the table of facts, and what differs."""
    has: Counter[str] = Counter()
    found: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for path, record in records(pictures(Path(sys.argv[1]))):
        for name, theirs, ours in compare(record, read(path)):
            has[name] += 1
            found[name] += ours is not None
            equal[name] += same(theirs, ours)
            if not same(theirs, ours):
                print(f"{path.name}: {name}: {str(theirs)[:80]!r} {str(ours)[:80]!r}")
    for name in has:
        print(f"{name:36}{has[name]:6}{found[name]:6}{equal[name]:6}")
    print(f"{'all':36}{has.total():6}{found.total():6}{equal.total():6}")
    print(f"{equal.total() / has.total():.4%}")


if __name__ == "__main__":
    main()
