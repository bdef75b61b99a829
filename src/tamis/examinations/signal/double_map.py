"""Where in a JPEG file that was a JPEG before the traces of the first compression are missing.

The blocks of a photograph that was opened, altered and saved again were quantised twice; those of a
region put in only once, or not on this grid (Z. Lin et al., Pattern Recognition 42(11), 2009; T.
Bianchi and A. Piva, IEEE TIFS 7(3), 2012). The earlier steps and the smooth density of the
coefficients come from the picture as a whole (`recompression`); each block then gets the ratio of
what both histories say of its coefficients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.provenance.jpeg import recompression
from tamis.examinations.signal.block_map import blocks_of, strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.examinations.provenance.jpeg.recompression import Recompression
    from tamis.examinations.signal.block_map import Region


def find(luma: NDArray[np.uint8], steps: tuple[int, ...], earlier: Recompression) -> Region | None:
    """Return the region whose blocks have least of the earlier compression; None where too small.

    Args:
        luma: as the file stores it, shape (h, w), from its first row and column on.
        steps: quantisation table of the luminance, 64 in natural order.
        earlier: what the picture as a whole tells of its first compression.
    """
    blocks = blocks_of(luma, 0, 0)
    if blocks is None:
        return None
    # 0 and 255 become the two largest
    counted = (blocks.samples - np.uint8(1)).max(axis=1) < 254
    evidence = -recompression.gains_of_blocks(blocks.samples, counted, steps, earlier)
    evidence *= counted
    return strongest(evidence.reshape(blocks.rows, blocks.columns), blocks)
