"""C2PA: Content Credentials, validated offline against the site's own trust list."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

from tamis.errors import DecodeError
from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.credentials.manifests import (
    Manifest,
    incomplete,
    manifests,
    problems,
)
from tamis.examinations.provenance.credentials.services import known, services
from tamis.examinations.provenance.credentials.validator import Validated, load, validate
from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.metadata import read_metadata
from tamis.fingerprints.pdq import Pdq
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import MediaKind, Observation, Resources
from tamis.model.origin import HYBRIDS, SYNTHETICS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Self

    from tamis.model import Content

_MAX_ADDRESS = 2048
_WITHIN = "self#"
"""Begins a reference to a manifest in the file itself."""
_MAX_ADDRESSES = 8
_MAX_THUMBNAILS = 16
_MAX_THUMBNAIL_PIXELS = 1_100_000
"""Of one: programs make them of 1024 pixels. A hostile file names thousands."""
_THUMBNAIL_FORMATS = ("jpeg", "png")


class C2paManifests(Examination):
    """The manifest store: its state, who signed, what was done, from what, with what."""

    name: ClassVar[str] = "provenance.c2pa"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "2"
    reference: ClassVar[str] = (
        "C2PA Technical Specification 2.1; JUMBF: ISO/IEC 19566-5; validated by c2pa-rs through "
        "c2pa-python"
    )
    conditions: ClassVar[str] = (
        "JPEG (APP11), PNG (caBX), WebP (C2PA), GIF (C2PA_GIF), TIFF and DNG (tag 0xCD41), "
        "ISO base media files (uuid box), JPEG XL and JPEG 2000 (jumb box). Both JUMBF and C2PA "
        "markers must be there. Trusted is only who the site's own list trusts; there is none "
        "unless a person configured it."
    )
    failures: ClassVar[str] = (
        "Anyone can sign with a certificate of their own: valid is not trusted. A trusted camera "
        "can photograph a screen. Most platforms strip the manifest, so absence says nothing. "
        "Manifests beside the file or at an address are not fetched, revocation is not asked for. "
        "A certificate without a trusted time stamp is judged by the clock of the machine."
    )

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or Resources()

    @classmethod
    def equipped(cls, resources: Resources) -> Self:
        """Return the examination with the site's trust list."""
        return cls(resources)

    @property
    def stored_version(self) -> str:
        """`version`, and the trust list in force."""
        digest = self._resources.trust_digest
        return f"{self.version}-trust-{digest}" if digest else self.version

    def prepare(self) -> None:
        """Load the validator and the list of services."""
        load()
        known()

    def examine(self, content: Content) -> list[Observation]:
        """Return nothing where there is no manifest store, and no address of one."""
        metadata = read_metadata(content)
        places = metadata.embedded.c2pa
        stated = [text for packet in metadata.xmp for text in packet.named("provenance")]
        addresses = [text for text in stated if text and not text.startswith(_WITHIN)]
        observations = []
        if places:
            validated = validate(content.mime, content.data, self._resources.c2pa_trust_list)
            observations += [
                Observation("c2pa.present", True),
                Observation("c2pa.places", [*places]),
                Observation("c2pa.state", validated.state),
                *_contents(validated),
            ]
        if addresses:
            shown: list[object] = [cut(text, _MAX_ADDRESS) for text in addresses[:_MAX_ADDRESSES]]
            observations.append(Observation("c2pa.remote", shown))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a manifest store without a manifest in three containers, and an address."""
        store = specimens.manifest_store()
        names = frozenset({"c2pa.present", "c2pa.places", "c2pa.state", "c2pa.problems"})
        other = store.replace(b"c2pa", b"none")
        address = specimens.xmp_packet(
            'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://example.org/m"'
        )
        return [
            Example("JPEG", lambda: specimens.jpeg((0xEB, specimens.app11(store))), names),
            Example("PNG", lambda: specimens.png((b"caBX", store)), names),
            Example("WebP", lambda: specimens.webp((b"C2PA", store)), names),
            Example(
                "a manifest elsewhere",
                lambda: specimens.jpeg_with_xmp(address),
                frozenset({"c2pa.remote"}),
            ),
            Example(
                "JUMBF without C2PA",
                lambda: specimens.jpeg((0xEB, specimens.app11(other))),
                frozenset(),
            ),
        ]


def _contents(validated: Validated) -> Iterable[Observation]:
    if validated.state == "unreadable":
        yield Observation(
            "c2pa.problems", [{"code": "unreadable", "explanation": validated.reason}]
        )
        return
    found = manifests(validated.store)
    _add_thumbnails(found, validated.thumbnails)
    if incomplete(validated.store):
        yield Observation("c2pa.incomplete", True)
    if objections := problems(validated.store):
        yield Observation("c2pa.problems", objections)
    types = dict.fromkeys(term for manifest in found for term in _terms(manifest))
    if types:
        yield Observation("c2pa.source_types", list(types))
    if validated.state == "trusted" and found and (signed := _terms(found[0])):
        yield Observation("c2pa.trusted_source_types", list(signed))
    if found and (signer := found[0].get("signer") or found[0].get("certificate")):
        yield Observation("c2pa.signer", str(signer))
    yield from _services(found, types.keys())
    ingredients: list[object] = [
        item | {"of": manifest["label"]} for manifest in found for item in _ingredients(manifest)
    ]
    for manifest in found:
        manifest.pop("ingredients", None)
    if ingredients:
        yield Observation("c2pa.ingredients", ingredients)
    yield Observation("c2pa.manifests", [*found])


def _services(found: list[Manifest], types: Collection[object]) -> Iterable[Observation]:
    named = services(found)
    if named:
        yield Observation("c2pa.services", [service.name for service in named])
    generated = any(term in SYNTHETICS | HYBRIDS for term in types)
    makers = [service.name for service in named if service.synthetic or generated]
    if makers:
        yield Observation("c2pa.generators", [*makers])
    pixels = [f"{service.name}: {service.pixels}" for service in named if service.pixels]
    if pixels:
        yield Observation("c2pa.implied_watermarks", [*pixels])


def _terms(manifest: Manifest) -> list[object]:
    types = manifest.get("source_types")
    return types if isinstance(types, list) else []


def _ingredients(manifest: Manifest) -> list[dict[str, object]]:
    found = manifest.get("ingredients")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _add_thumbnails(found: list[Manifest], thumbnails: dict[str, bytes]) -> None:
    """Put in place of each thumbnail's name what links it with other media of the case."""
    described: dict[str, dict[str, object]] = {}
    for manifest in found:
        for ingredient in _ingredients(manifest):
            name = str(ingredient.pop("thumbnail", ""))
            if name in thumbnails and (name in described or len(described) < _MAX_THUMBNAILS):
                if name not in described:
                    described[name] = _thumbnail(thumbnails[name])
                ingredient["thumbnail"] = described[name]


def _thumbnail(data: bytes) -> dict[str, object]:
    described: dict[str, object] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    sniffed = sniff(data)
    if sniffed.format not in _THUMBNAIL_FORMATS:
        return described
    try:
        picture = decode(data, sniffed, max_pixels=_MAX_THUMBNAIL_PIXELS)
    except DecodeError as error:
        return described | {"problem": error.code}
    described |= {"width": picture.width, "height": picture.height}
    value = Pdq().compute(picture)
    if value is not None:
        described |= {"pdq": value.variants[0].hex(), "pdq_quality": value.quality}
    return described
