"""Near-duplicate stacks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.linking import stacks
from tamis.linking.stacks import Stacks, representative_order, restack, stack
from tamis.matching import HammingIndex, brute


def flipped(hashes, distances, rng):
    bits = np.unpackbits(hashes, axis=1)
    for row, distance in zip(bits, distances, strict=True):
        row[rng.choice(256, distance, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


@st.composite
def collections(draw, most=120):
    """Chains of near duplicates, clusters, copies, and hashes near nothing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = [rng.integers(0, 256, (1, 32), np.uint8)]
    for _ in range(draw(st.integers(0, most))):
        known = np.concatenate(rows)
        step = int(rng.choice([0, 1, 12, 25, 31, 32, 45, 128]))
        rows.append(flipped(known[rng.integers(0, len(known), 1)], [step], rng))
    return np.concatenate(rows)


def by_the_rule(hashes, rank, distance, usable):
    """The rule, word by word."""
    apart = brute.distances(hashes, hashes)
    representative = np.full(len(hashes), -1)
    for one in np.argsort(rank):
        if representative[one] < 0:
            representative[one] = one
            if usable[one]:
                near = (apart[one] <= distance) & (representative < 0) & usable
                representative[near] = one
    return representative, apart[np.arange(len(hashes)), representative]


def same(found, expected):
    np.testing.assert_array_equal(found.representative, expected[0])
    np.testing.assert_array_equal(found.distance, expected[1])


@pytest.mark.parametrize("route", ["pairs", "searches"])
@settings(max_examples=60, deadline=None)
@given(collections(), st.integers(0, 2**32), st.sampled_from([31, 30, 12, 0]))
def test_both_routes_follow_the_rule(route, hashes, seed, distance):
    rng = np.random.default_rng(seed)
    rank = rng.permutation(len(hashes))
    usable = rng.random(len(hashes)) < 0.9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "_BATCH", 4)
        patch.setattr(stacks, "_WINDOW", 7)
        if route == "searches":
            patch.setattr(stacks, "_PAIRS", -1)
            patch.setattr(stacks, "_PAIRS_PER_HASH", 0)
            patch.setattr(stacks, "_from_pairs", None)
        else:
            patch.setattr(stacks, "_by_search", None)
        found = stack(hashes, rank, distance=distance, usable=usable)
    same(found, by_the_rule(hashes, rank, distance, usable))


@pytest.mark.parametrize("share", [0, 10**9], ids=["repaired", "anew"])
@settings(max_examples=60, deadline=None)
@given(collections(), st.integers(0, 2**32), st.floats(0, 1))
def test_restack_ends_where_stacking_anew_does(share, hashes, seed, part):
    rng = np.random.default_rng(seed)
    hashes = hashes[rng.permutation(len(hashes))]
    rank = rng.permutation(len(hashes))
    usable = rng.random(len(hashes)) < 0.9
    old = int(part * len(hashes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "_TOUCHED_SHARE", share)
        patch.setattr(stacks, "_BATCH", 4)
        previous = stack(hashes[:old], rank[:old], usable=usable[:old])
        kept = previous.representative.copy()
        found = restack(previous, HammingIndex.build(hashes), hashes, rank, usable=usable)
    same(found, by_the_rule(hashes, rank, 31, usable))
    np.testing.assert_array_equal(previous.representative, kept)


def test_restack_leaves_untouched_stacks_alone(monkeypatch):
    rng = np.random.default_rng(4)
    hashes = rng.integers(0, 256, (400, 32), np.uint8)
    hashes[200:399] = hashes[:199]
    hashes[399] = hashes[7]
    rank = np.arange(400)
    previous = stack(hashes[:399], rank[:399])
    stacked = []
    collapsed = stacks._collapsed

    def watched(some, ranks):
        stacked.append(len(some))
        return collapsed(some, ranks)

    monkeypatch.setattr(stacks, "_collapsed", watched)
    found = restack(previous, HammingIndex.build(hashes), hashes, rank)
    assert stacked == [3]
    same(found, by_the_rule(hashes, rank, 31, np.ones(400, bool)))


def test_restack_refuses_an_index_of_other_media():
    hashes = np.zeros((3, 32), np.uint8)
    previous = stack(hashes[:1], np.arange(1))
    with pytest.raises(ValueError, match="holds 2 hashes, not 3"):
        restack(previous, HammingIndex.build(hashes[:2]), hashes, np.arange(3))


def test_a_chain_is_not_one_stack():
    bits = np.zeros((4, 256), np.uint8)
    for row in range(4):
        bits[row, : 20 * row] = 1
    hashes = np.packbits(bits, axis=1)
    found = stack(hashes, np.arange(4))
    assert found.representative.tolist() == [0, 0, 2, 2]
    assert found.distance.tolist() == [0, 20, 0, 20]
    assert stack(hashes, np.array([3, 0, 1, 2])).representative.tolist() == [1, 1, 1, 3]


def test_a_flood_of_copies_is_one_stack():
    hashes = np.zeros((20_000, 32), np.uint8)
    hashes[:500, 0] = 255
    rank = np.random.default_rng(1).permutation(len(hashes))
    found = stack(hashes, rank, distance=7)
    assert set(found.representative.tolist()) == {
        int(np.argmin(rank[:500])),
        500 + int(np.argmin(rank[500:])),
    }
    assert not found.distance.any()


def test_no_media():
    none = np.empty((0, 32), np.uint8)
    assert len(stack(none, np.empty(0, np.int64))) == 0
    empty = Stacks(np.empty(0, np.int64), np.empty(0, np.int32))
    assert len(restack(empty, HammingIndex.build(none), none, np.empty(0, np.int64))) == 0


def test_without_features_every_media_stands_alone():
    found = stack(np.zeros((3, 32), np.uint8), np.arange(3), usable=np.zeros(3, bool))
    assert found.representative.tolist() == [0, 1, 2]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 3),
            st.integers(0, 3),
            st.binary(min_size=32, max_size=32),
        ),
        unique_by=lambda media: media[3],
    )
)
def test_representatives_are_ranked_by_the_rule(media):
    rank = representative_order(
        np.array([m[0] for m in media], np.int64),
        np.array([m[1] for m in media], np.int64),
        np.array([m[2] for m in media], np.int64),
        np.frombuffer(b"".join(m[3] for m in media), np.uint8).reshape(-1, 32),
    )
    expected = sorted(
        range(len(media)), key=lambda k: (-media[k][0] * media[k][1], -media[k][2], media[k][3])
    )
    assert np.argsort(rank).tolist() == expected
    assert sorted(rank.tolist()) == list(range(len(media)))
