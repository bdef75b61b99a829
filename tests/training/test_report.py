"""The measures, on scores whose figures are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.training import protocol


def test_auc_counts_ties_half():
    scores = np.array([0.0, 1.0, 1.0, 2.0])
    assert protocol.auc(scores, np.array([False, False, True, True])) == 0.875
    assert protocol.auc(np.zeros(4), np.array([False, False, True, True])) == 0.5
    assert np.isnan(protocol.auc(scores, np.ones(4, bool)))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(drawn):
    scores = np.array([float(score) for score, _ in drawn])
    labels = np.array([label for _, label in drawn])
    if labels.all() or not labels.any():
        return
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high in scores[labels]
        for low in scores[~labels]
    ]
    assert protocol.auc(scores, labels) == pytest.approx(np.mean(pairs))


def test_recall_of_photographs_at_a_share_let_through():
    scores = np.concatenate([np.arange(100) + 0.5, np.array([0.0, 2.0, 3.0, 90.0])])
    labels = np.concatenate([np.ones(100, bool), np.zeros(4, bool)])
    # Five of the hundred synthetic lie below 5.5: so do three of the four photographs.
    assert protocol.recall(scores, labels, 0.05) == 0.75


def test_viewing_a_pile_of_nine_tenths_synthetic():
    labels = np.array([False] * 10 + [True] * 10)
    perfect = np.where(labels, 1.0, 0.0)
    assert protocol.found_by_viewing(perfect, labels, 0.10) == pytest.approx(1.0)
    assert protocol.found_by_viewing(perfect, labels, 0.05) == pytest.approx(0.5)
    assert protocol.found_by_viewing(np.zeros(20), labels, 0.3) == pytest.approx(0.3)
    assert protocol.found_by_viewing(-perfect, labels, 0.9) == pytest.approx(0.0)
