"""The figures of a validation: what they are, and when there are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess import curves, validation
from tamis.assess.calibration import cllr, cllr_min

LABELLED = st.lists(st.tuples(st.floats(-4, 4), st.booleans()), min_size=4, max_size=60).filter(
    lambda items: len({label for _, label in items}) == 2
)


def arrays(items):
    return np.array([value for value, _ in items]), np.array([label for _, label in items])


def normal(number: int, shift: float = 1.0, seed: int = 3):
    """Ratios of two normal classes; with a shift of m the natural log ratio has variance 2m."""
    rng = np.random.default_rng(seed)
    capture = np.arange(2 * number) < number
    ratios = rng.normal(np.where(capture, shift, -shift), 1.0)
    return ratios, capture


@given(LABELLED)
def test_auc_counts_pairs(items):
    ratios, capture = arrays(items)
    pairs = [(a > b) + 0.5 * (a == b) for a in ratios[capture] for b in ratios[~capture]]
    assert validation.auc(ratios, capture) == pytest.approx(np.mean(pairs))


@given(LABELLED, st.sampled_from([0.01, 0.05, 0.2]))
def test_recall_lets_no_more_through_than_it_says(items, share):
    ratios, capture = arrays(items)
    found = validation.recall(ratios, capture, share)
    others = ratios[~capture]
    best = max((ratios[capture] > t).mean() for t in others if (others > t).mean() <= share + 1e-9)
    assert found == pytest.approx(best)


def test_misleading_evidence_is_counted_by_strength_and_direction():
    ratios = np.array([0.0, -0.1, -1.5, -2.5, 3.0])
    found = validation.misleading(ratios, capture=True)
    assert [found[beyond].found for beyond in (1, 10, 100)] == [3, 2, 1]
    other = validation.misleading(ratios, capture=False)
    assert [other[beyond].found for beyond in (1, 10, 100)] == [1, 1, 1]


def test_a_ratio_of_one_misleads_nobody_and_is_counted():
    found = validation.figures(np.zeros(30), np.arange(30) < 15)
    assert found.silent == 30
    assert found.both["cllr"].value == pytest.approx(1)
    assert found.misleading["capture"][1].found == 0


def test_figures_are_those_of_their_definitions():
    ratios, capture = normal(120)
    found = validation.figures(ratios, capture).both
    assert found["cllr"].value == pytest.approx(cllr(ratios, capture))
    assert found["cllr_min"].value == pytest.approx(cllr_min(ratios, capture))
    loss = cllr(ratios, capture) - cllr_min(ratios, capture)
    assert found["calibration_loss"].value == pytest.approx(loss)
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("captures", "others", "absent"),
    [(9, 50, "too_few"), (50, 9, "too_few"), (40, 0, "one_class"), (0, 40, "one_class")],
)
def test_too_little_gives_no_figure_but_a_reason(captures, others, absent):
    capture = np.arange(captures + others) < captures
    found = validation.figures(np.linspace(1, -1, captures + others), capture)
    assert {figure.absent for figure in found.both.values()} == {absent}
    assert {figure.value for figure in found.both.values()} == {None}
    assert (found.captures, found.synthetic) == (captures, others)


def test_one_percent_of_fifty_is_no_picture():
    found = validation.figures(*normal(50)).both
    assert found["recall_at_1"].absent == "too_few_synthetic"
    assert found["recall_at_5"].value is not None
    assert validation.figures(*normal(100)).both["recall_at_1"].value is not None


def test_nothing_at_all_is_no_error():
    found = validation.figures(np.zeros(0), np.zeros(0, bool))
    assert found.misleading["capture"][1].absent == "no_pictures"
    assert found.both["cllr"].absent == "no_pictures"


def test_perfection_on_few_is_not_certainty():
    capture = np.arange(30) < 15
    found = validation.figures(np.where(capture, 1.0, -1.0), capture).both
    assert found["auc"].value == 1
    assert found["auc"].low < 0.95
    assert found["cllr_min"].value == pytest.approx(0, abs=1e-9)
    assert found["cllr_min"].high > 0.2
    assert found["recall_at_5"].absent == "too_few_synthetic"


def test_pictures_of_few_groups_are_less_sure():
    ratios, capture = normal(200)
    shifts = np.random.default_rng(5).normal(0, 1, 12)
    place = np.arange(400) % 6 + 6 * ~capture
    ratios = ratios + shifts[place]
    alone = validation.figures(ratios, capture).both["cllr"]
    grouped = validation.figures(ratios, capture, place.tolist()).both["cllr"]
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Of ratios that are calibrated by construction, Cllr is known from a large sample."""
    truth = cllr(*normal(200_000, 0.6, seed=1))
    holds = 0
    for seed in range(40):
        figure = validation.figures(*normal(60, 0.6, seed=seed + 2)).both["cllr"]
        holds += figure.low <= truth <= figure.high
    assert holds >= 35


def test_an_infinite_ratio_is_refused():
    with pytest.raises(ValueError, match="finite"):
        validation.figures(np.array([np.inf, 0.0]), np.array([True, False]))


@given(LABELLED)
def test_cross_entropy_at_even_odds_is_cllr(items):
    ratios, capture = arrays(items)
    found = curves.cross_entropy(ratios, capture, np.array([0.0]))
    assert found.observed[0] == pytest.approx(cllr(ratios, capture))
    assert found.calibrated[0] == pytest.approx(cllr_min(ratios, capture), abs=1e-9)
    assert found.reference[0] == pytest.approx(1)


@given(LABELLED)
def test_no_recalibration_that_keeps_the_order_costs_less(items):
    ratios, capture = arrays(items)
    found = curves.cross_entropy(ratios, capture)
    assert (found.calibrated <= found.observed + 1e-9).all()
    assert (found.calibrated <= found.reference + 1e-9).all()


def test_the_reference_is_the_entropy_of_the_prior():
    found = curves.cross_entropy(*normal(20))
    prior = 1 / (1 + 10.0**-curves.PRIOR_ODDS)
    entropy = -prior * np.log2(prior) - (1 - prior) * np.log2(1 - prior)
    assert found.reference == pytest.approx(entropy)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=40))
def test_tippett_is_the_share_above(given_ratios):
    ratios = np.array(given_ratios)
    values, above = curves.tippett(ratios)
    assert above.tolist() == pytest.approx([(ratios > value).mean() for value in values])
    assert above[-1] == pytest.approx(0)


@given(LABELLED)
def test_reliability_places_every_picture_once(items):
    ratios, capture = arrays(items)
    bins = curves.reliability(ratios, capture)
    assert sum(item.pictures for item in bins) == len(ratios)
    assert sum(item.captures for item in bins) == capture.sum()
    for item in bins:
        assert 0 <= item.low <= item.captures / item.pictures <= item.high <= 1
        assert 0 <= item.stated <= 1


def test_calibrated_ratios_lie_on_the_diagonal():
    rng = np.random.default_rng(8)
    number, mean = 40_000, 1.5  # natural log ratios N(±m, 2m) are calibrated
    capture = np.arange(2 * number) < number
    ratios = rng.normal(np.where(capture, mean, -mean), np.sqrt(2 * mean)) / np.log(10)
    for item in curves.reliability(ratios, capture):
        assert item.captures / item.pictures == pytest.approx(item.stated, abs=0.03)
