"""Lineage: the identifiers by which editing programs note from what a file was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.metadata import read_metadata
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.model import Content, MediaKind

_MANAGEMENT = "http://ns.adobe.com/xap/1.0/mm/"
_REFERENCE = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"

_PROPERTIES = {
    "lineage.document_id": ((_MANAGEMENT, "DocumentID"),),
    "lineage.instance_id": ((_MANAGEMENT, "InstanceID"),),
    "lineage.original_id": ((_MANAGEMENT, "OriginalDocumentID"),),
    # Photoshop lists the documents that were pasted in; the others refer to one they came from.
    "lineage.sources": (
        (_REFERENCE, "documentID"),
        (_REFERENCE, "instanceID"),
        (_REFERENCE, "originalDocumentID"),
        (_PHOTOSHOP, "DocumentAncestors"),
    ),
}
_MAX_NAME = 256
_MAX_SOURCES = 64
_LISTS = frozenset({"lineage.sources"})


class Lineage(Examination):
    """Identifiers of the document, of this state of it, and of what it was made from."""

    name: ClassVar[str] = "provenance.lineage"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = "XMP media management: ISO 16684-1, 8.6; XMP specification part 2"
    conditions: ClassVar[str] = "XMP of every container that has it."
    failures: ClassVar[str] = (
        "Programs give new identifiers when they should not, and keep old ones when they should "
        "give new ones; templates hand one document id to many pictures. Anyone can write them."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return the identifiers; an empty list where the file has none."""
        packets = read_metadata(content).xmp
        observations = []
        for name, properties in _PROPERTIES.items():
            found = dict.fromkeys(
                cut(value, _MAX_NAME)
                for packet in packets
                for key in properties
                for value in packet.properties.get(key, ())
            )
            if found and name in _LISTS:
                sources: list[object] = [*found]
                observations.append(Observation(name, sources[:_MAX_SOURCES]))
            elif found:
                observations.append(Observation(name, next(iter(found))))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a document with an ancestor, and one without identifiers."""
        packet = specimens.xmp_packet(
            f'xmlns:xmpMM="{_MANAGEMENT}" xmlns:stRef="{_REFERENCE}" '
            'xmpMM:DocumentID="xmp.did:2" xmpMM:InstanceID="xmp.iid:3" '
            'xmpMM:OriginalDocumentID="xmp.did:1" stRef:documentID="xmp.did:1"'
        )
        return [
            Example(
                "an edited document",
                lambda: specimens.jpeg_with_xmp(packet),
                frozenset(_PROPERTIES),
            ),
            Example("no identifiers", lambda: specimens.picture("JPEG"), frozenset()),
        ]
