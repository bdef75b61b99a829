"""What stands in a file that its camera did not write, or that contradicts the camera it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.unrecognised import looks_generated
from tamis.examinations.provenance.metadata import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.examinations.provenance.metadata import Metadata

_RATING = "Rating"
"""The one property that cameras with a button for it write themselves."""


def additions(metadata: Metadata) -> Iterator[str]:
    """Yield ``manifest_added``, ``xmp_added``, ``comment_added``, ``generator_declared`` and
    ``maker_note_differs``, each where it holds.

    A manifest may come from a camera that signs, and so may XMP from some; none of either was among
    the originals that were counted, so of such files nothing is said.
    """  # noqa: D205 - the names do not fit on one line
    if metadata.embedded.c2pa:
        yield "manifest_added"
    names = {name for packet in metadata.xmp for _, name in packet.properties}
    if names - {_RATING} or any(packet.malformed for packet in metadata.xmp):
        yield "xmp_added"
    if any(comment.strip() for comment in metadata.embedded.comments):
        yield "comment_added"
    if any(looks_generated(text) for text in texts(metadata)):
        yield "generator_declared"
    if _other_camera(metadata):
        yield "maker_note_differs"


def _other_camera(metadata: Metadata) -> bool:
    """Whether the maker note names another model than EXIF (Canon writes it into both).

    ``IMG:PowerShot A10 JPEG``; in other modes the name of the mode stands in its place.
    """
    stated = metadata.maker_note.facts.get("image_type")
    model = metadata.exif.text("Model").casefold().removeprefix("canon").strip()
    if not isinstance(stated, str) or not stated.startswith("IMG:") or not model:
        return False
    return model not in stated.casefold()
