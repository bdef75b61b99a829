"""All pairs of near hashes within one collection, exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tamis.matching import brute
from tamis.matching.engine import kernels
from tamis.matching.hashes import as_chunks, as_hashes, as_words, spread_bits
from tamis.matching.matches import Pairs
from tamis.matching.plan import CHUNK_VALUES, MAX_DISTANCE, allowances, check_distance
from tamis.matching.segment import PADDING, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VALUES: Final = 1024
"""Chunk values joined per call: short enough to be interrupted, and to be done again."""


def self_join(
    hashes: NDArray[np.uint8], *, distance: int = MAX_DISTANCE, max_pairs: int | None = None
) -> Pairs:
    """Find every pair of hashes at most `distance` bits apart.

    Takes about 100 bytes of memory per hash, the input included, and 20 per pair. The method is
    that of the index (`tamis.matching.plan`), one chunk at a time: entries with the same or a
    neighbouring value of the chunk are compared run by run, which keeps both runs in the cache.

    Args:
        hashes: uint8, shape (n, 32). Equal hashes are pairs too: collapse them first where there
            may be many.
        distance: in bits, 0 to 31.
        max_pairs: give up where there are more.

    Raises:
        ValueError: if the hashes or the distance are not as described.
    """
    check_distance(distance)
    hashes = as_hashes(hashes)
    compiled = kernels()
    if compiled is None:
        return brute.self_join(hashes, distance, max_pairs)
    spread = spread_bits(hashes)
    found = _Found(max_pairs)
    allowance = allowances(distance)
    for chunk in np.flatnonzero(allowance):
        if not _join_chunk(compiled, spread, chunk, allowance, distance, found):
            return Pairs.too_many()
    one, other, apart = found.arrays()
    return Pairs.ordered(np.minimum(one, other), np.maximum(one, other), apart)


class _Found:
    """The pairs found so far, in arrays that grow."""

    def __init__(self, max_pairs: int | None) -> None:
        self.enough = np.iinfo(np.int64).max if max_pairs is None else max_pairs
        self.count = 0
        self.first = np.empty(1 << 16, np.int64)
        self.second = np.empty(1 << 16, np.int64)
        self.distance = np.empty(1 << 16, np.int32)

    def grow(self, count: int) -> None:
        """Make room for `count` pairs and as many again."""
        for name in ("first", "second", "distance"):
            old = getattr(self, name)
            new = np.empty(2 * count, old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        return self.first[: self.count], self.second[: self.count], self.distance[: self.count]


def _join_chunk(
    compiled: Any,  # noqa: ANN401 - the module of kernels
    spread: NDArray[np.uint8],
    chunk: np.intp,
    allowance: NDArray[np.int64],
    distance: int,
    found: _Found,
) -> bool:
    """Add the pairs first met in `chunk`; return False where they are more than allowed."""
    count = len(spread)
    starts = np.empty(CHUNK_VALUES + 1, np.uint32)
    items = np.empty(count, np.uint32)
    following = np.zeros(count + PADDING, np.uint16)
    compiled.fill_table(as_chunks(frozen(spread)), chunk, starts, items, following)
    for lowest in range(0, CHUNK_VALUES, _VALUES):
        while True:
            count = compiled.join(
                as_words(frozen(spread)),
                as_chunks(frozen(spread)),
                chunk,
                frozen(starts),
                frozen(items),
                frozen(following),
                lowest,
                lowest + _VALUES,
                frozen(allowance),
                distance,
                found.enough,
                found.first,
                found.second,
                found.distance,
                found.count,
            )
            if count > found.enough:
                return False
            if count <= len(found.first):
                break
            found.grow(count)
        found.count = count
    return True
