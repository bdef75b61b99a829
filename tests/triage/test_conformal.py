"""The line below which few captures fall."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.triage.conformal import (
    held_out,
    missed,
    new_source_line,
    own_line,
    pooled_line,
    smallest_promise,
    worst_line,
)


def case(generator: np.random.Generator, sources: int, each: int, spread: float = 1.0):
    """Captures of sources that differ, and one more source to try a line on."""
    middles = generator.normal(0, spread, sources + 1)
    groups = {str(n): generator.normal(middles[n], 1, each) for n in range(sources)}
    return groups, middles


@pytest.mark.parametrize(("alpha", "each"), [(0.05, 40), (0.2, 9), (0.1, 200)])
def test_a_source_of_its_own_keeps_its_promise(alpha: float, each: int) -> None:
    generator = np.random.default_rng(1)
    tries = 4000
    below = 0
    for _ in range(tries):
        scores = generator.normal(size=each + 1)
        below += scores[-1] < own_line(scores[:-1], alpha)
    error = 3 * math.sqrt(alpha * (1 - alpha) / tries)
    # Split conformal prediction is exact to 1 / (n + 1).
    assert alpha - 1 / (each + 1) - error <= below / tries <= alpha + error


def test_every_known_source_keeps_the_promise_of_the_worst_line() -> None:
    generator = np.random.default_rng(2)
    alpha, sources, tries = 0.1, 6, 500
    below = np.zeros(sources)
    for _ in range(tries):
        middles = np.arange(sources) * 0.8
        groups = {str(n): generator.normal(middles[n], 1, 60) for n in range(sources)}
        line = worst_line(groups, alpha)
        below += generator.normal(middles, 1) < line
    assert (below / tries <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / tries)).all()


@pytest.mark.parametrize("spread", [0.0, 1.0, 4.0])
@pytest.mark.parametrize(("alpha", "sources"), [(0.1, 20), (0.3, 5)])
def test_a_new_source_keeps_the_promise(alpha: float, sources: int, spread: float) -> None:
    generator = np.random.default_rng(3)
    tries = 1500
    below = 0
    for _ in range(tries):
        groups, middles = case(generator, sources, 30, spread)
        below += generator.normal(middles[-1]) < new_source_line(groups, alpha)
    assert below / tries <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / tries)


def test_the_pooled_line_breaks_it_on_the_source_that_differs() -> None:
    generator = np.random.default_rng(4)
    groups = {str(n): generator.normal(0 if n else -3, 1, 300) for n in range(10)}
    assert held_out(groups, 0.05, pooled_line)["0"] > 0.5
    assert missed(groups["0"], worst_line(groups, 0.05)) <= 0.05


def test_a_new_source_sets_a_lower_line_than_all_others_once_in_so_many() -> None:
    generator = np.random.default_rng(5)
    sources, alpha, tries = 9, 0.1, 1500
    lower = 0
    for _ in range(tries):
        groups, middles = case(generator, sources, 40, 2)
        lower += own_line(generator.normal(middles[-1], 1, 40), alpha) < worst_line(groups, alpha)
    expected = 1 / (sources + 1)
    assert lower / tries <= expected + 3 * math.sqrt(expected * (1 - expected) / tries)


def test_what_cannot_be_promised_is_minus_infinity() -> None:
    groups = {str(n): np.arange(100.0) for n in range(19)}
    assert smallest_promise(19) == 0.05
    assert new_source_line(groups, 0.049) == -math.inf
    # Of nineteen sources nothing is left for a capture below the line.
    assert new_source_line(groups, 0.05) == 0.0
    assert new_source_line(groups, 0.06) > 0
    assert own_line(np.arange(98.0), 0.01) == -math.inf
    assert own_line(np.arange(99.0), 0.01) == 0
    assert worst_line({}, 0.1) == new_source_line({}, 0.1) == -math.inf
    assert worst_line({"a": np.arange(100.0), "b": np.empty(0)}, 0.1) == -math.inf


def test_pictures_without_a_score_are_never_below() -> None:
    scores = np.array([-1.0, 0.0, math.inf, math.inf])
    assert missed(scores, 1e300) == 0.5
    assert missed(np.empty(0), 1.0) == 0
    assert own_line(np.full(50, math.inf), 0.1) == math.inf


scores_of = st.lists(st.floats(-100, 100), min_size=1, max_size=40).map(np.array)


@given(
    st.dictionaries(st.text(max_size=3), scores_of, min_size=1, max_size=8), st.floats(0.01, 0.99)
)
def test_no_more_than_promised_of_what_is_known_is_below(
    groups: dict[str, np.ndarray], alpha: float
) -> None:
    worst, new = worst_line(groups, alpha), new_source_line(groups, alpha)
    assert all(missed(scores, worst) <= alpha for scores in groups.values())
    mean = np.mean([missed(scores, new) for scores in groups.values()])
    k = len(groups)
    if new > -math.inf:
        assert (mean * k + 1) / (k + 1) <= alpha + 1e-9
    assert worst_line(groups, min(0.99, alpha * 1.2)) >= worst


@given(scores_of, st.floats(0.01, 0.99), st.floats(0.1, 10))
def test_scale_does_not_matter(scores: np.ndarray, alpha: float, scale: float) -> None:
    assert own_line(scores * scale, alpha) == pytest.approx(own_line(scores, alpha) * scale)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, math.nan])
def test_a_share_that_cannot_be_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="share"):
        own_line(np.arange(5.0), alpha)


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="camera: scores"):
        worst_line({"camera": np.array([1.0, math.nan])}, 0.1)
    with pytest.raises(ValueError, match="scores"):
        pooled_line({"camera": np.zeros((2, 2))}, 0.1)
