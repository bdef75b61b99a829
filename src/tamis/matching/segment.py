"""A run of hashes that never changes, with the tables to search it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tamis.errors import StoreError
from tamis.matching import brute
from tamis.matching.engine import kernels
from tamis.matching.hashes import as_chunks, as_words
from tamis.matching.matches import Matches
from tamis.matching.plan import CHUNK_VALUES, CHUNKS, SCAN_LIMIT, allowances

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

PADDING: Final = 32
"""Entries after the last that the kernels may read, never use."""

_QUERIES: Final = 4096
"""Queries that go through the tables together."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The sixteen tables over n hashes, one per chunk; see `tamis.matching.plan`.

    Args:
        starts: shape (16, 65537); where the entries of each chunk value begin.
        items: shape (16, n); the entries: numbers of hashes.
        following: shape (16, n + `PADDING`); for each entry the next chunk of its hash.
    """

    starts: NDArray[np.uint32]
    items: NDArray[np.uint32]
    following: NDArray[np.uint16]

    @property
    def nbytes(self) -> int:
        """Bytes of memory, or of mapped files."""
        return self.starts.nbytes + self.items.nbytes + self.following.nbytes

    @classmethod
    def build(cls, hashes: NDArray[np.uint8]) -> Tables | None:
        """Build the tables over `hashes`, shape (n, 32); None where a plain scan does as well."""
        compiled = kernels()
        count = len(hashes)
        if count <= SCAN_LIMIT or compiled is None:
            return None
        starts = np.empty((CHUNKS, CHUNK_VALUES + 1), np.uint32)
        items = np.empty((CHUNKS, count), np.uint32)
        following = np.zeros((CHUNKS, count + PADDING), np.uint16)
        chunks = as_chunks(frozen(hashes))
        for chunk in range(CHUNKS):
            compiled.fill_table(chunks, chunk, starts[chunk], items[chunk], following[chunk])
        return cls(frozen(starts), frozen(items), frozen(following))


@dataclass(frozen=True, slots=True)
class Segment:
    """Hashes with their bits spread (`tamis.matching.hashes`), shape (n, 32), and their tables."""

    hashes: NDArray[np.uint8]
    tables: Tables | None

    @classmethod
    def build(cls, hashes: NDArray[np.uint8]) -> Segment:
        """Make `hashes`, shape (n, 32), bits spread, searchable; they must not change any more."""
        return cls(frozen(hashes), Tables.build(hashes))

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, or of mapped files."""
        return self.hashes.nbytes + (self.tables.nbytes if self.tables else 0)

    def search(self, queries: NDArray[np.uint8], distance: int) -> list[Matches]:
        """Find all within `distance` bits of `queries`, shape (q, 32), bits spread; not in order.

        Raises:
            StoreError: if the tables come from a damaged file.
        """
        if kernels() is None:
            return [brute.search(self.hashes, queries, distance)]
        parts = []
        for start in range(0, len(queries), _QUERIES):
            block = queries[start : start + _QUERIES]
            part = _collect(self._kernel(frozen(block), distance), room=4 * len(block))
            parts.append(Matches(part.query + start, part.item, part.distance))
        return parts

    def _kernel(self, queries: NDArray[np.uint8], distance: int) -> Callable[[Matches], int]:
        """Bind all but the arrays for the result."""
        compiled, words, tables = kernels(), as_words(self.hashes), self.tables
        if tables is None:
            return lambda room: int(
                compiled.scan(
                    words, as_words(queries), distance, room.query, room.item, room.distance
                )
            )
        return lambda room: int(
            compiled.search(
                words,
                as_chunks(self.hashes),
                tables.starts,
                tables.items,
                tables.following,
                as_words(queries),
                as_chunks(queries),
                frozen(allowances(distance)),
                distance,
                room.query,
                room.item,
                room.distance,
            )
        )


def frozen(array: NDArray[T]) -> NDArray[T]:
    """Return a read-only view of `array`: what the kernels are compiled for."""
    view = array.view()
    view.flags.writeable = False
    return view


def _collect(kernel: Callable[[Matches], int], room: int) -> Matches:
    """Call `kernel` with room for so many results, and once more where it found more."""
    results = _empty(room)
    found = kernel(results)
    if found > room:
        results = _empty(found)
        found = kernel(results)
    if found < 0:
        raise StoreError("the index of perceptual hashes is damaged: build it again")
    return Matches(results.query[:found], results.item[:found], results.distance[:found])


def _empty(room: int) -> Matches:
    return Matches(np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int32))
