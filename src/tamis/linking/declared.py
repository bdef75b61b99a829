"""Links that files declare: what a media says it was made from, found among the media of a case.

A manifest or an editing program names its sources by identifiers, and a manifest keeps a small
picture of each. Either may lead to the photograph behind an altered picture. All of it can be
forged, and identifiers are copied by templates: a link says where to look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tamis.model import Observation

OBSERVATIONS = (
    "c2pa.ingredients",
    "c2pa.manifests",
    "lineage.document_id",
    "lineage.instance_id",
    "lineage.original_id",
    "lineage.sources",
)
"""The observations these links are made from."""


_MAX_STATES = 50
"""Links with states of one document: a template hands its identifier to a whole flood."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of a source: its PDQ, the quality of that, and how the source was used."""

    pdq: bytes
    quality: int
    relationship: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """How one media names itself and what it was made from.

    Args:
        own: its identifiers, each with its kind: ``manifest``, ``instance_id``, ``document_id``.
        document: the identifiers of the document it is a state of.
        sources: identifiers of what it was made from, each with the relationship stated.
        thumbnails: pictures of what it was made from.
    """

    own: dict[str, str] = field(default_factory=dict)
    document: frozenset[str] = frozenset()
    sources: dict[str, str] = field(default_factory=dict)
    thumbnails: tuple[Thumbnail, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredLink:
    """A link of one media with another.

    Args:
        media_id: of the other.
        type: ``derived_from`` (the other is a source), ``source_of``, ``same_document``.
        evidence: by which kind of identifier, which one, and the relationship stated.
    """

    media_id: int
    type: str
    evidence: dict[str, object]


def lineage(observations: Iterable[Observation]) -> Lineage:
    """Return how a media names itself and its sources."""
    values = {item.name: item.value for item in observations}
    own = {}
    document = set()
    for name in ("document_id", "instance_id"):
        if isinstance(value := values.get(f"lineage.{name}"), str):
            own[value] = name
    for name in ("document_id", "original_id"):
        if isinstance(value := values.get(f"lineage.{name}"), str):
            document.add(value)
    manifests = _tables(values.get("c2pa.manifests"))
    if manifests and isinstance(label := manifests[0].get("label"), str):
        own[label] = "manifest"
    sources = {str(item): "" for item in _items(values.get("lineage.sources"))}
    ingredients = _tables(values.get("c2pa.ingredients"))
    for item in ingredients:
        for key in ("manifest", "instance_id", "document_id"):
            if isinstance(identifier := item.get(key), str):
                sources[identifier] = str(item.get("relationship", ""))
    for name in own:  # a document is no source of itself
        sources.pop(name, None)
    return Lineage(own, frozenset(document), sources, tuple(_thumbnails(ingredients)))


def declared_links(own_id: int, everyone: Mapping[int, Lineage]) -> list[DeclaredLink]:
    """Return the links of one media with the others, by identifiers, in order of their ids.

    Of the states of one document the first fifty; `evidence` says how many there are.
    """
    own = everyone.get(own_id, Lineage())
    found = []
    same: list[DeclaredLink] = []
    for media_id, other in sorted(everyone.items()):
        if media_id == own_id:
            continue
        if by := _named(own.sources, other.own):
            found.append(DeclaredLink(media_id, "derived_from", by))
        if by := _named(other.sources, own.own):
            found.append(DeclaredLink(media_id, "source_of", by))
        if shared := sorted(own.document & other.document):
            evidence: dict[str, object] = {"by": "document_id", "id": shared[0]}
            same.append(DeclaredLink(media_id, "same_document", evidence))
    for link in same[:_MAX_STATES]:
        link.evidence["states"] = len(same) + 1
        found.append(link)
    return sorted(found, key=lambda link: link.media_id)


def _named(sources: Mapping[str, str], own: Mapping[str, str]) -> dict[str, object]:
    """By what some sources name a media; empty where they do not. A manifest is the surest."""
    shared = sources.keys() & own.keys()
    if not shared:
        return {}
    kinds = ("manifest", "instance_id", "document_id")
    best = min(shared, key=lambda name: (kinds.index(own[name]), name))
    relationship = {"relationship": sources[best]} if sources[best] else {}
    return {"by": own[best], "id": best, **relationship}


def _thumbnails(ingredients: list[dict[str, object]]) -> Iterator[Thumbnail]:
    for item in ingredients:
        thumbnail = item.get("thumbnail")
        if not isinstance(thumbnail, dict) or not isinstance(pdq := thumbnail.get("pdq"), str):
            continue
        quality = int(thumbnail.get("pdq_quality") or 0)
        yield Thumbnail(bytes.fromhex(pdq), quality, str(item.get("relationship", "")))


def _tables(value: object) -> list[dict[str, object]]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
