"""The grid of an earlier JPEG compression of a picture, worked out once for all who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tamis.examinations.signal import grid

if TYPE_CHECKING:
    from tamis.examinations.signal.grid import Grid
    from tamis.examinations.signal.region import Luma
    from tamis.model import Content

_NOTE = "signal.grid"


def earlier_grid(content: Content, region: Luma) -> Grid | None:
    """Return the grid, counted from the corner of the picture; None where none is seen.

    Args:
        content: a picture stored without loss.
        region: what `native_region` returns of it.
    """
    if _NOTE not in content.notes:
        content.notes[_NOTE] = grid.find(region)
    return cast("Grid | None", content.notes[_NOTE])
