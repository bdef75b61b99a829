"""C2PA: whether the file carries Content Credentials. Nothing is verified and nothing fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.metadata import read_metadata
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.model import Content


class C2paPresence(Examination):
    """Presence of a C2PA manifest store, in the place its container has for it."""

    name: ClassVar[str] = "provenance.c2pa"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "C2PA Technical Specification 2.1, embedding manifests into various file formats; "
        "JUMBF: ISO/IEC 19566-5"
    )
    conditions: ClassVar[str] = (
        "JPEG (APP11), PNG (caBX), WebP (C2PA), GIF (C2PA_GIF), TIFF and DNG (tag 0xCD41), "
        "ISO base media files (uuid box), JPEG XL and JPEG 2000 (jumb box). Both JUMBF and C2PA "
        "markers must be there."
    )
    failures: ClassVar[str] = (
        "Presence is no proof: the signature is not checked here, and anyone can sign with a "
        "certificate of their own. Most platforms strip the manifest, so absence says nothing. "
        "Manifests kept beside the file or in the cloud are not looked for."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return ``c2pa.present`` and ``c2pa.places`` where there is a manifest store."""
        places = read_metadata(content).embedded.c2pa
        if not places:
            return []
        return [Observation("c2pa.present", True), Observation("c2pa.places", [*places])]

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a manifest store in three containers, and JUMBF that is something else."""
        store = specimens.manifest_store()
        names = frozenset({"c2pa.present", "c2pa.places"})
        other = store.replace(b"c2pa", b"none")
        return [
            Example("JPEG", lambda: specimens.jpeg((0xEB, specimens.app11(store))), names),
            Example("PNG", lambda: specimens.png((b"caBX", store)), names),
            Example("WebP", lambda: specimens.webp((b"C2PA", store)), names),
            Example(
                "JUMBF without C2PA",
                lambda: specimens.jpeg((0xEB, specimens.app11(other))),
                frozenset(),
            ),
        ]
