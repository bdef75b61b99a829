"""The share of captures from likelihood ratios and decisions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess import prior
from tamis.assess.prior import Doubt, Estimate, Interval, estimate, expected_share

NAN = float("nan")


def drawn(
    generator: np.random.Generator, number: int, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and ratios of a score of AUC 0.76 that is calibrated, held within 10^±0.7."""
    captures = generator.random(number) < share
    scores = generator.normal(np.where(captures, 0.5, -0.5), 1)
    return captures, np.clip(scores / np.log(10), -0.7, 0.7)


def looked_at(captures: np.ndarray, ratios: np.ndarray, number: int) -> np.ndarray:
    """Decisions of a reviewer who goes from the top."""
    decided = np.full(len(captures), NAN)
    top = np.argsort(-ratios, kind="stable")[:number]
    decided[top] = captures[top]
    return decided


def undecided(number: int) -> np.ndarray:
    return np.full(number, NAN)


def held(found: Estimate, share: float) -> bool:
    assert found.share is not None
    return found.share.lower <= share <= found.share.upper


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("number", [0, 60])
def test_the_interval_holds_at_least_as_often_as_it_says(share: float, number: int) -> None:
    generator = np.random.default_rng(1)
    times = 0
    for _ in range(100):
        captures, ratios = drawn(generator, 800, share)
        times += held(estimate(ratios, looked_at(captures, ratios, number)), share)
    assert times >= 93


