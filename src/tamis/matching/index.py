"""The index of perceptual hashes: exact search at up to 31 of 256 bits, open to additions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.matching import storage
from tamis.matching.hashes import as_hashes, spread_bits
from tamis.matching.matches import Matches
from tamis.matching.plan import MAX_DISTANCE, SCAN_LIMIT, check_distance
from tamis.matching.segment import Segment

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class HammingIndex:
    """Finds every hash within a given number of bits; never approximate, never truncated.

    Hashes are numbered in the order in which they came, from 0; a number is never used again. They
    lie in segments that do not change, each at least twice as large as the next: what is added
    becomes a new segment, joined with those before it that are not much larger. So a new hash is
    found at once, and adding n hashes one by one costs O(n log n).

    Whatever its own distance, an index answers every one from 0 to 31; `tamis.matching.plan` tells
    the method. Searching does not change the index: threads may search it together while none adds
    or removes.
    """

    def __init__(
        self,
        segments: list[Segment],
        removed: NDArray[np.bool_] | None = None,
        distance: int = MAX_DISTANCE,
    ) -> None:
        self.distance = check_distance(distance)
        self._segments = segments
        self._removed = removed  # one flag per number ever given; None: nothing was removed

    @classmethod
    def build(cls, hashes: NDArray[np.uint8], *, distance: int = MAX_DISTANCE) -> HammingIndex:
        """Build an index of `hashes`, uint8 of shape (n, 32); they are copied.

        Args:
            hashes: to be found.
            distance: searched for where a search names none, in bits, 0 to 31.

        Raises:
            ValueError: if the hashes or the distance are not as described.
        """
        index = cls([], distance=distance)
        index.add(hashes)
        return index

    @classmethod
    def open(cls, folder: Path) -> HammingIndex:
        """Open the index saved in `folder`, memory-mapped: nothing is read before it is needed.

        Raises:
            StoreError: if there is none, or it is broken or of another format version.
        """
        return cls(*storage.load(folder))

    def save(self, folder: Path) -> None:
        """Save the index in `folder`; one already there stays whole until this one replaces it.

        Raises:
            StoreError: if it cannot be written; what was there before is kept.
        """
        storage.save(folder, self._segments, self._removed, self.distance)

    def __len__(self) -> int:
        gone = 0 if self._removed is None else int(np.count_nonzero(self._removed))
        return self._numbered - gone

    @property
    def _numbered(self) -> int:
        return sum(len(segment) for segment in self._segments)

    @property
    def nbytes(self) -> int:
        """Bytes the index takes in memory, or of mapped files."""
        gone = 0 if self._removed is None else self._removed.nbytes
        return gone + sum(segment.nbytes for segment in self._segments)

    def add(self, hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Add `hashes`, uint8 of shape (n, 32); return their numbers. The next search finds them.

        Raises:
            ValueError: if they have another type or shape.
        """
        hashes = as_hashes(hashes)
        before = self._numbered
        if len(hashes):
            self._append(spread_bits(hashes))
            if self._removed is not None:
                self._removed = np.concatenate([self._removed, np.zeros(len(hashes), bool)])
        return np.arange(before, before + len(hashes), dtype=np.int64)

    def _append(self, spread: NDArray[np.uint8]) -> None:
        joined = [spread]
        count = len(spread)
        segments = list(self._segments)
        while segments and len(segments[-1]) < max(2 * count, SCAN_LIMIT - count + 1):
            joined.append(segments.pop().hashes)
            count += len(joined[-1])
        whole = np.concatenate(joined[::-1]) if len(joined) > 1 else spread
        self._segments = [*segments, Segment.build(whole)]

    def remove(self, numbers: NDArray[np.int64]) -> None:
        """Remove the hashes with these `numbers`; removing one again changes nothing.

        Raises:
            IndexError: if a number was never given.
        """
        numbers = np.asarray(numbers, np.int64)
        total = self._numbered
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < total:
            raise IndexError(f"hashes are numbered from 0 to {total - 1}")
        removed = np.zeros(total, bool) if self._removed is None else self._removed.copy()
        removed[numbers] = True
        self._removed = removed

    def search(self, queries: NDArray[np.uint8], distance: int | None = None) -> Matches:
        """Find every hash at most `distance` bits from each query.

        Args:
            queries: uint8, shape (q, 32). Many at once are faster than one by one.
            distance: in bits, 0 to 31; None: that of the index.

        Raises:
            ValueError: if the queries or the distance are not as described.
            StoreError: if the index comes from a damaged file.
        """
        distance = check_distance(self.distance if distance is None else distance)
        spread = spread_bits(as_hashes(queries))
        parts: list[Matches] = []
        first = 0
        for segment in self._segments:
            parts += (
                Matches(part.query, part.item + first, part.distance)
                for part in segment.search(spread, distance)
            )
            first += len(segment)
        if self._removed is not None:
            parts = [part.where(~self._removed[part.item]) for part in parts]
        return Matches.ordered(parts)
