"""Search by comparing everything with everything, in numpy: the oracle, and the way without numba.

It shares no code with the compiled kernels, so that each proves the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tamis.matching.hashes import as_words
from tamis.matching.matches import Matches, Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CELLS: Final = 1 << 20
"""Distances computed at a time: 32 MiB of differing bits."""


def distances(queries: NDArray[np.uint8], hashes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the Hamming distances of shape (q, n) between hashes of shape (q, 32) and (n, 32)."""
    differing = as_words(queries)[:, None, :] ^ as_words(hashes)[None, :, :]
    counts: NDArray[np.int32] = np.bitwise_count(differing).sum(axis=2, dtype=np.int32)
    return counts


def search(hashes: NDArray[np.uint8], queries: NDArray[np.uint8], distance: int) -> Matches:
    """Find every hash, shape (n, 32), within `distance` bits of each query, shape (q, 32)."""
    parts = []
    rows = max(1, _CELLS // max(1, len(hashes)))
    columns = min(max(1, len(hashes)), _CELLS)
    for top in range(0, len(queries), rows):
        for left in range(0, len(hashes), columns):
            apart = distances(queries[top : top + rows], hashes[left : left + columns])
            query, item = np.nonzero(apart <= distance)
            parts.append(Matches(query + top, item + left, apart[query, item]))
    return Matches.ordered(parts)


def self_join(hashes: NDArray[np.uint8], distance: int, max_pairs: int | None = None) -> Pairs:
    """Find every pair of hashes, shape (n, 32), within `distance` bits of each other."""
    parts = []
    found = 0
    rows = max(1, _CELLS // max(1, len(hashes)))
    for top in range(0, len(hashes), rows):
        near = search(hashes[top:], hashes[top : top + rows], distance)
        near = near.where(near.item > near.query)
        found += len(near)
        if max_pairs is not None and found > max_pairs:
            return Pairs.too_many()
        parts.append(Matches(near.query + top, near.item + top, near.distance))
    whole = Matches.ordered(parts)
    return Pairs.ordered(whole.query, whole.item, whole.distance)
