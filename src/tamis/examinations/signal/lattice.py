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

Blocks of 8 × 8 pixels hold each place of a JPEG block once. What JPEG itself adds is alike from the
left and from the right and from above and below, and cancels: the mirror image of an even column is
an odd one.
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
    """

    contrast: float
    score: float
    certainty: float
    blocks: int
    agreed: bool

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
    contrasts = np.concatenate(each) if each else np.empty(0, np.float32)
    if len(contrasts) < LEAST_BLOCKS:
        return None
    mean, spread = float(contrasts.mean()), float(contrasts.std())
    if spread == 0:
        return None
    score = abs(mean) / spread
    return Lattice(
        contrast=mean,
        score=score,
        certainty=score * len(contrasts) ** 0.5,
        blocks=len(contrasts),
        agreed=all((float(found.mean()) > 0) == (mean > 0) for found in each),
    )


def _contrasts(window: Floats) -> Floats:
    """Return the contrast of every block with texture; those at the edge are left out."""
    inner = window[_SIDE - 1 :, _SIDE - 1 :]  # a residual needs a pixel more on each side
    rows, columns = ((side - 2) // _SIDE for side in inner.shape)
    if rows < 1 or columns < 1:
        return np.empty(0, np.float32)
    inner = inner[: rows * _SIDE + 2, : columns * _SIDE + 2]
    sides = inner[:, :-2] + inner[:, 2:]
    residual = np.abs(sides[:-2] + sides[2:] - 4 * inner[1:-1, 1:-1])
    # rows first, which are long; of each pair of rows their sum and their difference
    pairs = residual.reshape(rows, _SIDE // 2, 2, columns * _SIDE)
    even, odd = pairs[:, :, 0].sum(axis=1), pairs[:, :, 1].sum(axis=1)
    total = (even + odd).reshape(rows, columns, _SIDE).sum(axis=2)
    crossed = (even - odd).reshape(rows, columns, _SIDE)
    signed = crossed[:, :, ::2].sum(axis=2) - crossed[:, :, 1::2].sum(axis=2)
    pixels = _SIDE * _SIDE
    with_texture = total >= LEAST_TEXTURE * pixels
    contrasts: Floats = signed[with_texture] / (total[with_texture] + _DAMPING * pixels)
    return contrasts
