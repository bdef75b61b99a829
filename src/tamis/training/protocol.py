"""The protocol's measures, of scores that are higher for synthetic pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]
    Labels = NDArray[np.bool_]

LET_THROUGH = (0.01, 0.05)
"""Shares of synthetic pictures let through, at which the recall of photographs is stated."""
VIEWED = (0.05, 0.10, 0.20, 0.30, 0.50)
SYNTHETIC_SHARE = 0.9


def auc(scores: Scores, synthetic: Labels) -> float:
    """Return the area under the ROC curve; ties count half. NaN where a class is missing."""
    ranks = _ranks(scores)
    positives = int(synthetic.sum())
    negatives = len(scores) - positives
    if not positives or not negatives:
        return float("nan")
    above = ranks[synthetic].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _ranks(scores: Scores) -> Scores:
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)


def recall(scores: Scores, synthetic: Labels, let_through: float) -> float:
    """Return the share of photographs kept when `let_through` of the synthetic are kept too."""
    threshold = np.quantile(scores[synthetic], let_through, method="higher")
    return float((scores[~synthetic] < threshold).mean())


def found_by_viewing(scores: Scores, synthetic: Labels, viewed: float) -> float:
    """Return the share of photographs found by viewing `viewed` of a pile, least synthetic first.

    The pile is `SYNTHETIC_SHARE` synthetic, by weighting; equal scores are viewed in equal shares.
    """
    weights = np.where(
        synthetic,
        SYNTHETIC_SHARE / synthetic.sum(),
        (1 - SYNTHETIC_SHARE) / (~synthetic).sum(),
    )
    values, inverse = np.unique(scores, return_inverse=True)
    everything = np.bincount(inverse, weights, len(values)).cumsum()
    real = np.bincount(inverse, weights * ~synthetic, len(values)).cumsum()
    return float(np.interp(viewed, [0.0, *everything], [0.0, *real]) / real[-1])
