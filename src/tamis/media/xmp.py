"""XMP (ISO 16684-1): the properties of a packet, flattened.

Parsed with defusedxml: no document type, no entities, nothing fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_PACKET = 8 * 1024 * 1024
MAX_VALUE = 64 * 1024
MAX_VALUES = 4096
MAX_MARKUP = 100_000
"""Tags and attributes of one packet; they cost a hundred times what their characters do."""

MAX_NAMESPACE = 512
"""Characters of one namespace: the parser copies them into the name of every element."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_SOURCE_TYPE = re.compile(rb"digitalsourcetype/([A-Za-z]{1,64})", re.IGNORECASE)
_NO_PROPERTIES = frozenset({RDF, "http://www.w3.org/XML/1998/namespace", "adobe:ns:meta/"})


@dataclass(frozen=True, slots=True)
class Xmp:
    """What an XMP packet says.

    Args:
        properties: (namespace, local name) to the values met, in the order of the packet; arrays,
            structures and alternatives in languages are flattened, and a value longer than
            `MAX_VALUE` characters is cut.
        folded: the same by local name in lower case: Microsoft's programs wrote ``tiff:software``.
        malformed: the packet is no XML, or is over a limit; `properties` is empty then.
        source_types: of a malformed packet, the last parts of digital source type URIs found by a
            search of its bytes: weaker than a property.
        problems: why it is malformed, or what was cut.
    """

    properties: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    folded: dict[tuple[str, str], tuple[str, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    malformed: bool = False
    source_types: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def values(self, namespace: str, name: str) -> tuple[str, ...]:
        """Return the values of one property, its name in any case."""
        return self.folded.get((namespace, name.casefold()), ())

    def named(self, name: str) -> tuple[str, ...]:
        """Return the values of every property of this local name, in any namespace and case."""
        wanted = name.casefold()
        return tuple(
            value
            for (_, local), values in self.folded.items()
            if local == wanted
            for value in values
        )


class _Builder(TreeBuilder):
    """Builds the tree, and refuses a namespace before any element can bear it."""

    def start_ns(self, prefix: str, uri: str) -> None:
        if len(uri) > MAX_NAMESPACE:
            raise ValueError(f"the namespace of {prefix[:32]!r} has {len(uri)} characters")


def read_xmp(packet: bytes) -> Xmp:
    """Parse an XMP packet; never raises on malformed data."""
    if len(packet) > MAX_PACKET:
        return _malformed(packet, f"a packet of {len(packet)} bytes is over the limit")
    text = _decoded(packet)
    text = text[text.find("<") : text.rfind(">") + 1]
    markup = text.count("<") + (text.count('"') + text.count("'")) // 2
    if markup > MAX_MARKUP:
        return _malformed(packet, f"{markup} tags and attributes are over the limit")
    try:
        parser = DefusedXMLParser(target=_Builder(), forbid_dtd=True)
        parser.feed(text)
        root = parser.close()
    except DefusedXmlException as error:
        return _malformed(packet, f"refused: {type(error).__name__}")
    except (ParseError, ValueError) as error:
        return _malformed(packet, f"no XML: {error}")
    return _flatten(root)


def _decoded(packet: bytes) -> str:
    """Decode by byte order mark, or by where the zero bytes of the first ``<`` are."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0\0\0", "utf-32-le"),
        (b"\0<", "utf-16-be"),
        (b"<\0", "utf-16-le"),
    ):
        if packet.startswith(mark):
            return packet.decode(encoding, "replace")
    return packet.decode("utf-8-sig", "replace")


def _flatten(root: Element) -> Xmp:
    values: dict[tuple[str, str], list[str]] = {}
    problems: list[str] = []
    count = 0

    def add(name: tuple[str, str], text: str | None) -> None:
        nonlocal count
        value = (text or "").strip()
        if not value or not name[1]:
            return
        count += 1
        if count > MAX_VALUES:
            if count == MAX_VALUES + 1:
                problems.append(f"xmp: more than {MAX_VALUES} values; the rest was not read")
            return
        if len(value) > MAX_VALUE:
            problems.append(f"xmp: {name[1]} has {len(value)} characters; cut")
            value = value[:MAX_VALUE]
        values.setdefault(name, []).append(value)

    stack = [(root, ("", ""))]  # not recursive: a hostile packet may be nested very deeply
    while stack:
        element, owner = stack.pop()
        name = _name(element.tag)
        if name[0] not in _NO_PROPERTIES:
            owner = name
        for key, text in element.attrib.items():
            attribute = _name(key)
            if attribute[0] not in _NO_PROPERTIES and attribute[0]:
                add(attribute, text)
            elif attribute == (RDF, "resource"):
                add(owner, text)
        add(owner, element.text)
        stack.extend((child, owner) for child in reversed(element))
    properties = {name: tuple(found) for name, found in values.items()}
    folded: dict[tuple[str, str], tuple[str, ...]] = {}
    for (namespace, local), stated in properties.items():
        place = (namespace, local.casefold())
        folded[place] = (*folded.get(place, ()), *stated)
    return Xmp(properties, folded, problems=tuple(problems[:8]))


def _name(tag: str) -> tuple[str, str]:
    if tag.startswith("{"):
        namespace, _, local = tag[1:].partition("}")
        return namespace, local
    return "", tag


def _malformed(packet: bytes, reason: str) -> Xmp:
    # UTF-16 and UTF-32 of ASCII text differ from it by zero bytes only.
    terms = _SOURCE_TYPE.findall(packet[:MAX_PACKET].replace(b"\0", b""))
    unique = dict.fromkeys(term.decode("ascii") for term in terms)
    return Xmp({}, malformed=True, source_types=tuple(unique), problems=(f"xmp: {reason}",))
