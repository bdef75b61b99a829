"""Exact bounds on proportions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.binomial import beta, interval, quantile


def at_most(found: int, number: int, share: float) -> float:
    return sum(
        math.comb(number, count) * share**count * (1 - share) ** (number - count)
        for count in range(found + 1)
    )


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_are_those_of_the_binomial(counts: tuple[int, int]) -> None:
    found, number = counts
    lower, upper = interval(found, number, 0.95)
    assert lower <= found / number <= upper
    if found < number:
        assert at_most(found, number, upper) == pytest.approx(0.025, rel=1e-6)
    else:
        assert upper == 1
    if found:
        assert 1 - at_most(found - 1, number, lower) == pytest.approx(0.025, rel=1e-6)
    else:
        assert lower == 0


@given(st.floats(0.2, 400), st.floats(0.2, 400), st.floats(1e-9, 1))
def test_the_quantile_turns_the_distribution_round(
    first: float, second: float, value: float
) -> None:
    chance = beta(value, first, second)
    assert 0 <= chance <= 1 + 1e-12
    assert beta(value, first, second) + beta(1 - value, second, first) == pytest.approx(1)
    if 1e-9 < chance < 1 - 1e-9:
        assert beta(quantile(chance, first, second), first, second) == pytest.approx(chance)


def test_what_is_known_of_the_beta_distribution() -> None:
    assert beta(0.3, 1, 1) == pytest.approx(0.3)
    assert beta(0.3, 2, 1) == pytest.approx(0.09)
    assert interval(0, 100, 0.95)[1] == pytest.approx(1 - 0.025**0.01)


def test_large_numbers() -> None:
    lower, upper = interval(500_000, 1_000_000, 0.95)
    assert upper - 0.5 == pytest.approx(1.96e-3 / 2, rel=0.01)
    assert 0.5 - lower == pytest.approx(1.96e-3 / 2, rel=0.01)


def test_nothing_looked_at_says_nothing() -> None:
    assert interval(0, 0, 0.95) == (0, 1)


@pytest.mark.parametrize(
    ("found", "number", "confidence"),
    [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 0), (1, 5, 1), (math.nan, 5, 0.9), (1, math.inf, 0.9)],
)
def test_what_cannot_be_is_refused(found: float, number: float, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"cannot be|confidence"):
        interval(found, number, confidence)
