"""Stacks of near duplicates: one picture shown for each, that truly stands for the rest.

Chains would not do: a is near b, b near c, and so on to a z that looks like another picture. So a
stack is a star: going through the media from the best to the worst representative, the first that
is in no stack opens one, and takes all others in no stack that are near to *it*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tamis.matching.hashes import as_hashes, as_words
from tamis.matching.index import HammingIndex
from tamis.matching.join import self_join
from tamis.matching.plan import MAX_DISTANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.matching.matches import Pairs

_PAIRS_PER_HASH: Final = 2
_PAIRS: Final = 5_000_000
"""Pairs kept at most, and so many more per hash: above, the collection is a flood (video frames),
and one search per representative takes less memory and time than all pairs."""

_BATCH: Final = 32
"""Representatives searched together; in a flood each may find the whole of it."""

_WINDOW: Final = 4096
"""Hashes looked over at a time for those still in no stack."""

_TOUCHED_SHARE: Final = 8
"""Where more than one media in so many is touched, stacking anew is faster than repairing."""


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stack of each of n media.

    Args:
        representative: number of the media that stands for this one, int64, shape (n,); a
            representative stands for itself.
        distance: bits between the two hashes, int32, shape (n,).
    """

    representative: NDArray[np.int64]
    distance: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.representative)


