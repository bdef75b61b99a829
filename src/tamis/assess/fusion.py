"""Several scores of one picture as one likelihood ratio, any of which may be missing.

Scores of the same pixels depend on each other and must not be multiplied; a logistic regression
weighs them together. A score that is missing says nothing: a picture without any has a ratio of 1.

That a score is missing says nothing either. Which examinations apply depends on a file's format,
and in a collection format goes with origin; so both classes weigh the same among the pictures that
have the same scores, and nothing can be learnt from which these are.

Source: logistic fusion, N. Brümmer et al., Fusion of heterogeneous speaker recognition systems in
the STBU submission for the NIST SRE 2006, IEEE TASLP 15(7), 2007. Pure: arrays in, numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess.calibration import newton

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

_LN10 = math.log(10)
_PENALTY = 1e-4


@dataclass(frozen=True, slots=True)
class Term:
    """What one score adds to the logarithm of the ratio: offset + slope · score.

    Args:
        name: of the score.
        offset: log10 likelihood ratio at a score of 0.
        slope: log10 likelihood ratio to a unit of the score; above 0 the score speaks for capture.
    """

    name: str
    offset: float
    slope: float


@dataclass(frozen=True, slots=True)
class Fusion:
    """A fitted sum of terms."""

    terms: tuple[Term, ...]

    def contributions(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Return what each score that is there adds, in log10 likelihood ratio; the rest is 0."""
        return {
            term.name: term.offset + term.slope * scores[term.name]
            for term in self.terms
            if term.name in scores
        }

    def log10_lr(self, scores: Floats) -> Floats:
        """Return the logarithms of the ratios, not bounded, shape (n,).

        Args:
            scores: shape (n, terms), NaN where one is missing.
        """
        design = _design(scores, np.zeros(scores.shape[1]), np.ones(scores.shape[1]))
        weights = [value for term in self.terms for value in (term.offset, term.slope)]
        answer: Floats = design @ np.array(weights)
        return answer


def fit(scores: Floats, capture: Labels, names: Sequence[str]) -> Fusion:
    """Fit the terms on labelled pictures.

    Args:
        scores: shape (n, k), NaN where one is missing.
        capture: which are captures, shape (n,).
        names: of the k scores.

    Raises:
        ValueError: the shapes differ, or no pattern of scores has pictures of both classes.
    """
    if scores.shape != (len(capture), len(names)):
        raise ValueError(f"scores of shape {scores.shape} for {len(capture)} pictures")
    mean, deviation = np.array([_standard(column) for column in scores.T]).T
    design = _design(scores, mean, deviation)
    ridge = np.array([0.0, _PENALTY] * len(names))
    found = newton(design, capture, balanced(scores, capture), ridge) / _LN10
    slopes = found[1::2] / deviation
    offsets = found[0::2] - slopes * mean
    return Fusion(
        tuple(
            Term(name, float(offset), float(slope))
            for name, offset, slope in zip(names, offsets, slopes, strict=True)
        )
    )


def balanced(scores: Floats, capture: Labels) -> Floats:
    """Return weights under which the classes weigh the same among pictures with the same scores.

    Pictures whose pattern of scores no picture of the other class has weigh nothing. All sum to 1.

    Raises:
        ValueError: all weigh nothing.
    """
    _, pattern = np.unique(~np.isnan(scores), axis=0, return_inverse=True)
    pattern = pattern.ravel()
    weights = np.zeros(len(capture))
    for number in range(pattern.max() + 1):
        here = pattern == number
        some, others = here & capture, here & ~capture
        if some.any() and others.any():
            weights[some] = here.sum() / (2 * some.sum())
            weights[others] = here.sum() / (2 * others.sum())
    if not weights.any():
        raise ValueError("no pattern of scores has pictures of both classes")
    found: Floats = weights / weights.sum()
    return found


def _standard(column: Floats) -> tuple[float, float]:
    """Return mean and deviation of the scores that are there; 0 and 1 where there are none."""
    present = column[~np.isnan(column)]
    return (float(present.mean()), float(present.std()) or 1.0) if len(present) else (0.0, 1.0)


def _design(scores: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Return two columns to a score: whether it is there, and its standardised value or 0."""
    there = ~np.isnan(scores)
    values = np.where(there, (scores - mean) / deviation, 0.0)
    answer: Floats = np.stack([there.astype(np.float64), values], 2).reshape(len(scores), -1)
    return answer
