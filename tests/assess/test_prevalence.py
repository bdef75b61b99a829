"""The share of captures from a random sample and predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.binomial import interval
from tamis.assess.prevalence import (
    ALL_JUDGED,
    COUNTED,
    FEWEST,
    PREDICTED,
    Known,
    Prevalence,
    prevalence,
)


def measured(
    generator: np.random.Generator, share: float, sample: int, places: int = 2000, off: float = 0
) -> Prevalence:
    """One case: predictions of a score, of captures that look synthetic where it is `off`."""
    labels = np.arange(places) < round(share * places)
    scores = generator.normal(np.where(labels, 1 - off, -1.0), 1.4)
    predicted = 1 / (1 + np.exp(-scores))
    chosen = generator.permutation(places)[:sample]
    found = prevalence(labels[chosen], predicted[chosen], float(predicted.mean()), places, Known())
    assert found is not None
    return found


@pytest.mark.parametrize("off", [0.0, 2.0])
@pytest.mark.parametrize(("share", "sample"), [(0.01, 200), (0.15, 150), (0.5, 60), (0.9, 300)])
def test_the_interval_holds_as_often_as_it_says(share: float, sample: int, off: float) -> None:
    generator = np.random.default_rng(5)
    found = [measured(generator, share, sample, off=off) for _ in range(400)]
    held = np.mean([item.lower <= share <= item.upper for item in found])
    assert held >= 0.95 - 3 * (0.95 * 0.05 / 400) ** 0.5
    assert np.mean([item.share for item in found]) == pytest.approx(share, abs=0.01)


def test_predictions_that_are_worth_something_narrow_it() -> None:
    generator = np.random.default_rng(6)
    pairs = []
    for _ in range(50):
        found = measured(generator, 0.4, 200)
        assert found.method == PREDICTED
        assert found.worth > 200
        pairs.append((found, interval(found.found, 200, 0.95)))
    ours = np.mean([found.upper - found.lower for found, _ in pairs])
    counted = np.mean([upper - lower for _, (lower, upper) in pairs])
    assert ours < 0.9 * counted


def test_few_captures_are_counted() -> None:
    labels = [1] * (FEWEST - 1) + [0] * 100
    found = prevalence(labels, np.linspace(0.9, 0.1, len(labels)), 0.5, 1000, Known())
    assert found is not None
    assert (found.method, found.weight) == (COUNTED, 0.0)
    assert (found.lower, found.upper) == interval(FEWEST - 1, len(labels), 0.95)


def test_predictions_that_say_nothing_change_nothing() -> None:
    labels = [1, 0] * 50
    found = prevalence(labels, [0.3] * 100, 0.3, 10_000, Known())
    assert found is not None
    assert (found.share, found.weight, found.method) == (0.5, 0.0, COUNTED)


def test_places_outside_the_tail_are_known_or_open() -> None:
    known = Known(captures=30, others=20, open=50)
    found = prevalence([0] * 40, [0.1] * 40, 0.1, 100, known)
    assert found is not None
    assert (found.places, found.covered) == (200, 150)
    assert found.lower == 30 / 200
    assert found.upper == pytest.approx((100 * interval(0, 40, 0.95)[1] + 80) / 200)
    assert found.share == 30 / 150


@pytest.mark.parametrize(("captures", "others"), [(0, 0), (3, 4)])
def test_when_everything_is_judged_it_is_known(captures: int, others: int) -> None:
    drawn = [1] * 5 + [0] * 8
    known = Known(tail_captures=captures, tail_others=others)
    found = prevalence(drawn, [0.5] * 13, 0.5, 13 + captures + others, known)
    assert found is not None
    true = (5 + captures) / (13 + captures + others)
    assert (found.lower, found.share, found.upper) == pytest.approx((true, true, true))
    assert (found.method == ALL_JUDGED) is (captures == 0)


@pytest.mark.parametrize(("label", "captures", "others"), [(0, 95, 0), (1, 0, 95)])
def test_a_sample_that_cannot_be_says_nothing(label: int, captures: int, others: int) -> None:
    known = Known(tail_captures=captures, tail_others=others)
    found = prevalence([label] * 10, [0.5] * 10, 0.5, 120, known)
    assert found is not None
    assert found.lower == pytest.approx((10 * label + captures) / 120)
    assert found.upper == pytest.approx((110 + 10 * label - others) / 120)


def test_without_a_sample_there_is_nothing() -> None:
    assert prevalence([], [], 0.5, 10, Known(captures=3)) is None
    assert prevalence([], [], 0.0, 0, Known(open=4)) is None


@given(st.data())
def test_shares_lie_within_what_is_certain(data: st.DataObject) -> None:
    tail = data.draw(st.integers(1, 300))
    labels = data.draw(st.lists(st.integers(0, 1), min_size=1, max_size=tail))
    left = tail - len(labels)
    captures = data.draw(st.integers(0, left))
    others = data.draw(st.integers(0, left - captures))
    beliefs = data.draw(st.lists(st.floats(0, 1), min_size=len(labels), max_size=len(labels)))
    outside = [data.draw(st.integers(0, 50)) for _ in range(3)]
    known = Known(*outside, captures, others)
    found = prevalence(labels, beliefs, data.draw(st.floats(0, 1)), tail, known)
    assert found is not None
    least = sum(labels) + captures + known.captures
    most = tail - labels.count(0) - others + known.captures + known.open
    slack = 1e-9
    assert least / found.places - slack <= found.lower <= found.upper + slack
    assert found.upper <= most / found.places + slack
    assert 0 <= found.share <= 1 + slack


@pytest.mark.parametrize(
    ("labels", "predicted", "mean", "tail", "known"),
    [
        ([1, 0], [0.5], 0.5, 10, Known()),
        ([1, 2], [0.5, 0.5], 0.5, 10, Known()),
        ([1, float("nan")], [0.5, 0.5], 0.5, 10, Known()),
        ([1, 0], [0.5, 1.5], 0.5, 10, Known()),
        ([1, 0], [0.5, float("nan")], 0.5, 10, Known()),
        ([1, 0], [0.5, 0.5], 2.0, 10, Known()),
        ([1, 0], [0.5, 0.5], 0.5, 1, Known()),
        ([1, 0], [0.5, 0.5], 0.5, 3, Known(tail_captures=2)),
        ([1, 0], [0.5, 0.5], 0.5, 3, Known(captures=-1)),
        ([[1, 0]], [[0.5, 0.5]], 0.5, 3, Known()),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    labels: list[float], predicted: list[float], mean: float, tail: int, known: Known
) -> None:
    with pytest.raises(ValueError, match=r"shape|label|prediction|places"):
        prevalence(labels, predicted, mean, tail, known)
