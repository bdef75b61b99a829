"""The curves a validation draws: how likelihood ratios lie, and what they cost at every prior.

Sources: D. Ramos and J. Gonzalez-Rodriguez, Reliable support: measuring calibration of likelihood
ratios, Forensic Science International 230(1-3), 2013 (empirical cross-entropy); C. Tippett et al.,
The evidential value of the comparison of paint flakes from sources other than vehicles, Journal of
the Forensic Science Society 8, 1968. Pure: arrays in, arrays out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess.calibration import best_monotonic
from tamis.assess.intervals import clopper_pearson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

PRIOR_ODDS = np.linspace(-2.5, 2.5, 101)
"""log10 prior odds, capture against synthetic, at which the cost is drawn."""
BINS = 10
_LN10 = math.log(10)


@dataclass(frozen=True, slots=True)
class Entropy:
    """What deciding with the ratios costs, in bits, at each of `PRIOR_ODDS`, shape (n,).

    Args:
        observed: with the ratios as they are; at even odds it is Cllr.
        calibrated: after the best monotonic recalibration on the same data; at even odds Cllr_min.
        reference: without evidence.
    """

    observed: Floats
    calibrated: Floats
    reference: Floats


@dataclass(frozen=True, slots=True)
class Bin:
    """Pictures whose stated probability of capture lies together.

    Args:
        stated: the mean of what was stated.
        captures: how many are captures.
        pictures: of so many.
        low: of the exact interval of the share.
        high: likewise.
    """

    stated: float
    captures: int
    pictures: int
    low: float
    high: float


def tippett(log10_lr: Floats) -> tuple[Floats, Floats]:
    """Return where the share of ratios above a value steps down, and the share from there on.

    Args:
        log10_lr: of one class, shape (n,), n at least 1.

    Returns:
        the values in ascending order and the share above each, both of shape (distinct values,).
    """
    values, counts = np.unique(log10_lr, return_counts=True)
    return values, 1 - np.cumsum(counts) / len(log10_lr)


def cross_entropy(log10_lr: Floats, capture: Labels, log10_odds: Floats = PRIOR_ODDS) -> Entropy:
    """Return the empirical cross-entropy of ratios, of their best recalibration, and without them.

    Args:
        log10_lr: shape (n,).
        capture: which are captures, shape (n,); both classes are there.
        log10_odds: prior odds, shape (m,).
    """
    best = best_monotonic(log10_lr, capture)
    return Entropy(
        _entropy(log10_lr, capture, log10_odds),
        _entropy(best, capture, log10_odds),
        _entropy(np.zeros(len(log10_lr)), capture, log10_odds),
    )


def _entropy(log10_lr: Floats, capture: Labels, log10_odds: Floats) -> Floats:
    of_captures, of_others = log10_lr[capture] * _LN10, log10_lr[~capture] * _LN10
    answer = np.empty(len(log10_odds))
    for place, odds in enumerate(log10_odds * _LN10):
        prior = 1 / (1 + math.exp(-odds))
        missed = np.logaddexp(0, -(of_captures + odds)).mean()
        wrong = np.logaddexp(0, of_others + odds).mean()
        answer[place] = (prior * missed + (1 - prior) * wrong) / math.log(2)
    return answer


def reliability(log10_lr: Floats, capture: Labels) -> list[Bin]:
    """Return, by stated probability of capture in tenths, how many are captures.

    The prior is the share of captures among these pictures, so that stated and observed shares can
    be held against each other; bins without pictures are left out.

    Args:
        log10_lr: shape (n,).
        capture: which are captures, shape (n,); both classes are there.
    """
    odds = math.log10(capture.sum() / (~capture).sum())
    stated = 0.5 * (1 + np.tanh((log10_lr + odds) * _LN10 / 2))
    place = np.minimum((stated * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in range(BINS):
        here = place == number
        if here.any():
            captures, pictures = int((here & capture).sum()), int(here.sum())
            low, high = clopper_pearson(captures, pictures)
            found.append(Bin(float(stated[here].mean()), captures, pictures, low, high))
    return found
