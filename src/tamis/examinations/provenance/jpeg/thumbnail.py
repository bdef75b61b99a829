"""The thumbnail in EXIF, and whether it shows the picture.

Cameras write a thumbnail of the picture they write. Programs that change the picture often leave
the old one. Both are brought to the same small grid of mean luminance and correlated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.errors import DecodeError
from tamis.media.containers.jpeg_structure import JpegStructure, read_structure
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tamis.examinations.provenance.metadata import Metadata
    from tamis.model import Content

    Grey = NDArray[np.float32] | NDArray[np.uint8]
    Grid = NDArray[np.float64]

MAX_BYTES = 1 << 20
MAX_PIXELS = 1 << 20
GRID = 16
"""Cells of the grid along each side."""
LEAST_CORRELATION = 0.85
"""Below it the two show different things (``tests/examinations/test_jpeg_corpus.py``)."""
_LEAST_SIDE = 64
_LEAST_CONTRAST = 4.0
_SAME_SHAPE = 1.02
_BLACK = 40
_READ = 128


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail.

    Args:
        data: the JPEG file it is.
        structure: of that file.
    """

    data: bytes
    structure: JpegStructure


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far thumbnail and picture show the same.

    Args:
        correlation: normalised, -1 to 1, in the best of the positions tried.
        turned: clockwise degrees the thumbnail has to be turned by for it.
    """

    correlation: float
    turned: int = 0


def find(metadata: Metadata) -> Thumbnail | None:
    """Return the JPEG thumbnail of EXIF, as far as it lies in the block; None without one."""
    tags, block = metadata.exif.tags, metadata.embedded.exif
    offset, length = tags.get("ThumbnailOffset"), tags.get("ThumbnailLength")
    if block is None or not isinstance(offset, int) or not isinstance(length, int):
        return None
    if not 0 < length <= MAX_BYTES or offset < 0:
        return None
    data = block[offset : offset + length]
    return Thumbnail(data, read_structure(data)) if data.startswith(b"\xff\xd8\xff") else None


def compare(content: Content, thumbnail: Thumbnail) -> Comparison | None:
    """Correlate a thumbnail with its picture.

    The thumbnail may be the whole picture, the picture between black bars, or its middle; the best
    of these counts. Only where none fits, it is turned too.

    Returns:
        None where the picture is not decoded, damaged, too small, or nearly without contrast, or
        the thumbnail cannot be decoded.
    """
    picture = content.luma
    if picture is None or content.truncated or min(picture.shape) < _LEAST_SIDE:
        return None
    small = _decoded(thumbnail)
    if small is None:
        return None
    pairs = _pairs(picture, small)
    upright = [Comparison(found) for found in _correlations(pairs)]
    best = max(upright, key=_by_correlation, default=None)
    if best is None or best.correlation >= LEAST_CORRELATION:
        return best
    turned = [
        Comparison(found, 90 * quarters)
        for quarters in (1, 2, 3)
        for found in _correlations(
            (first, np.rot90(second, -quarters)) for first, second in pairs[:2]
        )
    ]
    fitting = max(turned, key=_by_correlation, default=best)
    return fitting if fitting.correlation >= LEAST_CORRELATION else best


def _by_correlation(comparison: Comparison) -> float:
    return comparison.correlation


def _decoded(thumbnail: Thumbnail) -> Grey | None:
    try:
        found = decode(thumbnail.data, sniff(thumbnail.data), max_pixels=MAX_PIXELS)
    except DecodeError:
        return None
    if found.luma is None or found.truncated or min(found.luma.shape) < GRID:
        return None
    return found.luma


def _pairs(picture: Grey, small: Grey) -> list[tuple[Grid, Grid]]:
    """Return the grids of picture and thumbnail in each of the positions tried."""
    whole = _grid(picture)
    pairs = [(whole, _grid(small))]
    shape, small_shape = _ratio(picture), _ratio(small)
    if max(shape, small_shape) > min(shape, small_shape) * _SAME_SHAPE:
        pairs.append((whole, _grid(_without_bars(small))))
        pairs.append((whole, _grid(_middle(small, shape))))
        pairs.append((_grid(_middle(picture, small_shape)), pairs[0][1]))
    return pairs


def _correlations(pairs: Iterable[tuple[Grid, Grid]]) -> list[float]:
    """Return the correlation of each pair that has contrast."""
    found = (_correlation(first, second) for first, second in pairs)
    return [correlation for correlation in found if correlation is not None]


def _ratio(grey: Grey) -> float:
    height, width = grey.shape
    return float(width / height)


def _middle(grey: Grey, ratio: float) -> Grey:
    """Return the largest middle part whose width is `ratio` times its height."""
    height, width = grey.shape
    new_width = min(width, max(GRID, round(height * ratio)))
    new_height = min(height, max(GRID, round(width / ratio)))
    top, left = (height - new_height) // 2, (width - new_width) // 2
    return grey[top : top + new_height, left : left + new_width]


def _without_bars(grey: Grey) -> Grey:
    """Cut off black rows and columns at the edges; some cameras put the picture off the middle."""
    rows = np.flatnonzero(grey.max(axis=1) > _BLACK)
    columns = np.flatnonzero(grey.max(axis=0) > _BLACK)
    if not rows.size or min(np.ptp(rows), np.ptp(columns)) < GRID:
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _grid(grey: Grey) -> Grid:
    """Return the mean luminance of `GRID` x `GRID` cells, of some samples of each."""
    steps = [max(1, side // _READ) for side in grey.shape]
    part = grey[:: steps[0], :: steps[1]].astype(np.float32)
    for axis in (0, 1):
        edges = np.arange(GRID + 1) * part.shape[axis] // GRID
        part = np.add.reduceat(part, edges[:-1], axis=axis)
        shape = [1, 1]
        shape[axis] = GRID
        part /= np.diff(edges).reshape(shape)
    return part.astype(np.float64)


def _correlation(first: Grid, second: Grid) -> float | None:
    first, second = first - first.mean(), second - second.mean()
    spread = float(first.std()), float(second.std())
    if min(spread) < _LEAST_CONTRAST:
        return None
    return float((first * second).mean()) / (spread[0] * spread[1])
