"""All pairs within a distance."""

from __future__ import annotations

import numpy as np
import pytest
from hash_collections import ENGINES, around, collections, engine
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.matching import HammingIndex, brute, self_join


def as_set(pairs):
    found = set(
        zip(pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist(), strict=True)
    )
    assert len(found) == len(pairs), "no pair twice"
    return found


@settings(max_examples=40, deadline=None)
@given(collections(), st.integers(0, 31))
def test_finds_exactly_the_pairs_brute_force_finds(hashes, distance):
    with engine("numba"):
        found = self_join(hashes, distance=distance)
        near = HammingIndex.build(hashes).search(hashes, distance)
    expected = as_set(brute.self_join(hashes, distance))
    assert as_set(found) == expected
    upper = near.where(near.item > near.query)
    assert expected == set(
        zip(upper.query.tolist(), upper.item.tolist(), upper.distance.tolist(), strict=True)
    )
    assert found.complete
    order = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert order == sorted(order)


@pytest.mark.parametrize("name", ENGINES)
def test_gives_up_above_the_pairs_allowed_and_not_before(name):
    hashes = np.zeros((50, 32), np.uint8)
    pairs = 50 * 49 // 2
    with engine(name):
        assert len(self_join(hashes, max_pairs=pairs)) == pairs
        for allowed in (0, 1, pairs - 1):
            given_up = self_join(hashes, max_pairs=allowed)
            assert not given_up.complete
            assert len(given_up) == 0


def test_results_outgrow_their_first_room():
    hashes = np.zeros((700, 32), np.uint8)
    hashes[:, 5] = np.arange(700) % 4
    with engine("numba"):
        found = self_join(hashes)
    assert len(as_set(found)) == 700 * 699 // 2
    assert as_set(found) == as_set(brute.self_join(hashes, 31))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("count", [0, 1])
def test_no_pair_in_none_or_one(name, count):
    with engine(name):
        assert len(self_join(around(1, count, np.random.default_rng(1)))) == 0


def test_input_that_cannot_be_joined():
    with pytest.raises(ValueError, match="from 0 to 31"):
        self_join(np.zeros((1, 32), np.uint8), distance=32)
    with pytest.raises(ValueError, match="hashes must be uint8"):
        self_join(np.zeros((1, 8), np.uint8))
