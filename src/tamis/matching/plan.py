"""How the exact search is laid out: chunks, what each may differ by, and when an index pays.

The 256 bits are cut into 16 chunks of 16 bits. Give each chunk i an allowance a_i so that the
allowances sum to tau + 1. If two hashes differ in d_i bits of chunk i and in at most tau bits in
all, then the differences d_i - a_i sum to less than zero, and going round the ring of chunks there
is one from which every partial sum is negative: it starts right after the last maximum of the
running sum. From the first two of these sums follows what the index tests:

    d_i <= a_i - 1    and    d_i + d_(i+1) <= a_i + a_(i+1) - 1

The first is the general pigeonhole principle (Norouzi, Punjani and Fleet, *Fast Exact Search in
Hamming Space with Multi-Index Hashing*, PAMI 2014; Qin et al., *GPH*, ICDE 2018): only hashes whose
chunk i is at most a_i - 1 bits away need be looked at. The second is the pigeonring principle (Qin
and Xiao, *Pigeonring: A Principle for Faster Thresholded Similarity Search*, PVLDB 12(1), 2018).
Both tests are necessary, so no match is missed. With the following chunk kept beside each entry,
the second costs two bytes of contiguous memory instead of a random access to the whole hash, and of
random hashes leaves one candidate in about four hundred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS: Final = 16
CHUNK_VALUES: Final = 1 << 16
MAX_DISTANCE: Final = 31
"""An allowance above 2 would need two flipped bits per chunk; no list asks for more than 31."""

SCAN_LIMIT: Final = 8192
"""Up to so many hashes a plain scan is searched: a table would cost more than it saves."""


def check_distance(distance: int) -> int:
    """Return `distance`, in bits.

    Raises:
        ValueError: if it is not from 0 to 31.
    """
    if not 0 <= distance <= MAX_DISTANCE:
        raise ValueError(f"the distance must be from 0 to {MAX_DISTANCE} bits, not {distance}")
    return distance


def allowances(distance: int) -> NDArray[np.int64]:
    """Return the allowance of each chunk, shape (16,): 0 (never searched), 1 or 2, sum distance+1.

    Raises:
        ValueError: if `distance` is not from 0 to 31.
    """
    share, rest = divmod(check_distance(distance) + 1, CHUNKS)
    allowance = np.full(CHUNKS, share, np.int64)
    allowance[:rest] += 1
    return allowance
