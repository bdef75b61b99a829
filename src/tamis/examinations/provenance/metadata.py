"""What the provenance examinations read: the embedded metadata of one media, parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import MAX_JSON, parse_json
from tamis.examinations.provenance.stealth import PLACE, StealthText, read_stealth
from tamis.media.embedded import Embedded, read_embedded
from tamis.media.exif import Exif, read_exif
from tamis.media.iptc import Iptc, read_iptc
from tamis.media.maker_note import MakerNote, read_canon_block, read_maker_note
from tamis.media.xmp import Xmp, read_xmp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.model import Content

_EXIF_TEXTS = (
    "UserComment",
    "ImageDescription",
    "DocumentName",
    "Make",
    "Model",
    "Software",
    "Artist",
    "Copyright",
    "HostComputer",
    "XPTitle",
    "XPComment",
    "XPKeywords",
    "XPSubject",
)
_XMP_TEXTS = (
    "UserComment",
    "description",
    "title",
    "CreatorTool",
    "Software",
    "parameters",
    "Credit",
    "AISystemUsed",
    "AISystemVersionUsed",
    "AIPromptInformation",
)
_NOTE = "provenance.metadata"
_PREFIXES = ("prompt:", "workflow:")
_MAX_HIDDEN_TEXTS = 32


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text somewhere in the metadata.

    Args:
        place: where it was found, e.g. ``png:parameters`` or ``exif:UserComment``.
        text: the whole of it.
        document: the text as JSON, where it is an object or an array.
    """

    place: str
    text: str
    document: object | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The embedded metadata of one media: the blocks, what they say, and hidden texts."""

    embedded: Embedded
    exif: Exif
    maker_note: MakerNote
    xmp: tuple[Xmp, ...]
    iptc: Iptc
    stealth: tuple[StealthText, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that was malformed or over a limit."""
        packets = (problem for packet in self.xmp for problem in packet.problems)
        hidden = (text.problem for text in self.stealth if text.problem)
        return (*self.embedded.problems, *self.exif.problems, *packets, *hidden)


def is_hidden(text: EmbeddedText) -> bool:
    """Say whether a text was hidden in the pixels."""
    return text.place.startswith(PLACE)


def read_metadata(content: Content) -> Metadata:
    """Read the metadata of a media, once for all examinations; never raises on malformed data."""
    known = content.notes.get(_NOTE)
    if isinstance(known, Metadata):
        return known
    content.notes[_NOTE] = metadata = _read(content)
    return metadata


def _read(content: Content) -> Metadata:
    embedded = read_embedded(content.format, content.data)
    exif = read_exif(embedded.exif, embedded.exif_parts)
    return Metadata(
        embedded=embedded,
        exif=exif,
        maker_note=_maker_note(embedded, exif),
        xmp=tuple(read_xmp(packet) for packet in embedded.xmp),
        iptc=read_iptc(embedded.iptc),
        stealth=() if content.pixels is None else tuple(read_stealth(content.pixels)),
    )


def _maker_note(embedded: Embedded, exif: Exif) -> MakerNote:
    if "maker_note" in embedded.exif_parts:
        return read_canon_block(embedded.exif_parts["maker_note"])
    offset, length = exif.tags.get("MakerNoteOffset"), exif.tags.get("MakerNote")
    if embedded.exif is None or not isinstance(offset, int) or not isinstance(length, int):
        return MakerNote()
    return read_maker_note(embedded.exif, offset, length, exif.text("Make"))


def texts(metadata: Metadata) -> tuple[EmbeddedText, ...]:
    """Return every text a generator is known to write into, in a fixed order."""
    found = []
    budget = MAX_JSON
    for place, text in _texts(metadata):
        body = text
        for prefix in _PREFIXES:
            body = body.removeprefix(prefix)
        document = parse_json(body) if len(body) <= budget else None
        if document is not None:
            budget -= len(body)
        found.append(EmbeddedText(place, text, document))
    return tuple(found)


def _texts(metadata: Metadata) -> Iterator[tuple[str, str]]:
    for keyword, text in metadata.embedded.texts:
        yield f"png:{keyword}", text
    for name, text in metadata.embedded.tags:
        yield f"mp4:{name}", text
    for name in _EXIF_TEXTS:
        text = metadata.exif.text(name)
        if text:
            yield f"exif:{name}", text
    for comment in metadata.embedded.comments:
        yield "comment", comment
    credit = metadata.iptc.text("Credit")
    if credit:
        yield "iptc:Credit", credit
    for packet in metadata.xmp:
        for name in _XMP_TEXTS:
            for text in packet.named(name):
                yield f"xmp:{name}", text
    for hidden in metadata.stealth:
        if not hidden.problem:
            yield from _hidden_texts(hidden)


def _hidden_texts(hidden: StealthText) -> Iterator[tuple[str, str]]:
    """Yield a hidden text; of a JSON object of texts, as NovelAI writes, each with its key."""
    document = parse_json(hidden.text)
    values = document.items() if isinstance(document, dict) else ()
    named = [(key, value) for key, value in values if isinstance(value, str)]
    if named and len(named) == len(values) - sum(value is None for _, value in values):
        for key, value in named[:_MAX_HIDDEN_TEXTS]:
            yield f"{hidden.place}:{key}", value
    else:
        yield hidden.place, hidden.text