def representative_order(
    width: NDArray[np.int64],
    height: NDArray[np.int64],
    size: NDArray[np.int64],
    sha256: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Rank media as representatives: largest first, then least compressed, then by SHA-256.

    Args:
        width: pixels, shape (n,).
        height: pixels, shape (n,).
        size: bytes of the file, shape (n,). At the same number of pixels, more bytes mean more
            bytes per pixel: less compressed.
        sha256: uint8, shape (n, 32); the smaller wins, so that the rule depends on nothing else.

    Returns:
        The rank of each, int64, shape (n,): 0 is the best.
    """
    pixels = width.astype(np.int64) * height.astype(np.int64)
    digest = np.ascontiguousarray(sha256).view(">u8")
    order = np.lexsort((*digest.T[::-1], -size.astype(np.int64), -pixels))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def stack(
    hashes: NDArray[np.uint8],
    rank: NDArray[np.int64],
    *,
    distance: int = MAX_DISTANCE,
    usable: NDArray[np.bool_] | None = None,
) -> Stacks:
    """Stack media by their perceptual hashes.

    Args:
        hashes: uint8, shape (n, 32).
        rank: shape (n,); the smaller, the better the representative; all different.
        distance: bits by which a media may differ from its representative, 0 to 31.
        usable: shape (n,); where false the hash means nothing (a picture without features), and
            the media is a stack of one.

    Raises:
        ValueError: if the hashes or the distance are not as described.
    """
    hashes = as_hashes(hashes)
    rows = np.arange(len(hashes)) if usable is None else np.flatnonzero(usable)
    return _restacked(_alone(len(hashes)), rows, hashes, rank, distance)


def restack(
    previous: Stacks,
    index: HammingIndex,
    hashes: NDArray[np.uint8],
    rank: NDArray[np.int64],
    *,
    distance: int = MAX_DISTANCE,
    usable: NDArray[np.bool_] | None = None,
) -> Stacks:
    """Bring stacks up to date after media were added; the result is that of `stack` over all.

    Only what is connected with the added media by steps of at most `distance` bits can change: that
    is found by searching the index, and stacked anew. Where it is much of the whole, the whole is.

    Args:
        previous: of the first media, as `stack` or `restack` returned them, with the same distance,
            the same `usable` and ranks in the same order.
        index: holds `hashes`, numbered as they stand there; none removed.
        hashes: of all media, old ones first; uint8, shape (n, 32).
        rank: as in `stack`, of all media.
        distance: as in `stack`.
        usable: as in `stack`, of all media.

    Raises:
        ValueError: if the hashes or the distance are not as described, or the index is of others.
    """
    hashes = as_hashes(hashes)
    if len(index) != len(hashes):
        raise ValueError(f"the index holds {len(index)} hashes, not {len(hashes)}")
    usable = np.ones(len(hashes), bool) if usable is None else usable
    touched = _touched(index, hashes, len(previous), distance, usable)
    if touched is None:
        return stack(hashes, rank, distance=distance, usable=usable)
    before = _alone(len(hashes))
    before.representative[: len(previous)] = previous.representative
    before.distance[: len(previous)] = previous.distance
    return _restacked(before, touched, hashes, rank, distance)


def _alone(count: int) -> Stacks:
    return Stacks(np.arange(count, dtype=np.int64), np.zeros(count, np.int32))


def _restacked(
    before: Stacks,
    rows: NDArray[np.intp],
    hashes: NDArray[np.uint8],
    rank: NDArray[np.int64],
    distance: int,
) -> Stacks:
    """Stack the media in `rows` among themselves and leave the others as they are."""
    first, group = _collapsed(hashes[rows], rank[rows])
    distinct = hashes[rows[first]]
    pairs = self_join(
        distinct, distance=distance, max_pairs=_PAIRS + _PAIRS_PER_HASH * len(distinct)
    )
    stars = _from_pairs(len(distinct), pairs) if pairs.complete else _by_search(distinct, distance)
    before.representative[rows] = rows[first[stars.representative[group]]]
    before.distance[rows] = stars.distance[group]
    return before


def _collapsed(
    hashes: NDArray[np.uint8], rank: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Take equal hashes together, so that a flood of copies costs no more than one.

    Returns:
        For each distinct hash, by rank, the row of its best representative; and for each row the
        number of its hash among these.
    """
    words = as_words(np.ascontiguousarray(hashes))
    order = np.lexsort((rank, *words.T))
    in_order = words[order]
    opens = np.ones(len(order), bool)
    opens[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
    first = order[opens]
    by_rank = np.argsort(rank[first])
    place = np.empty(len(first), np.intp)
    place[by_rank] = np.arange(len(first))
    group = np.empty(len(order), np.intp)
    group[order] = place[np.cumsum(opens) - 1]
    return first[by_rank], group


def _from_pairs(count: int, pairs: Pairs) -> Stacks:
    """Form stars over hashes numbered by rank, given all near pairs in order."""
    stars = _alone(count)
    head = stars.representative
    opens = np.flatnonzero(np.diff(pairs.first, prepend=-1))
    for start, end in zip(opens, np.append(opens, len(pairs))[1:], strict=True):
        one = pairs.first[start]
        if head[one] == one:
            _take(stars, one, pairs.second[start:end], pairs.distance[start:end])
    return stars


def _by_search(distinct: NDArray[np.uint8], distance: int) -> Stacks:
    """Form the same stars by searching for the neighbours of each representative in turn."""
    index = HammingIndex.build(distinct, distance=distance)
    stars = _alone(len(distinct))
    head = stars.representative
    start = 0
    while start < len(distinct):
        window = np.arange(start, min(start + _WINDOW, len(distinct)))
        batch = window[head[window] == window][:_BATCH]
        near = index.search(distinct[batch])
        bounds = np.searchsorted(near.query, np.arange(len(batch) + 1))
        for number, one in enumerate(batch):
            if head[one] == one:
                mine = slice(bounds[number], bounds[number + 1])
                _take(stars, one, near.item[mine], near.distance[mine])
        start = int(batch[-1] if len(batch) == _BATCH else window[-1]) + 1
    return stars


def _take(
    stars: Stacks, one: np.int64, near: NDArray[np.int64], distance: NDArray[np.int32]
) -> None:
    """Let the representative `one` take all `near` that are in no stack.

    None of them can be an earlier representative: that would have taken `one`.
    """
    free = stars.representative[near] == near
    stars.representative[near[free]] = one
    stars.distance[near[free]] = distance[free]


def _touched(
    index: HammingIndex,
    hashes: NDArray[np.uint8],
    old: int,
    distance: int,
    usable: NDArray[np.bool_],
) -> NDArray[np.intp] | None:
    """Return the media connected with those from `old` on; None where it is much of the whole."""
    seen = np.zeros(len(hashes), bool)
    seen[old:] = usable[old:]
    frontier = np.flatnonzero(seen)
    while len(frontier):
        queries = np.unique(hashes[frontier], axis=0)
        reached = []
        for start in range(0, len(queries), _BATCH):
            if np.count_nonzero(seen) * _TOUCHED_SHARE > len(hashes):
                return None
            near = index.search(queries[start : start + _BATCH], distance)
            near = near.where(usable[near.item] & ~seen[near.item])
            seen[near.item] = True
            # A copy of what was just searched for has no neighbours but those now seen.
            reached.append(near.item[near.distance > 0])
        frontier = np.concatenate(reached)
    return np.flatnonzero(seen)
