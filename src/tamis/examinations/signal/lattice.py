"""The lattice of a colour filter array: every other pixel was measured, the others interpolated.

Most sensors measure green on the squares of one colour of a chessboard, and the camera computes it
on the others from their neighbours, which makes these smoother. The magnitude of a high-pass
residual then alternates from pixel to pixel: a peak of its spectrum where both frequencies are one
half (A. C. Gallagher and T. Chen, Image authentication by detecting traces of demosaicing, CVPR
Workshops 2008, who add it up along the diagonals; A. C. Popescu and H. Farid, IEEE TSP 53(10),
2005, who estimate the interpolation).

Here the peak is taken block by block: the *contrast* of a block is the difference between the mean
residual on both colours of the chessboard, divided by their sum. Its mean over all blocks is the
height of the peak, its spread what the spectrum is beside it. The residual is that against the four
neighbours on the diagonals, which have the same colour on the board.

Enlarging a picture twofold, as programs and the decoders of image generators do, also makes pixels
alternate, but along rows and columns. What alternates from row to row and from column to column is
measured beside it: of the residual, and of the steps from pixel to pixel.

Blocks of 8 × 8 pixels hold each place of a JPEG block once. What JPEG itself adds is alike from the
left and from the right and from above and below, and cancels in the residual: the mirror image of
an even column is an odd one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LEAST_BLOCKS = 256
"""With texture, in all windows together: chance alone then stays below a score of 0.3."""
LEAST_TEXTURE = 2.0
"""Least mean residual of a block, in steps of 8-bit luminance, times four."""

_SIDE = 8
# Keeps blocks with little more than rounding in them from counting as much as all others.
_DAMPING = 2.0
_DAMPING_OF_STEPS = 0.5
# Takes the mean of a block over even and over odd columns, of sums of half its rows.
_PARITY = np.tile(np.eye(2, dtype=np.float32) * 4 / _SIDE**2, (_SIDE // 2, 1))


@dataclass(frozen=True, slots=True)
class Lattice:
    """What was measured.

    Args:
        contrast: mean over the blocks, -1 to 1; above 0 where pixels with an even sum of row and
            column are the sharper ones.
        score: its magnitude in standard deviations of one block.
        certainty: its magnitude in standard errors of the mean: what chance would give is about 1.
        blocks: with texture.
        agreed: all windows have the sign of the mean.
        rival: the largest score of what alternates along rows or columns.
    """

    contrast: float
    score: float
    certainty: float
    blocks: int
    agreed: bool
    rival: float

    @property
    def phase(self) -> int:
        """The sum of row and column, modulo 2, of the pixels that look measured."""
        return 0 if self.contrast > 0 else 1


def measure(windows: Sequence[Floats]) -> Lattice | None:
    """Measure the lattice in windows that begin at even rows and columns of a picture.

    Args:
        windows: luminance 0 to 255, shape (h, w) each.

    Returns:
        None where less than `LEAST_BLOCKS` blocks have texture, or all are the same.
    """
    each = [found for window in windows if len(found := _contrasts(window))]
    if sum(map(len, each)) < LEAST_BLOCKS:
        return None
    contrasts = np.concatenate(each)
    means, spreads = contrasts.mean(axis=0), contrasts.std(axis=0)
    if not spreads.all():
        return None
    scores = np.abs(means) / spreads
    return Lattice(
        contrast=float(means[0]),
        score=float(scores[0]),
        certainty=float(scores[0]) * len(contrasts) ** 0.5,
        blocks=len(contrasts),
        agreed=all((found[:, 0].mean() > 0) == (means[0] > 0) for found in each),
        rival=float(scores[1:].max()),
    )


def _contrasts(window: Floats) -> Floats:
    """Return the contrasts of every block with texture, shape (blocks, 5).

    Of the residual on the chessboard, from row to row and from column to column; of the steps down
    from row to row, and of the steps across from column to column. Blocks at the edge are left out.
    """
    rows, columns = ((side - _SIDE - 1) // _SIDE for side in window.shape)
    if rows < 1 or columns < 1:
        return np.empty((0, 5), np.float32)
    # a residual needs a pixel more on each side
    height, width = rows * _SIDE, columns * _SIDE
    inner = window[_SIDE - 1 : _SIDE + 1 + height, _SIDE - 1 : _SIDE + 1 + width]
    middle, sides = inner[1:-1, 1:-1], inner[:, :-2] + inner[:, 2:]
    residual = _places(sides[:-2] + sides[2:] - 4 * middle)
    with_texture = residual.mean(axis=(2, 3)) >= LEAST_TEXTURE
    residual = residual[with_texture]
    down = _places(inner[2:, 1:-1] - middle)[with_texture]
    across = _places(inner[1:-1, 2:] - middle)[with_texture]
    return np.stack(
        (
            _contrast(residual, residual[:, 0, 0] + residual[:, 1, 1], _DAMPING),
            _contrast(residual, residual[:, 0].sum(axis=1), _DAMPING),
            _contrast(residual, residual[:, :, 0].sum(axis=1), _DAMPING),
            _contrast(down, down[:, 0].sum(axis=1), _DAMPING_OF_STEPS),
            _contrast(across, across[:, :, 0].sum(axis=1), _DAMPING_OF_STEPS),
        ),
        axis=1,
    )


def _places(values: Floats) -> Floats:
    """Return of each block the mean magnitude at the four places of a lattice of period two.

    Returns:
        shape (rows, columns, 2, 2): of blocks, then parity of row and of column within.
    """
    rows, columns = (side // _SIDE for side in values.shape)
    half = _SIDE // 2
    parts = np.abs(values).reshape(rows, half, 2, columns * _SIDE).sum(axis=1)
    places: Floats = parts.reshape(rows, 2, columns, _SIDE) @ _PARITY
    return places.transpose(0, 2, 1, 3)


def _contrast(places: Floats, half: Floats, damping: float) -> Floats:
    """Return how much larger the sum of two of the four places is than that of the others."""
    whole = places.sum(axis=(1, 2))
    contrast: Floats = (2 * half - whole) / (whole + 4 * damping)
    return contrast
