"""The earlier compression of a JPEG file, worked out once for all who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tamis.examinations.provenance.jpeg.luminance import stored_luminance
from tamis.examinations.provenance.jpeg.recompression import find

if TYPE_CHECKING:
    from tamis.examinations.provenance.jpeg.recompression import Recompression
    from tamis.media.containers.jpeg_structure import JpegStructure
    from tamis.model import Content

_NOTE = "jpeg.recompression"


def earlier_compression(content: Content, structure: JpegStructure) -> Recompression | None:
    """Return the compression before that of the file; None where none is seen or looked for.

    Args:
        content: a JPEG file.
        structure: what was read of it.
    """
    if _NOTE not in content.notes:
        luminance = stored_luminance(content, structure)
        content.notes[_NOTE] = (
            None if luminance is None else find(luminance, structure.used_tables[0].steps)
        )
    return cast("Recompression | None", content.notes[_NOTE])
