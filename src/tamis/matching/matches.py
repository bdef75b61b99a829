"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Matches:
    """Hashes found near the queries, ordered by query, then distance, then item.

    Args:
        query: number of the query, int64.
        item: number of the hash found, int64.
        distance: bits that differ, int32.
    """

    query: NDArray[np.int64]
    item: NDArray[np.int64]
    distance: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.query)

    @classmethod
    def none(cls) -> Matches:
        """No match."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))

    @classmethod
    def ordered(cls, parts: Sequence[Matches]) -> Matches:
        """Join `parts` and put them in order."""
        if not parts:
            return cls.none()
        query = np.concatenate([part.query for part in parts])
        item = np.concatenate([part.item for part in parts])
        distance = np.concatenate([part.distance for part in parts])
        order = np.lexsort((item, distance, query))
        return cls(query[order], item[order], distance[order])

    def where(self, keep: NDArray[np.bool_]) -> Matches:
        """The matches for which `keep` is true."""
        return Matches(self.query[keep], self.item[keep], self.distance[keep])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of near hashes, ordered by first, then second.

    Args:
        first: number of the one hash, int64.
        second: number of the other, int64, always larger than `first`.
        distance: bits that differ, int32.
        complete: False where there were more pairs than the caller allowed; the arrays are then
            empty, so that a part is never taken for the whole.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int32]
    complete: bool = True

    def __len__(self) -> int:
        return len(self.first)

    @classmethod
    def ordered(
        cls, first: NDArray[np.int64], second: NDArray[np.int64], distance: NDArray[np.int32]
    ) -> Pairs:
        """Put complete pairs in order."""
        order = np.lexsort((second, first))
        return cls(first[order], second[order], distance[order])

    @classmethod
    def too_many(cls) -> Pairs:
        """The answer where there are more pairs than allowed."""
        none = np.empty(0, np.int64)
        return cls(none, none, np.empty(0, np.int32), complete=False)
