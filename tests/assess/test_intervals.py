"""Intervals: exact ones against known values, drawn ones against what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.intervals import (
    LEAST_GROUPS,
    clopper_pearson,
    drawings,
    percentiles,
    rate,
    sampling,
)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        # scipy.stats.beta.ppf, as Clopper and Pearson's limits are quantiles of it
        (0, 10, 0.0, 0.3084971),
        (1, 10, 0.002528579, 0.4450161),
        (5, 10, 0.1870860, 0.8129140),
        (10, 10, 0.6915029, 1.0),
        (3, 75, 0.00832617, 0.11247682),
    ],
)
def test_clopper_pearson_is_the_known_one(found, of, low, high):
    assert clopper_pearson(found, of) == pytest.approx((low, high), abs=2e-6)


def test_many_trials_stay_numbers():
    low, high = clopper_pearson(50_000, 100_000)
    assert (low, high) == pytest.approx((0.4969, 0.5031), abs=1e-4)


@pytest.mark.parametrize(("found", "of"), [(-1, 3), (4, 3), (0, 0)])
def test_counts_that_cannot_be_are_refused(found, of):
    with pytest.raises(ValueError, match="no rate"):
        clopper_pearson(found, of)


@given(st.integers(1, 200), st.floats(0, 1))
def test_the_interval_holds_the_rate_and_mirrors(of, share):
    found = round(share * of)
    low, high = clopper_pearson(found, of)
    assert 0 <= low <= found / of <= high <= 1
    assert clopper_pearson(of - found, of) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=60))
def test_a_rate_is_never_surer_than_the_exact_interval(pictures):
    wrong = np.array([value for value, _ in pictures])
    found = rate(wrong, [group for _, group in pictures])
    low, high = clopper_pearson(int(wrong.sum()), len(wrong))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= low + 1e-12
    assert found.high >= high - 1e-12
    assert (found.found, found.of) == (int(wrong.sum()), len(wrong))


def test_no_error_in_few_groups_is_not_no_error_at_all():
    alone = rate(np.zeros(300, bool))
    grouped = rate(np.zeros(300, bool), [number % 6 for number in range(300)])
    assert alone.high == pytest.approx(0.0122, abs=1e-3)
    assert grouped.high is not None
    assert grouped.high > 0.2  # six groups of fifty are six, not three hundred


def test_no_pictures_have_no_rate():
    assert rate(np.zeros(0, bool)).absent == "no_pictures"


def test_groups_are_drawn_whole_where_there_are_enough():
    indices = np.arange(12)
    groups = [number // 2 for number in range(12)]
    drawn_from = sampling(indices, groups)
    assert drawn_from.by_group
    assert drawn_from.groups == 6
    for drawn in drawings([drawn_from], 20):
        assert len(drawn) == 12
        assert all(np.count_nonzero(drawn == even) == np.count_nonzero(drawn == even + 1)
                   for even in range(0, 12, 2))  # fmt: skip
    few = sampling(indices, [number % (LEAST_GROUPS - 1) for number in range(12)])
    assert (few.by_group, few.groups) == (False, LEAST_GROUPS - 1)
    assert sampling(indices, None).groups == 0


def test_what_was_not_seen_comes_up_as_often_as_anything_else():
    drawn_from = sampling(np.arange(50), None, unseen=50)
    times = [np.count_nonzero(drawn == 50) for drawn in drawings([drawn_from])]
    assert np.mean(times) == pytest.approx(1, abs=0.1)
    assert percentiles([float(time) for time in times]) == (0, 3)


def test_the_same_is_drawn_every_time():
    drawn_from = sampling(np.arange(30), None)
    one, other = ([*drawings([drawn_from], 5)] for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
