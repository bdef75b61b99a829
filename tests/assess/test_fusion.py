"""Fusion: missing scores say nothing, and two scores are not counted twice."""

from __future__ import annotations

import numpy as np
import pytest

from tamis.assess import calibration, fusion


def made(seed: int, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Two normal scores a unit apart, correlated by 0.8; log LR is known."""
    rng = np.random.default_rng(seed)
    capture = np.arange(count) % 2 == 0
    shared, own = rng.normal(size=(count, 1)), rng.normal(size=(count, 2))
    scores = np.sqrt(0.8) * shared + np.sqrt(0.2) * own + np.where(capture, 0.5, -0.5)[:, None]
    return scores, capture


def test_one_score_is_calibrated_as_theory_says():
    scores, capture = made(0)
    found = fusion.fit(scores[:, :1], capture, ["one"])
    # N(0.5, 1) against N(-0.5, 1): the natural logarithm of the ratio is the score itself.
    (term,) = found.terms
    assert term.slope == pytest.approx(1 / np.log(10), rel=0.1)
    assert term.offset == pytest.approx(0, abs=0.05)


def test_dependent_scores_are_not_multiplied():
    scores, capture = made(1)
    both = fusion.fit(scores, capture, ["one", "other"]).log10_lr(scores)
    apart = [fusion.fit(scores[:, [k]], capture, ["one"]).log10_lr(scores[:, [k]]) for k in (0, 1)]
    assert calibration.cllr(both, capture) < calibration.cllr(apart[0] + apart[1], capture)
    # In theory the slope of the sum is 1 / (1 + 0.8) for each.
    assert np.polyfit(scores.sum(1), both, 1)[0] == pytest.approx(1 / 1.8 / np.log(10), rel=0.1)


def test_nothing_there_says_nothing():
    scores, capture = made(2)
    found = fusion.fit(scores, capture, ["one", "other"])
    assert found.log10_lr(np.full((1, 2), np.nan)) == [0.0]
    assert found.contributions({}) == {}


def test_contributions_add_up():
    scores, capture = made(3)
    found = fusion.fit(scores, capture, ["one", "other"])
    parts = found.contributions({"one": 0.3, "other": -1.2})
    assert sum(parts.values()) == pytest.approx(found.log10_lr(np.array([[0.3, -1.2]]))[0])


def test_which_scores_are_missing_is_no_evidence():
    scores, capture = made(4)
    rng = np.random.default_rng(4)
    # The second score is missing in nine of ten captures and one of ten others.
    missing = rng.random(len(capture)) < np.where(capture, 0.9, 0.1)
    kept = scores.copy()
    kept[missing, 1] = np.nan
    found = fusion.fit(kept, capture, ["one", "other"])
    whole = fusion.fit(scores, capture, ["one", "other"])
    apart = np.abs(found.log10_lr(scores) - whole.log10_lr(scores))
    assert apart.mean() < 0.08
    naive = np.log10(0.1 / 0.9)  # what having the second score would seem to prove
    assert np.abs(found.log10_lr(np.array([[0.0, 0.0]]))[0]) < 0.1 * abs(naive)


def test_a_score_only_one_class_has_cannot_be_weighed():
    scores = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 1.0], [np.nan, 2.0]])
    with pytest.raises(ValueError, match="both classes"):
        fusion.fit(scores, np.array([True, True, False, False]), ["one", "other"])


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="shape"):
        fusion.fit(np.zeros((3, 2)), np.array([True, False, True]), ["one"])
