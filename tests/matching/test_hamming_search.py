"""The index finds all there is within a distance, and nothing else."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
from hash_collections import ENGINES, around, collections, engine, near
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.matching import HammingIndex, brute, engine_name, warm
from tamis.matching import engine as engine_module
from tamis.matching.hashes import BIT_ORDER, spread_bits
from tamis.matching.plan import CHUNKS, allowances


def same(found, expected):
    np.testing.assert_array_equal(found.query, expected.query)
    np.testing.assert_array_equal(found.item, expected.item)
    np.testing.assert_array_equal(found.distance, expected.distance)


def test_oracle_counts_differing_bits_one_by_one():
    rng = np.random.default_rng(7)
    queries, hashes = around(3, 6, rng), around(3, 50, rng)
    expected = [
        (query, item, distance)
        for query, item in itertools.product(range(len(queries)), range(len(hashes)))
        if (
            distance := sum(
                (int(a) ^ int(b)).bit_count()
                for a, b in zip(queries[query], hashes[item], strict=True)
            )
        )
        <= 31
    ]
    found = brute.search(hashes, queries, 31)
    assert sorted(zip(found.query, found.item, found.distance, strict=True)) == expected


@pytest.mark.parametrize("tables", [True, False])
@settings(max_examples=60, deadline=None)
@given(collections(), st.integers(0, 31), st.integers(0, 2**32))
def test_finds_exactly_what_brute_force_finds(tables, hashes, distance, seed):
    rng = np.random.default_rng(seed)
    chosen = hashes[rng.integers(0, len(hashes), 30)] if len(hashes) else hashes
    queries = np.concatenate(
        [near(chosen, rng.integers(0, 41, len(chosen)), rng), around(3, 5, rng)]
    )
    with engine("numba", tables=tables):
        found = HammingIndex.build(hashes).search(queries, distance)
    same(found, brute.search(hashes, queries, distance))


@pytest.mark.parametrize("name", ENGINES)
def test_every_planted_distance(name):
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 256, (2000, 32), np.uint8)
    planted = np.repeat(np.arange(41), 20)
    queries = near(hashes[: len(planted)], planted, rng)
    with engine(name):
        index = HammingIndex.build(hashes)
        for distance in range(32):
            found = index.search(queries, distance)
            assert found.query.tolist() == found.item.tolist()
            assert found.distance.tolist() == [x for x in planted.tolist() if x <= distance]


def test_differences_gathered_in_few_chunks_or_spread_evenly():
    hashes = np.zeros((1, 32), np.uint8)
    rows = []
    for width in (1, 2, 3, 4, 8, 16):
        for first in range(CHUNKS):
            for count in (30, 31, 32):
                bits = np.zeros((CHUNKS, 16), np.uint8)
                for number in range(count):
                    chunk, place = number % width, number // width
                    bits[(first + chunk) % CHUNKS, place % 16] = 1
                rows.append(np.packbits(bits.reshape(-1)))
    spread = np.stack(rows)
    bits = np.take(np.unpackbits(spread, axis=1), np.argsort(BIT_ORDER), axis=1)
    queries = np.packbits(bits, axis=1)
    np.testing.assert_array_equal(spread_bits(queries), spread)
    with engine("numba"):
        index = HammingIndex.build(hashes)
        for distance in range(32):
            same(index.search(queries, distance), brute.search(hashes, queries, distance))


def test_allowances_sum_to_one_more_than_the_distance():
    for distance in range(32):
        assert allowances(distance).sum() == distance + 1
        assert set(allowances(distance)) <= {0, 1, 2}


def test_many_results_are_never_cut():
    hashes = np.zeros((5000, 32), np.uint8)
    hashes[:, 0] = np.arange(5000) % 2
    queries = np.zeros((40, 32), np.uint8)
    with engine("numba"):
        found = HammingIndex.build(hashes).search(queries)
    assert len(found) == 40 * 5000
    assert found.item[:2500].tolist() == list(range(0, 5000, 2))
    assert found.distance[:5000].tolist() == [0] * 2500 + [1] * 2500


def test_more_queries_than_go_through_together():
    rng = np.random.default_rng(5)
    hashes = around(30, 200, rng)
    queries = around(30, 5000, rng)
    queries[4500:4700] = hashes
    with engine("numba"):
        found = HammingIndex.build(hashes).search(queries)
    same(found, brute.search(hashes, queries, 31))


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=25, deadline=None)
@given(
    collections(most=80),
    st.lists(
        st.tuples(st.sampled_from(["add", "add one", "remove"]), st.integers(0, 2**32)), max_size=8
    ),
)
def test_additions_and_removals_count_at_once(name, hashes, steps):
    known, gone = hashes, set()
    with engine(name):
        index = HammingIndex.build(hashes)
        for step, seed in steps:
            rng = np.random.default_rng(seed)
            if step == "remove" and len(known):
                numbers = rng.integers(0, len(known), 3)
                index.remove(numbers)
                gone |= set(numbers.tolist())
            elif step != "remove":
                fresh = around(4, 1 if step == "add one" else int(rng.integers(0, 60)), rng)
                numbers = index.add(fresh)
                assert numbers.tolist() == list(range(len(known), len(known) + len(fresh)))
                known = np.concatenate([known, fresh])
            assert len(index) == len(known) - len(gone)
            queries = known[rng.integers(0, len(known), 20)] if len(known) else known
            expected = brute.search(known, queries, 31)
            same(index.search(queries), expected.where(~np.isin(expected.item, list(gone))))


def test_segments_stay_few_and_shrinking():
    rng = np.random.default_rng(11)
    with engine("numba", tables=True):
        index = HammingIndex.build(around(5, 40, rng))
        for _ in range(60):
            index.add(around(5, 3, rng))
        sizes = [len(segment) for segment in index._segments]
    assert sum(sizes) == 220
    assert all(left >= 2 * right for left, right in itertools.pairwise(sizes))


@pytest.mark.parametrize("name", ENGINES)
def test_nothing_to_search_in_or_for(name):
    none = np.empty((0, 32), np.uint8)
    some = np.zeros((3, 32), np.uint8)
    with engine(name):
        assert len(HammingIndex.build(none).search(some)) == 0
        assert len(HammingIndex.build(some).search(none)) == 0
        assert HammingIndex.build(some).nbytes >= 96


def test_the_distance_of_the_index_holds_where_a_search_names_none():
    hashes = np.zeros((1, 32), np.uint8)
    query = np.zeros((1, 32), np.uint8)
    query[0, 0] = 0b111
    index = HammingIndex.build(hashes, distance=2)
    assert len(index.search(query)) == 0
    assert len(index.search(query, 3)) == 1


@pytest.mark.parametrize("distance", [-1, 32])
def test_distances_that_cannot_be_searched(distance):
    hashes = np.zeros((1, 32), np.uint8)
    with pytest.raises(ValueError, match="from 0 to 31"):
        HammingIndex.build(hashes).search(hashes, distance)
    with pytest.raises(ValueError, match="from 0 to 31"):
        HammingIndex.build(hashes, distance=distance)


@pytest.mark.parametrize(
    "hashes",
    [np.zeros((2, 31), np.uint8), np.zeros(32, np.uint8), np.zeros((2, 32), np.int64)],
    ids=["short", "flat", "wide"],
)
def test_arrays_that_are_no_hashes(hashes):
    with pytest.raises(ValueError, match="hashes must be uint8"):
        HammingIndex.build(hashes)


def test_numbers_that_were_never_given_cannot_be_removed():
    index = HammingIndex.build(np.zeros((2, 32), np.uint8))
    for number in (-1, 2):
        with pytest.raises(IndexError, match="from 0 to 1"):
            index.remove(np.array([number]))
    assert len(index) == 2


def test_the_caller_may_change_what_was_indexed():
    hashes = np.zeros((3, 32), np.uint8)
    index = HammingIndex.build(hashes)
    hashes[:] = 255
    assert len(index.search(np.zeros((1, 32), np.uint8))) == 3


def test_engine_falls_back_to_numpy_without_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "tamis.matching.kernels", None)
    engine_module._load.cache_clear()
    try:
        assert engine_name() == "numpy"
        hashes = around(2, 30, np.random.default_rng(1))
        same(HammingIndex.build(hashes).search(hashes), brute.search(hashes, hashes, 31))
    finally:
        engine_module._load.cache_clear()


def test_kernels_work_where_compiled_code_cannot_be_kept(monkeypatch):
    instructions = pytest.importorskip("tamis.matching.instructions")
    plain = instructions.njit

    def without_cache(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(**options)

    monkeypatch.setattr(instructions, "njit", without_cache)
    assert instructions.compiled(lambda number: number + 1)(2) == 3


def test_warm_compiles_every_kernel():
    kernels = pytest.importorskip("tamis.matching.kernels")
    warm()
    for kernel in (kernels.fill_table, kernels.search, kernels.scan, kernels.join):
        assert len(kernel.signatures) == 1, "one compiled version serves every caller"
