"""What the metadata say of dates, programs, authors and contents, with the place of each.

Places are kept apart on purpose: EXIF, XMP and IPTC-IIM of an untouched file agree, and an editor
that writes only one of them leaves the others as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.capture import EXIF, TIFF, gps_time
from tamis.examinations.provenance.evidence import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.examinations.provenance.metadata import Metadata

MAX_STATED = 2048
"""Characters of one text that are stored."""
MAX_DATE = 64
MAX_PROGRAMS = 64
MAX_REPEATED = 16
"""Texts of one place that are stored."""

_XMP = "http://ns.adobe.com/xap/1.0/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_DC = "http://purl.org/dc/elements/1.1/"

_EXIF_DATES = (
    ("DateTimeOriginal", "SubSecTimeOriginal", "OffsetTimeOriginal"),
    ("DateTimeDigitized", "SubSecTimeDigitized", "OffsetTimeDigitized"),
    ("DateTime", "SubSecTime", "OffsetTime"),
)
_XMP_DATES = (
    (_XMP, "CreateDate"),
    (_XMP, "ModifyDate"),
    (_XMP, "MetadataDate"),
    (EXIF, "DateTimeOriginal"),
    (EXIF, "DateTimeDigitized"),
    (TIFF, "DateTime"),
    (_PHOTOSHOP, "DateCreated"),
)
_IPTC_DATES = (("DateCreated", "TimeCreated"), ("DigitalCreationDate", "DigitalCreationTime"))

_EXIF_PROGRAMS = (
    "Software",
    "RAWDevelopingSoftware",
    "ImageEditingSoftware",
    "MetadataEditingSoftware",
)
_XMP_PROGRAMS = ((TIFF, "Software"), (_XMP, "CreatorTool"), (_EVENT, "softwareAgent"))

_TEXTS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[str, ...]]] = {
    "metadata.description": (
        ("ImageDescription", "ImageTitle", "XPTitle", "XPSubject"),
        ((_DC, "description"), (_DC, "title"), (TIFF, "ImageDescription")),
        ("Caption-Abstract", "Headline", "ObjectName"),
    ),
    "metadata.comment": (("UserComment", "XPComment"), ((EXIF, "UserComment"),), ()),
    "metadata.artist": (
        ("Artist", "XPAuthor", "Photographer"),
        ((_DC, "creator"), (TIFF, "Artist")),
        ("By-line",),
    ),
    "metadata.copyright": (
        ("Copyright",),
        ((_DC, "rights"), (TIFF, "Copyright")),
        ("CopyrightNotice",),
    ),
    "metadata.credit": (
        (),
        ((_PHOTOSHOP, "Credit"), (_PHOTOSHOP, "Source")),
        ("Credit", "Source"),
    ),
}
"""Observation to where it stands: EXIF tags, XMP properties, IPTC datasets."""

_PREFIXES = {
    TIFF: "xmp:tiff:",
    EXIF: "xmp:exif:",
    _XMP: "xmp:",
    _EVENT: "xmp:History:",
    _PHOTOSHOP: "xmp:photoshop:",
    _DC: "xmp:dc:",
}


def blocks(metadata: Metadata) -> list[object]:
    """Return the kinds of metadata the file has."""
    embedded = metadata.embedded
    present = {
        "exif": metadata.exif.tags,
        "maker_note": metadata.exif.tags.get("MakerNote") or embedded.exif_parts.get("maker_note"),
        "xmp": embedded.xmp,
        "iptc": embedded.iptc,
        "text": embedded.texts,
        "comment": embedded.comments,
    }
    return [name for name, block in present.items() if block]


def dates(metadata: Metadata) -> dict[str, object]:
    """Return every date, as written, EXIF's with fractions of a second and offset from UTC."""
    found: dict[str, object] = {}
    exif = metadata.exif
    for name, fraction, offset in _EXIF_DATES:
        text = exif.text(name)
        if text:
            digits = exif.text(fraction)
            if digits.isdigit():
                text += f".{digits}"
            found[f"exif:{name}"] = cut(text + exif.text(offset), MAX_DATE)
    time = gps_time(exif)
    if time:
        found["exif:GPS"] = time
    for place, text in _properties(metadata, _XMP_DATES):
        found.setdefault(place, cut(text, MAX_DATE))
    for day, hour in _IPTC_DATES:
        text = f"{metadata.iptc.text(day)} {metadata.iptc.text(hour)}".strip()
        if text:
            found[f"iptc:{day}"] = cut(text, MAX_DATE)
    return found


def programs(metadata: Metadata) -> list[object]:
    """Return the programs that say they wrote the file, in the order they would have done so.

    EXIF and PNG text first, then XMP with its history, then IPTC; the same twice in a row is once.
    """
    found: list[object] = []
    last = ""
    for place, text in _programs(metadata):
        if text and text != last and len(found) < MAX_PROGRAMS:
            found.append({"place": place, "text": cut(text, MAX_STATED)})
            last = text
    return found


def _programs(metadata: Metadata) -> Iterator[tuple[str, str]]:
    for name in _EXIF_PROGRAMS:
        yield f"exif:{name}", metadata.exif.text(name)
    for keyword, text in metadata.embedded.texts:
        if keyword == "Software":
            yield "png:Software", text.strip()
    yield from _properties(metadata, _XMP_PROGRAMS)
    program = metadata.iptc.text("OriginatingProgram")
    if program:
        version = metadata.iptc.text("ProgramVersion")
        yield "iptc:OriginatingProgram", f"{program} {version}".strip()


def texts(metadata: Metadata) -> dict[str, dict[str, object]]:
    """Return what is said of contents and rights: observation to place to text, or to texts."""
    found: dict[str, dict[str, object]] = {}
    for name, (tags, properties, datasets) in _TEXTS.items():
        stated: dict[str, list[str]] = {}
        for tag in tags:
            text = metadata.exif.text(tag)
            if text:
                stated[f"exif:{tag}"] = [text]
        for place, text in _properties(metadata, properties):
            stated.setdefault(place, []).append(text)
        for dataset in datasets if metadata.iptc.raw else ():
            values = [text for text in metadata.iptc.texts.get(dataset, ()) if text.strip("\0 ")]
            if values:
                stated[f"iptc:{dataset}"] = values
        if stated:
            found[name] = {place: _bounded(values) for place, values in stated.items()}
    comments = [text.strip("\0 ") for text in metadata.embedded.comments if text.strip("\0 ")]
    if comments:
        found.setdefault("metadata.comment", {})["comment"] = _bounded(comments)
    return found


def _bounded(values: list[str]) -> object:
    """Return one text as such and several as a list, all of them cut."""
    texts = [cut(text.strip(" \t\r\n\0"), MAX_STATED) for text in values[:MAX_REPEATED]]
    return texts[0] if len(texts) == 1 else texts


def _properties(
    metadata: Metadata, names: tuple[tuple[str, str], ...]
) -> Iterator[tuple[str, str]]:
    """Yield place and text of every value of these XMP properties."""
    for packet in metadata.xmp:
        for namespace, name in names:
            for text in packet.values(namespace, name):
                yield f"{_PREFIXES[namespace]}{name}", text
