"""Collections of hashes to search, made from a seed."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import strategies as st

from tamis.matching import index, segment

ENGINES = ["numba", "numpy"]


def near(hashes, distances, rng):
    """Return each of `hashes`, shape (n, 32), with so many bits flipped, at random."""
    bits = np.unpackbits(hashes, axis=1)
    for row, distance in zip(bits, distances, strict=True):
        row[rng.choice(256, distance, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def around(centres, count, rng, farthest=40):
    """Return `count` hashes at 0 to `farthest` bits from one of `centres` random ones."""
    base = rng.integers(0, 256, (centres, 32), np.uint8)
    return near(base[rng.integers(0, centres, count)], rng.integers(0, farthest + 1, count), rng)


@st.composite
def collections(draw, most=300):
    """Clusters of many shapes: spread far, close together, identical, sharing all but one chunk."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    parts = [around(draw(st.integers(1, 40)), draw(st.integers(0, most)), rng)]
    if draw(st.booleans()):
        parts.append(
            np.tile(rng.integers(0, 256, (1, 32), np.uint8), (draw(st.integers(1, 90)), 1))
        )
    if draw(st.booleans()):
        one = np.tile(rng.integers(0, 256, (1, 32), np.uint8), (draw(st.integers(1, 90)), 1))
        one[:, draw(st.integers(0, 31))] = rng.integers(0, 256, len(one))
        parts.append(one)
    whole = np.concatenate(parts)
    return whole[rng.permutation(len(whole))]


@contextmanager
def engine(name, *, tables=True):
    """Search with this engine, and with tables however few the hashes, or without."""
    limit = 0 if tables else 10**9
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAMIS_MATCHING", name)
        patch.setattr(segment, "SCAN_LIMIT", limit)
        patch.setattr(index, "SCAN_LIMIT", limit)
        yield
