"""Budget curves: what an order is worth, with ties, stacks and weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.triage.simulator import (
    BUDGETS,
    TARGETS,
    Order,
    Resampling,
    best_keys,
    by_chance,
    grid,
    replay,
)

counts = st.lists(st.integers(0, 4), min_size=1, max_size=40).filter(any).map(np.array)
cases = counts.flatmap(
    lambda real: st.tuples(
        st.just(real),
        st.lists(st.integers(0, 5), min_size=len(real), max_size=len(real)).map(np.array),
    )
)


def brute(real, keys):
    """Expected real pictures found after each number of stacks, from all positions in a tie."""
    found = [0.0]
    for key in sorted(set(keys.tolist())):
        tied = real[keys == key]
        found += [found[-1] + tied.sum() * (at + 1) / len(tied) for at in range(len(tied))]
    return np.array(found) / real.sum()


@given(cases)
def test_a_curve_is_the_expectation_over_the_order_of_ties(case):
    real, keys = case
    curve = Order(keys, real).curve()
    expected = brute(real, keys)
    stacks = len(real)
    np.testing.assert_allclose(curve.at(np.arange(stacks + 1) / stacks), expected, atol=1e-9)
    np.testing.assert_allclose(curve.area, np.trapezoid(expected) / stacks)
    for target in (*TARGETS, 0.5, 1.0):
        needed = int(np.argmax(expected >= target - 1e-9))
        assert curve.share_to_view(target) == pytest.approx(needed / stacks)


@given(cases)
def test_curves_rise_from_nothing_to_everything(case):
    real, keys = case
    shares = Order(keys, real).curve().at(grid())
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert (np.diff(shares) >= -1e-12).all()


@given(counts)
def test_an_order_that_says_nothing_is_the_diagonal(real):
    curve = Order(np.zeros(len(real)), real).curve()
    np.testing.assert_allclose(curve.at(grid()), grid(), atol=1e-12)
    assert curve.area == pytest.approx(0.5)
    assert curve.share_to_view(0.95) == pytest.approx(
        math.ceil(0.95 * len(real) - 1e-9) / len(real)
    )


@given(cases)
def test_no_order_is_better_than_the_best(case):
    real, keys = case
    best, own = Order(best_keys(real), real).curve(), Order(keys, real).curve()
    assert (own.at(grid()) <= best.at(grid()) + 1e-9).all()


@given(cases)
def test_the_contrary_order_has_the_rest_of_the_area(case):
    real, keys = case
    assert Order(-keys, real).curve().area == pytest.approx(1 - Order(keys, real).curve().area)


@given(cases, st.data())
def test_weights_are_copies(case, data):
    real, keys = case
    size = len(real)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    if not (times * real).any():
        times = times + 1
    weighted = Order(keys, real).curve(times)
    copied = Order(np.repeat(keys, times), np.repeat(real, times)).curve()
    np.testing.assert_allclose(weighted.at(grid()), copied.at(grid()), atol=1e-9)
    for target in TARGETS:
        assert weighted.share_to_view(target) == copied.share_to_view(target)


def test_a_perfect_order_is_a_step():
    real = np.array([0] * 18 + [1] * 2)
    curve = Order(best_keys(real), real).curve()
    np.testing.assert_allclose(curve.at([0.05, 0.10, 0.5, 1]), [0.5, 1, 1, 1])
    assert curve.share_to_view(0.95) == 0.10
    assert curve.area == pytest.approx(1 - 0.10 / 2)


def test_a_stack_is_one_view_and_shows_all_its_real_pictures():
    curve = Order([1, 2, 3, 4], [3, 0, 1, 0]).curve()
    np.testing.assert_allclose(curve.at([0.25, 0.5, 0.75, 1]), [0.75, 0.75, 1, 1])
    assert curve.share_to_view(0.75) == 0.25
    assert curve.share_to_view(0.76) == 0.75


def test_budgets_count_whole_stacks():
    curve = Order([1, 2, 3], [1, 1, 1]).curve()
    np.testing.assert_allclose(curve.share_found([0.3, 0.34, 0.66, 0.67]), [0, 1 / 3, 1 / 3, 2 / 3])
    hundred = Order(np.arange(100), np.ones(100)).curve()  # 0.29 · 100 is below 29
    np.testing.assert_allclose(hundred.share_found([0.29, 0.57]), [0.29, 0.57])


def test_chance_lies_about_the_diagonal():
    real = np.array([1] * 20 + [0] * 180)
    told = by_chance(real, 400)
    assert told.area.value == pytest.approx(0.5)
    assert 0.35 < told.area.low < 0.5 < told.area.high < 0.65
    assert [figure.value for figure in told.found] == pytest.approx(BUDGETS)
    assert all(figure.low <= figure.value <= figure.high for figure in told.curve)
    # Hypergeometric: 20 of 200 in the first 60, 6 expected, deviation 1.95.
    last = told.found[-1]
    assert (last.low, last.high) == pytest.approx((0.1, 0.5), abs=0.06)
    assert by_chance(real, 400) == told


def test_shuffles_are_those_of_whole_stacks():
    real = np.array([5, 0, 0, 1])
    told = by_chance(real, 300)
    assert told.to_view[0].low == pytest.approx(0.5)
    assert told.to_view[0].high == pytest.approx(1)


def test_intervals_are_wider_where_pictures_come_in_groups():
    rng = np.random.default_rng(5)
    real = np.array([1] * 60 + [0] * 240)
    group = np.repeat(np.arange(60), 5)
    keys = rng.normal(0, 1, 60)[group] - real
    apart = replay(keys, real, list(range(300)), 300)
    grouped = replay(keys, real, group.tolist(), 300)
    assert apart.area.value == grouped.area.value
    assert apart.area.low <= apart.area.value <= apart.area.high
    width = apart.area.high - apart.area.low
    assert grouped.area.high - grouped.area.low > 1.3 * width
    assert replay(keys, real, group.tolist(), 300) == grouped


def test_without_drawings_intervals_have_no_width():
    told = replay([1, 2], [0, 1], ["a", "b"], 0)
    assert (told.area.low, told.area.high) == (told.area.value, told.area.value)


def test_both_classes_are_in_every_drawing():
    groups = ["a", "a", "b", "c", "c"]
    resampling = Resampling(groups, np.array([True, False, False, True, False]))
    assert resampling.sizes == (2, 3)
    rng = np.random.default_rng(0)
    for _ in range(50):
        times = resampling.weights(rng)
        assert times[[0, 3]].sum() == 2
        assert times[[1, 2, 4]].sum() == 3


@pytest.mark.parametrize(
    ("keys", "real"),
    [([1, 2], [0, 0]), ([1, math.nan], [0, 1]), ([1], [0, 1]), ([], []), ([[1]], [[1]])],
)
def test_what_cannot_be_replayed_is_refused(keys, real):
    with pytest.raises(ValueError, match=r"keys|stacks"):
        Order(keys, real)


def test_groups_must_be_as_many_as_stacks():
    with pytest.raises(ValueError, match="2 groups for 3 stacks"):
        Resampling(["a", "b"], np.array([True, False, True]))
