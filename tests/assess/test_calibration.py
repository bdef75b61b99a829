"""Calibration, its bounds and its cost: values by hand, of another program, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.calibration import (
    Bounds,
    Logistic,
    cllr,
    cllr_min,
    elub,
    fit,
    held_out,
    pav,
    quality,
)

K = np.arange(40)
SCORES = np.r_[K * 37 % 101 / 16 - 1, K * 53 % 97 / 16 - 3.5]  # ties are exact
CAPTURE = np.r_[np.ones(40, bool), np.zeros(40, bool)]


def labelled(least=1):
    """Finite ratios with labels, both classes present."""
    ratio = st.floats(-6, 6)
    sizes = st.lists(ratio, min_size=least, max_size=30)
    return st.tuples(sizes, sizes).map(
        lambda both: (np.array(both[0] + both[1]), np.repeat([True, False], [*map(len, both)]))
    )


def test_saying_nothing_costs_one_bit():
    assert cllr(np.zeros(4), [1, 0, 0, 0]) == 1.0


def test_cllr_by_hand():
    # LR 10 for two captures, 1/10 for the other: log2(1 + 1/10) for each
    assert cllr([1, 1, -1], [1, 1, 0]) == pytest.approx(math.log2(1.1))
    # both classes weigh the same, however many there are
    assert cllr([1, 1, 1, 1], [1, 1, 1, 0]) == pytest.approx((math.log2(1.1) + math.log2(11)) / 2)


def test_certainty_costs_nothing_when_right_and_everything_when_wrong():
    assert cllr([math.inf, -math.inf], [1, 0]) == 0.0
    assert cllr([-math.inf, -math.inf], [1, 0]) == math.inf


def test_the_values_are_those_of_lir():
    """Computed with lir 1.3.1 of the Netherlands Forensic Institute."""
    assert cllr(SCORES, CAPTURE) == pytest.approx(1.0187678254943828, abs=1e-12)
    assert cllr_min(SCORES, CAPTURE) == pytest.approx(0.5232779259588729, abs=1e-12)
    bounds = elub(SCORES, CAPTURE)
    assert (bounds.lower, bounds.upper) == pytest.approx((-0.801, 0.315), abs=1e-9)


def test_the_fit_is_that_of_scikit_learn():
    """Its balanced logistic regression with a penalty of 1e-9."""
    fitted = fit(SCORES, CAPTURE, penalty=1e-12)
    assert fitted.slopes == pytest.approx((0.36942897,), abs=1e-5)
    assert fitted.offset == pytest.approx(-0.2433213, abs=1e-5)


def test_calibrated_gaussians_are_found():
    rng = np.random.default_rng(7)
    labels = np.repeat([True, False], 20_000)
    # the natural log LR of two unit Gaussians at ±1 is twice the score
    scores = rng.normal(size=40_000) + np.where(labels, 1.0, -1.0)
    fitted = fit(3 * scores + 5, labels)
    assert fitted.slopes[0] == pytest.approx(2 / 3 / math.log(10), rel=0.03)
    assert fitted.log10_lr([5.0])[0] == pytest.approx(0, abs=0.03)
    found = quality(fitted.log10_lr(3 * scores + 5), labels)
    assert found.cllr == pytest.approx(found.cllr_min, abs=0.01)


def test_classes_that_do_not_overlap_give_finite_ratios():
    fitted = fit([3.0, 4, 5, -3, -4, -5], [1, 1, 1, 0, 0, 0])
    assert np.isfinite(fitted.log10_lr([3.0, -3.0])).all()
    assert fitted.slopes[0] > 0
    assert abs(fitted.log10_lr([5.0])[0]) < 4


def test_the_number_of_pictures_of_a_class_is_no_evidence():
    few = fit(SCORES, CAPTURE, penalty=1e-9)
    many = fit(np.r_[SCORES, *[SCORES[:40]] * 9], np.r_[CAPTURE, np.ones(360, bool)], penalty=1e-9)
    assert many.offset == pytest.approx(few.offset, abs=1e-6)
    # only the standard deviation by which the penalty counts differs
    assert many.slopes == pytest.approx(few.slopes, abs=1e-6)


def test_several_scores_are_fused():
    rng = np.random.default_rng(3)
    labels = np.repeat([True, False], 2_000)
    sign = np.where(labels, 1.0, -1.0)
    scores = np.column_stack([sign + rng.normal(size=4_000), rng.normal(size=4_000)])
    fitted = fit(scores, labels)
    assert len(fitted.slopes) == 2
    assert abs(fitted.slopes[1]) < 0.05 < fitted.slopes[0]
    fused = fitted.log10_lr(scores)
    assert cllr(fused, labels) <= cllr(fit(scores[:, 1], labels).log10_lr(scores[:, 1]), labels)


def test_a_score_that_never_changes_says_nothing():
    fitted = fit([2.0, 2, 2, 2], [1, 0, 0, 0])
    np.testing.assert_allclose(fitted.log10_lr([2.0, 7.0]), 0, atol=1e-9)


def test_pav_by_hand():
    assert pav([1, 3, 2, 4]).tolist() == [1, 2.5, 2.5, 4]
    assert pav([3, 2, 1]).tolist() == [2, 2, 2]
    assert pav([2, 1], [3, 1]).tolist() == [1.75, 1.75]
    assert pav([]).tolist() == []


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40))
def test_pav_never_falls_and_keeps_the_sum(values):
    found = pav(values)
    assert (np.diff(found) >= 0).all()
    assert found.sum() == pytest.approx(sum(values), abs=1e-6)
    np.testing.assert_allclose(pav(found), found)


@given(labelled())
def test_nothing_monotonic_costs_less_than_cllr_min(both):
    ratios, labels = both
    least = cllr_min(ratios, labels)
    assert 0 <= least <= 1 + 1e-12
    for change in (ratios, ratios / 3, ratios + 0.5, np.zeros_like(ratios)):
        assert least <= cllr(change, labels) + 1e-9


@given(labelled())
def test_cllr_min_depends_on_the_order_alone(both):
    ratios, labels = both
    _, order = np.unique(ratios, return_inverse=True)
    assert cllr_min(order * 2.0 - 7, labels) == pytest.approx(cllr_min(ratios, labels))


@given(labelled())
def test_classes_are_interchangeable(both):
    ratios, labels = both
    assert cllr(-ratios, ~labels) == pytest.approx(cllr(ratios, labels))
    assert cllr_min(-ratios, ~labels) == pytest.approx(cllr_min(ratios, labels))


@given(labelled())
def test_bounds_lie_around_nothing_and_within_what_so_many_can_support(both):
    ratios, labels = both
    bounds = elub(ratios, labels)
    captures, others = int(labels.sum()), int((~labels).sum())
    assert -math.log10(captures + 1) - 1e-3 <= bounds.lower <= 0
    assert 0 <= bounds.upper <= math.log10(others + 1) + 1e-3


def test_bounds_of_interchanged_classes_are_interchanged():
    bounds, turned = elub(SCORES + 0.01, CAPTURE), elub(-SCORES - 0.01, ~CAPTURE)
    assert (turned.lower, turned.upper) == pytest.approx((-bounds.upper, -bounds.lower))


def test_perfect_scores_are_bounded_by_their_number():
    labels = np.repeat([True, False], 99)
    bounds = elub(np.where(labels, 5.0, -5.0), labels)
    # 1/100 + t/100 = 1 at t = 99
    assert bounds.upper == pytest.approx(math.log10(99), abs=1e-3)
    assert bounds.lower == pytest.approx(-math.log10(99), abs=1e-3)
    assert bounds.clip([9.0, 0.3, -9.0]).tolist() == [bounds.upper, 0.3, bounds.lower]


def test_ratios_that_mislead_support_nothing():
    labels = np.repeat([True, False], 50)
    assert elub(np.where(labels, -1.0, 1.0), labels) == Bounds(0.0, 0.0)


def test_held_out_groups_are_judged_by_the_others():
    groups = [f"camera {number % 4}" for number in range(40)] + ["a", "b"] * 20
    found = held_out(SCORES, CAPTURE, groups)
    out = np.array([group == "camera 2" for group in groups])
    fitted = fit(SCORES[~out], CAPTURE[~out])
    np.testing.assert_array_equal(found[out], fitted.log10_lr(SCORES[out]))


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit([1.0, 2.0], [1, 1]),
        lambda: fit([1.0, math.nan], [1, 0]),
        lambda: fit([1.0], [1, 0]),
        lambda: fit([1.0, 2.0], [1, 0], penalty=0),
        lambda: cllr([math.nan, 1], [1, 0]),
        lambda: cllr([1.0], [1]),
        lambda: cllr_min([1.0, math.nan], [1, 0]),
        lambda: elub([math.inf, 0], [1, 0]),
        lambda: held_out([1.0, 2, 3], [1, 0, 0], ["a", "b", "b"]),
        lambda: held_out([1.0, 2, 3], [1, 0, 0], ["a"]),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()


def test_a_logistic_takes_one_score_or_several():
    assert Logistic((2.0,), 1.0).log10_lr([0.0, 1.0]).tolist() == [1.0, 3.0]
    assert Logistic((1.0, -1.0), 0.0).log10_lr([[3.0, 1.0]]).tolist() == [2.0]
