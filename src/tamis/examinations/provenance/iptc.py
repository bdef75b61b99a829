"""IPTC digital source type: how the file says it came to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.evidence import excerpt
from tamis.examinations.provenance.metadata import Metadata, read_metadata
from tamis.model import Observation, Origin
from tamis.model.origin import IPTC_BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.model import Content, MediaKind

_PROPERTY = "DigitalSourceType"
_CREDITS = ("Credit", "Source")
_AI_CREDIT = re.compile(
    r"\b(?:made|edited|created|generated) (?:with|by|using) (?:[a-z]+ )?ai\b|\bai[- ]generated\b",
    re.IGNORECASE,
)
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_MAX_VALUE = 512
_MAX_VALUES = 64
_SCHEMA_ORG = "digitalsource"

_TERMS: dict[str, str] = {origin.value.casefold(): origin.value for origin in Origin} | {
    # C2PA's own terms, and the one of schema.org that has another name.
    "empty": "empty",
    "trainedalgorithmicdata": "trainedAlgorithmicData",
    "multiframecomputationalcapture": Origin.COMPUTATIONAL_CAPTURE.value,
}


def source_type(value: str) -> str | None:
    """Return the term a value names, in its own spelling; None where it names none.

    Accepted: the URI (http or https, any case), the qcode ``digsrctype:term``, the bare term,
    schema.org's ``TermDigitalSource``; current and retired terms. The last part must be the whole
    term: ``trainedAlgorithmicMedia`` contains ``algorithmicMedia``.
    """
    if len(value) > _MAX_VALUE:
        return None
    token = value.strip().rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2]
    token = token.casefold()
    return _TERMS.get(token) or _TERMS.get(token.removesuffix(_SCHEMA_ORG))


class IptcSourceType(Examination):
    """The digital source type in XMP, in IPTC-IIM or in PNG text; a credit that names AI."""

    name: ClassVar[str] = "provenance.iptc"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "2"
    reference: ClassVar[str] = (
        "IPTC NewsCodes digitalsourcetype (https://cv.iptc.org/newscodes/digitalsourcetype/); "
        "IPTC Photo Metadata Standard 2025.1; XMP: ISO 16684-1; IIM 4.2"
    )
    conditions: ClassVar[str] = (
        "XMP of JPEG, PNG, WebP, GIF, TIFF, HEIF, AVIF, JPEG 2000, JPEG XL and MP4; IPTC-IIM of "
        "JPEG, TIFF and PNG. The type inside a C2PA manifest is not read."
    )
    failures: ClassVar[str] = (
        "Anyone can write any type into any file; platforms strip it, so absence says nothing. Of "
        "a packet that is no XML only URIs are found, by a search of its bytes (iptc.malformed)."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return the source types declared, the first of them by itself."""
        metadata = read_metadata(content)
        terms: dict[str, None] = {}
        unknown: list[object] = []
        for place, value in _values(metadata):
            term = source_type(value)
            if term is not None:
                terms[term] = None
            elif value.strip():
                unknown.append(excerpt(place, value))
        searched = [term for packet in metadata.xmp for term in packet.source_types]
        known = [term for term in map(source_type, searched) if term is not None]
        terms |= dict.fromkeys(known)
        observations = []
        if terms:
            first, *others = terms
            observations.append(Observation("iptc.digital_source_type", first))
            if others:
                observations.append(Observation("iptc.other_source_types", list(others)))
        if known:
            observations.append(Observation("iptc.malformed", True))
        credited = _ai_credits(metadata)
        if credited:
            observations.append(Observation("iptc.ai_credit", credited))
        if unknown:
            observations.append(Observation("iptc.unrecognised", unknown[:_MAX_VALUES]))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return every spelling in some place."""
        name = frozenset({"iptc.digital_source_type"})
        uri = f'Iptc4xmpExt:DigitalSourceType="{IPTC_BASE}trainedAlgorithmicMedia"'
        packet = specimens.xmp_packet(uri)
        bare = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="digitalCapture"')
        other = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="somethingElse"')
        text = b"XML:com.adobe.xmp\0\0\0\0\0" + bare
        return [
            Example("XMP in JPEG", lambda: specimens.jpeg_with_xmp(packet), name),
            Example("XMP in PNG", lambda: specimens.png((b"iTXt", text)), name),
            Example("XMP in WebP", lambda: specimens.webp((b"XMP ", packet)), name),
            Example(
                "a packet that is no XML",
                lambda: specimens.jpeg_with_xmp(packet.replace(b"</rdf:RDF>", b"")),
                name | {"iptc.malformed"},
            ),
            Example(
                "a term outside the vocabulary",
                lambda: specimens.jpeg_with_xmp(other),
                frozenset({"iptc.unrecognised"}),
            ),
            Example(
                "a credit to AI in IPTC-IIM",
                lambda: specimens.jpeg_with_iptc({110: b"Edited with Google AI"}),
                frozenset({"iptc.ai_credit"}),
            ),
            Example("nothing declared", lambda: specimens.picture("JPEG"), frozenset()),
        ]


def _ai_credits(metadata: Metadata) -> list[object]:
    """Return the credits and sources that say a picture was made or edited with AI.

    Google's applications write ``Made with Google AI`` and ``Edited with Google AI``. Captions are
    not looked at: there the same words may be about anything.
    """
    stated: list[tuple[str, str]] = []
    for name in _CREDITS:
        for packet in metadata.xmp:
            stated += [(f"xmp:{name}", text) for text in packet.values(_PHOTOSHOP, name)]
        stated += [(f"iptc:{name}", text) for text in metadata.iptc.texts.get(name, ())]
    found: list[object] = [
        excerpt(place, text) for place, text in stated if _AI_CREDIT.search(text[:_MAX_VALUE])
    ]
    return found[:_MAX_VALUES]


def _values(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """Yield every declared type with its place."""
    for packet in metadata.xmp:
        for value in packet.named(_PROPERTY):
            yield f"xmp:{_PROPERTY}", value
    for record, dataset, raw in metadata.iptc.raw:
        # IIM has no dataset for it: some write the URI into one for free text.
        if b"digitalsourcetype/" in raw[:_MAX_VALUE].lower():
            yield f"iim:{record}:{dataset}", raw[:_MAX_VALUE].decode("utf-8", "replace")
    for keyword, text in metadata.embedded.texts:
        if keyword.rpartition(":")[2].casefold() == _PROPERTY.casefold():
            yield f"png:{keyword}", text
