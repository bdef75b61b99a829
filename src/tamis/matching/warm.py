"""Compiling ahead of time."""

from __future__ import annotations

import numpy as np

from tamis.matching.hashes import HASH_BYTES
from tamis.matching.index import HammingIndex
from tamis.matching.join import self_join
from tamis.matching.plan import SCAN_LIMIT


def warm() -> None:
    """Compile or load every kernel, so that processes forked after this need not."""
    hashes = np.zeros((SCAN_LIMIT + 1, HASH_BYTES), np.uint8)
    hashes[:, :4] = np.arange(len(hashes), dtype="<u4").view(np.uint8).reshape(-1, 4)
    for index in (HammingIndex.build(hashes), HammingIndex.build(hashes[:2])):
        index.search(hashes[:1], distance=0)
    self_join(hashes[:2], distance=0)