def test_the_ratios_alone_give_what_em_ends_at(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ratios = drawn(np.random.default_rng(2), 2000, 0.3)
    share = 0.5
    for _ in range(1000):  # Saerens, Latinne and Decaestecker, equation 4
        odds = 10**ratios * share / (1 - share)
        share = float(np.mean(odds / (1 + odds)))
    monkeypatch.setattr(prior, "SYSTEMATIC", (0.0, 0.0))  # at their face value
    found = estimate(ratios, undecided(2000)).ratios
    assert found is not None
    assert found.share == pytest.approx(share, abs=0.01)


def test_however_many_ratios_are_believed_to_a_limit() -> None:
    widths = []
    for number in (50, 1000, 20_000):
        _, ratios = drawn(np.random.default_rng(3), number, 0.4)
        found = estimate(ratios, undecided(number)).ratios
        assert found is not None
        widths.append(found.upper - found.lower)
    assert widths[0] >= widths[1] - 0.01
    least, part = prior.SYSTEMATIC
    assert widths[2] > 2 * 1.9 * (least + part * 0.3)


def test_ratios_of_one_say_nothing() -> None:
    found = estimate(np.zeros(500), undecided(500))
    assert found.share is not None
    assert found.share.lower < 1e-5
    assert found.share.upper > 1 - 1e-5
    assert Doubt.WIDE in found.doubts


def test_decisions_from_the_top_narrow_it_and_may_be_used() -> None:
    captures, ratios = drawn(np.random.default_rng(4), 2000, 0.03)
    found = estimate(ratios, looked_at(captures, ratios, 200))
    assert found.doubts == ()
    assert held(found, 0.03)
    assert found.share is not None
    assert found.ratios is not None
    assert found.share.upper - found.share.lower < found.ratios.upper - found.ratios.lower
    assert found.captures + found.synthetic == 200


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_reviewer_who_calls_everything_synthetic_is_not_believed(share: float) -> None:
    captures, ratios = drawn(np.random.default_rng(5), 2000, share)
    decided = looked_at(captures, ratios, 100) * 0
    found = estimate(ratios, decided)
    assert {Doubt.ONE_KIND, Doubt.CONTRADICTION} <= set(found.doubts)
    assert held(found, share)


def test_a_reviewer_who_hides_most_captures_is_not_believed() -> None:
    generator = np.random.default_rng(6)
    captures, ratios = drawn(generator, 2000, 0.5)
    hidden = captures & (generator.random(2000) < 0.1)
    found = estimate(ratios, looked_at(hidden, ratios, 200))
    assert Doubt.CONTRADICTION in found.doubts
    assert held(found, 0.5)


def test_decisions_of_one_kind_are_not_used_even_where_they_fit() -> None:
    captures, ratios = drawn(np.random.default_rng(7), 2000, 0.0)
    found = estimate(ratios, looked_at(captures, ratios, 100))
    assert Doubt.ONE_KIND in found.doubts
    assert held(found, 0.0)
    assert found.share is not None
    assert found.share.share > 0


def test_a_sample_takes_the_place_of_the_rest() -> None:
    captures, ratios = drawn(np.random.default_rng(8), 2000, 0.3)
    decided = looked_at(captures, ratios, 100)
    found = estimate(ratios, decided, Interval(0.31, 0.25, 0.38))
    assert found.share == found.sample == Interval(0.31, 0.25, 0.38)
    assert found.doubts == ()
    # More captures than the ratios would have: they are off, and the sample found it out.
    assert estimate(ratios, decided, Interval(0.9, 0.85, 0.95)).doubts == ()


def test_a_sample_with_fewer_captures_than_the_ratios_bear_is_in_doubt() -> None:
    captures, ratios = drawn(np.random.default_rng(9), 2000, 0.8)
    found = estimate(ratios, looked_at(captures, ratios, 100), Interval(0.01, 0.001, 0.03))
    assert Doubt.CONTRADICTION in found.doubts
    assert held(found, 0.8)


def test_too_few_are_in_doubt() -> None:
    found = estimate([0.5] * 19, [1, 0, *[NAN] * 17])
    assert {Doubt.FEW_MEDIA, Doubt.FEW_DECISIONS} <= set(found.doubts)


def test_without_ratios_there_is_no_estimate() -> None:
    found = estimate([], [])
    assert found.share is None
    assert found.doubts == (Doubt.NO_RATIOS,)


finite = st.floats(-400, 400)


@given(st.lists(st.tuples(finite, st.sampled_from([0.0, 1.0, NAN])), min_size=1, max_size=60))
def test_whatever_comes_the_interval_is_one(rows: list[tuple[float, float]]) -> None:
    ratios, decided = zip(*rows, strict=True)
    found = estimate(ratios, decided)
    for item in (found.share, found.ratios, found.decisions):
        if item is not None:
            assert 0 <= item.lower <= item.share <= item.upper <= 1
    assert found.share is not None
    assert 0 < found.share.share < 1


@given(st.lists(st.floats(-3, 3), min_size=25, max_size=60), st.integers(0, 24))
def test_one_more_capture_never_lowers_the_estimate(ratios: list[float], index: int) -> None:
    decided = [1.0, 0.0] * 10 + [NAN] * (len(ratios) - 20)
    decided[index] = 0.0
    before = estimate(ratios, decided).decisions
    decided[index] = 1.0
    after = estimate(ratios, decided).decisions
    assert before is not None
    assert after is not None
    assert after.share >= before.share


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0, 1), st.floats(0, 1))
def test_more_captures_in_the_mix_more_among_the_rest(
    ratios: list[float], one: float, other: float
) -> None:
    low, high = sorted((one, other))
    fewer, more = expected_share(ratios, low), expected_share(ratios, high)
    assert fewer is not None
    assert more is not None
    assert -1e-12 <= fewer <= more + 1e-12 <= 1 + 1e-9


def test_what_is_left_of_a_queue_has_a_smaller_share_than_the_case() -> None:
    captures, ratios = drawn(np.random.default_rng(10), 20_000, 0.3)
    left = np.argsort(-ratios)[5000:]
    expected = expected_share(ratios[left], 0.3)
    assert expected is not None
    assert expected < 0.25
    assert expected == pytest.approx(float(captures[left].mean()), abs=0.03)
    assert expected_share([], 0.3) is None


@pytest.mark.parametrize(
    ("ratios", "decided"),
    [
        ([0.1], [1, 0]),
        ([NAN], [1]),
        ([float("inf")], [NAN]),
        ([0.1], [0.5]),
        ([0.1], [2]),
        ([[0.1]], [[1]]),
    ],
)
def test_numbers_that_mean_nothing_are_refused(ratios: list, decided: list) -> None:
    with pytest.raises(ValueError, match=r"shape|finite|decision"):
        estimate(ratios, decided)
