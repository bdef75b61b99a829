"""The share of captures in a case, from a random sample and a prediction of every picture.

A person judged some places of a queue wherever they liked, and places of the rest, the *tail*, that
were drawn at random. The first are known. Of the tail the mean of the predictions is known too, and
the sample tells how far they are off: the estimate is

    mean over the tail of L f  +  mean over the sample of y - L f

for predictions f and labels y. It is right on average whatever the predictions are worth, for they
enter only as far as the sample bears them out: the weight L is that which leaves least variance,
held between 0 (the sample alone) and 1.

Source: A. N. Angelopoulos, J. C. Duchi and T. Zrnic, PPI++: efficient prediction-powered inference,
2023 (arXiv 2311.01453). There the sample is drawn beside the pictures that are predicted; here from
among them, without replacement, so that the mean of the predictions has no variance of its own, and
the rest that of a sample from a finite number (W. G. Cochran, Sampling Techniques, 1977, chapter
7).

The normal interval fails where captures, or the others, are few in the sample. Where there are
`FEWEST` of both, the sample counts as one of the size at which the bounds of Clopper and Pearson
have this variance (E. L. Korn and B. I. Graubard, Confidence intervals for proportions with small
expected number of positive counts estimated from survey data, Survey Methodology 24(2), 1998); else
predictions are left aside and the bounds are those of the counts. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess import binomial

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FEWEST = 15
"""Captures, and others, that a sample must have before predictions are used."""
PREDICTED, COUNTED, ALL_JUDGED = "predicted", "counted", "all_judged"


@dataclass(frozen=True, slots=True)
class Known:
    """Places outside the sample.

    Args:
        captures: judged captures, outside the tail.
        others: judged not to be, outside the tail.
        open: outside the tail and not judged: any of them may be a capture.
        tail_captures: judged captures in the tail, where somebody looked beside the sample.
        tail_others: judged not to be, likewise.
    """

    captures: int = 0
    others: int = 0
    open: int = 0
    tail_captures: int = 0
    tail_others: int = 0


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The share of captures among all places.

    Args:
        share: the estimate; places outside the tail that nobody judged are left out of it.
        lower: of the interval, in which these are no captures.
        upper: of the interval, in which these are.
        method: `PREDICTED`, `COUNTED` or `ALL_JUDGED`.
        weight: of the predictions, from 0 to 1.
        sample: places drawn and judged.
        found: captures among them.
        worth: how many places, drawn from any number and judged, would tell as much.
        places: all of them.
        covered: those of the tail, and those outside that were judged.
    """

    share: float
    lower: float
    upper: float
    method: str
    weight: float
    sample: int
    found: int
    worth: float
    places: int
    covered: int


def prevalence(
    labels: ArrayLike,
    predicted: ArrayLike,
    tail_mean: float,
    tail: int,
    known: Known,
    confidence: float = 0.95,
) -> Prevalence | None:
    """Estimate the share of captures.

    Args:
        labels: of the sample, 1 for captures and 0 for others, shape (n,).
        predicted: of the sample, from 0 to 1, made without looking at labels, shape (n,).
        tail_mean: mean of the predictions over the tail, the sample included.
        tail: places of the tail.
        known: places outside the sample.
        confidence: of the interval.

    Returns:
        None where nothing was drawn from a tail, or no place is covered.

    Raises:
        ValueError: numbers that cannot be.
    """
    judged, beliefs = _checked(labels, predicted, tail_mean, tail, known)
    number, found = len(judged), int(judged.sum())
    covered = tail + known.captures + known.others
    if not covered or (tail and not number):
        return None
    least, most = found + known.tail_captures, tail - number + found - known.tail_others
    if number < tail:
        share, weight, worth = _tuned(judged, beliefs, tail_mean, tail)
        method = PREDICTED if weight else COUNTED
    else:
        share, weight, worth, method = found / max(tail, 1), 0.0, float(number), ALL_JUDGED
    lower, upper = (tail * end for end in binomial.interval(share * worth, worth, confidence))
    if upper < least or lower > most:
        # What was found beside the sample cannot be: it is one of the few that mislead.
        lower, upper = least, most
    places = covered + known.open
    return Prevalence(
        share=(min(max(share * tail, least), most) + known.captures) / covered,
        lower=(max(lower, least) + known.captures) / places,
        upper=(min(upper, most) + known.captures + known.open) / places,
        method=method,
        weight=weight,
        sample=number,
        found=found,
        worth=worth,
        places=places,
        covered=covered,
    )


def _tuned(
    judged: Floats, beliefs: Floats, tail_mean: float, tail: int
) -> tuple[float, float, float]:
    """Return share of the tail, weight of the predictions, and the size the sample is worth."""
    number, plain = len(judged), float(judged.mean())
    found = judged.sum()
    if min(found, number - found) < FEWEST:
        return plain, 0.0, float(number)
    spread = float(np.var(beliefs))
    together = float(np.mean((judged - plain) * (beliefs - beliefs.mean())))
    weight = min(max(together / spread, 0.0), 1.0) if spread > 0 else 0.0
    rest = judged - weight * beliefs
    share = float(rest.mean()) + weight * tail_mean
    if not 0 < share < 1:
        return plain, 0.0, float(number)
    variance = float(rest.var()) * number / (number - 2) / number * (1 - number / tail)
    return share, weight, share * (1 - share) / variance


def _checked(
    labels: ArrayLike, predicted: ArrayLike, tail_mean: float, tail: int, known: Known
) -> tuple[Floats, Floats]:
    judged, beliefs = np.asarray(labels, np.float64), np.asarray(predicted, np.float64)
    if judged.ndim != 1 or judged.shape != beliefs.shape:
        raise ValueError(f"labels of shape {judged.shape}, predictions of shape {beliefs.shape}")
    if not ((judged == 0) | (judged == 1)).all():
        raise ValueError("a label is 1 or 0")
    if not ((beliefs >= 0) & (beliefs <= 1)).all() or not 0 <= tail_mean <= 1:
        raise ValueError("a prediction lies between 0 and 1")
    beside = known.tail_captures + known.tail_others
    if len(judged) + beside > tail or min(known.captures, known.others, known.open, beside) < 0:
        raise ValueError(f"{len(judged)} and {beside} of {tail} places cannot be")
    return judged, beliefs
