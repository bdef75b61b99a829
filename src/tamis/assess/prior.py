"""The share of captures in a case, from likelihood ratios and decisions.

The pictures of a case are taken as drawn from a mix of captures, with a share of pi, and synthetic
pictures. Two things tell of pi:

- *the ratios*: that of a picture is drawn with a density in proportion to pi r + 1 - pi. The
  maximum over all pictures, decided or not, is where the EM of Saerens, Latinne and Decaestecker
  ends.
- *the decisions*, given the ratios: a picture with the ratio r that was chosen because of it is a
  capture with odds of r pi / (1 - pi).

Were all ratios right, their product would be the likelihood of a mix of which some pictures are
labelled, and that reviewers look from the top would do no harm to it (Rubin). They are not: those
of one case err together, since a camera that nobody calibrated on shifts all of them, since a ratio
that is held within bounds says too little at the very top, where people look first, and since
people choose by what they see as well. So the ratios are never believed to better than a standard
error of `SYSTEMATIC`, however many they are; and the odds of what was decided are off by a common
factor, of which the logarithm has a standard deviation of `SHIFT`. Both were measured on sources
that nothing was fitted on (``bench/prior_sources.py``).

The maximum with half a picture added to each kind (R. Krichevsky and V. Trofimov, 1981) is the
estimate, so that no proposition is ever excluded; the interval is where the logarithm of the
likelihood is within 1.92 of its maximum (S. S. Wilks, 1938), and nothing is added there.

A random sample needs none of this (`tamis.assess.prevalence`); where there is one it takes the
place of both. But where the decisions, their shift allowed for, and all ratios at their face value
tell different shares, or a sample has fewer captures than the ratios bear, as a reviewer brings
about who decides against what is seen, nothing is believed: the interval reaches over all, and no
estimate is to be used. The same holds for decisions that are all of one kind.

Sources: M. Saerens, P. Latinne and C. Decaestecker, Adjusting the outputs of a classifier to new a
priori probabilities: a simple procedure, Neural Computation 14(1), 2002; D. B. Rubin, Inference and
missing data, Biometrika 63(3), 1976. Pure: arrays in, numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SYSTEMATIC = (0.04, 0.4)
"""Standard error of the share by which ratios are off together: so much, and so much of it."""
SHIFT = math.log(4)
"""Standard deviation of the logarithm by which the odds of all that was decided are off."""
FEWEST_MEDIA, FEWEST_DECISIONS, FEWEST_DRAWN = 20, 20, 30
WIDEST = 0.4
"""An interval wider than this does not determine the share."""
CONFIDENCE = 0.95

_WITHIN = 3.841 / 2
"""Half the quantile of chi-square with one degree of freedom, 95 %."""
_STEP = 0.01
"""To which log10 ratios are rounded: the sums are over different ones."""
_LN10 = math.log(10)
_SPACING = 0.02
_FAR = 14.0
"""The shares looked at: their logits, and how far these go."""
_SHIFTS = np.arange(-200, 201, 5)
"""Shifts of the odds that are summed over, in spacings: 4 to either side, 2.9 of `SHIFT`."""


class Doubt(StrEnum):
    """Why an estimate is not to be used."""

    NO_RATIOS = "no_ratios"
    FEW_MEDIA = "few_media"
    FEW_DECISIONS = "few_decisions"
    ONE_KIND = "one_kind"
    CONTRADICTION = "contradiction"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Interval:
    """A share and between what it lies.

    Args:
        share: the most likely one.
        lower: at least 0.
        upper: at most 1.
    """

    share: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a case says of its share of captures.

    Args:
        share: of captures, with its 95 % interval; None where there are no ratios.
        ratios: what they say alone; None likewise.
        decisions: what they say alone, given the ratios; None where there are none.
        sample: what places drawn at random say; None where too few were.
        media: how many have a ratio.
        captures: how many of them were decided so.
        synthetic: likewise.
        doubts: why it is not to be used; none where it may be.
    """

    share: Interval | None
    ratios: Interval | None
    decisions: Interval | None
    sample: Interval | None
    media: int
    captures: int
    synthetic: int
    doubts: tuple[Doubt, ...]


def estimate(log10_lr: ArrayLike, decided: ArrayLike, sample: Interval | None = None) -> Estimate:
    """Estimate the share of captures.

    Args:
        log10_lr: log10 likelihood ratios of all pictures that have one, shape (n,).
        decided: 1 where a person decided on a capture, 0 on a synthetic picture, NaN where nobody
            decided on either, shape (n,).
        sample: what a random sample says of these pictures, where `FEWEST_DRAWN` were drawn.

    Raises:
        ValueError: the shapes differ, a ratio is not finite, or a decision is none of the three.
    """
    ratios, labels = _checked(log10_lr, decided)
    captures, synthetic = int((labels == 1).sum()), int((labels == 0).sum())
    if not len(ratios):
        return Estimate(None, None, None, None, 0, 0, 0, (Doubt.NO_RATIOS,))
    logits = np.linspace(-_FAR, _FAR, 2 * round(_FAR / _SPACING) + 1)
    mixed, told = _mixed(logits, ratios), _told(logits, ratios, labels)
    seen = _held_down(logits, mixed, ratios)
    of_ratios = _interval(logits, seen)
    of_decisions = _interval(logits, told) if captures + synthetic else None
    if sample is not None:
        # One that holds more captures than the ratios would have it has found the ratios out.
        found, apart = sample, sample.upper < of_ratios.lower
    else:
        found = _interval(logits, seen + told)
        apart = bool(mixed.max() + told.max() - (mixed + told).max() > _WITHIN)
    doubts = []
    if len(ratios) < FEWEST_MEDIA:
        doubts.append(Doubt.FEW_MEDIA)
    if sample is None and captures + synthetic < FEWEST_DECISIONS:
        doubts.append(Doubt.FEW_DECISIONS)
    if (captures == 0) != (synthetic == 0):
        doubts.append(Doubt.ONE_KIND)
        found = _over(found, of_ratios)
    if apart:
        doubts.append(Doubt.CONTRADICTION)
        found = _over(_over(found, of_ratios), of_decisions or found)
    if found.upper - found.lower > WIDEST:
        doubts.append(Doubt.WIDE)
    return Estimate(
        found, of_ratios, of_decisions, sample, len(ratios), captures, synthetic, tuple(doubts)
    )


def expected_share(log10_lr: ArrayLike, prior: float) -> float | None:
    """Return the share of captures to be expected among pictures with these ratios.

    It is the mean of their posteriors, and not the prior: those that are left once the top of a
    queue was decided have low ratios. None where there are no pictures.

    Args:
        log10_lr: shape (n,).
        prior: from 0 to 1.
    """
    odds = np.asarray(log10_lr, np.float64) * _LN10
    if not len(odds):
        return None
    if prior in (0.0, 1.0):
        return prior
    shift = math.log(prior) - math.log1p(-prior)
    return float(np.mean(0.5 * (1 + np.tanh((odds + shift) / 2))))


def _checked(log10_lr: ArrayLike, decided: ArrayLike) -> tuple[Floats, Floats]:
    ratios, labels = np.asarray(log10_lr, np.float64), np.asarray(decided, np.float64)
    if ratios.ndim != 1 or ratios.shape != labels.shape:
        raise ValueError(f"ratios of shape {ratios.shape}, decisions of shape {labels.shape}")
    if not np.isfinite(ratios).all():
        raise ValueError("a likelihood ratio is not finite")
    if not (np.isnan(labels) | (labels == 0) | (labels == 1)).all():
        raise ValueError("a decision is 1, 0 or NaN")
    return ratios, labels


def _held_down(logits: Floats, mixed: Floats, log10_lr: Floats) -> Floats:
    """Return the logarithm of the likelihood of the ratios, held down by `SYSTEMATIC`."""
    most = _share(logits[int(mixed.argmax())])
    ratios = 10 ** np.clip(log10_lr, -100, 100)
    slopes = (ratios - 1) / (most * ratios + 1 - most)
    information = float(slopes @ slopes)
    off = SYSTEMATIC[0] + SYSTEMATIC[1] / (1 + np.exp(-logits))
    answer: Floats = (mixed - mixed.max()) / (1 + information * off**2)
    return answer


def _mixed(logits: Floats, log10_lr: Floats) -> Floats:
    """Return the sum of log(pi r + 1 - pi) over pictures, for the shares with these logits."""
    steps, numbers = np.unique(np.round(log10_lr / _STEP), return_counts=True)
    total = np.zeros(len(logits))
    for step, number in zip(steps.tolist(), numbers.tolist(), strict=True):
        total += number * np.logaddexp(logits + step * _STEP * _LN10, 0.0)
    answer: Floats = total - len(log10_lr) * np.logaddexp(logits, 0.0)
    return answer


def _told(logits: Floats, log10_lr: Floats, labels: Floats) -> Floats:
    """Return the logarithm of the probability of the decisions, given the ratios.

    It is the mean over a normal distribution of the shift that all odds have in common.
    """
    captures, decided = labels == 1, ~np.isnan(labels)
    reach = int(_SHIFTS[-1])
    beyond = np.arange(1, reach + 1) * _SPACING
    wide = np.concatenate([logits[0] - beyond[::-1], logits, logits[-1] + beyond])
    # r pi / (1 - pi) for captures, over r pi / (1 - pi) + 1 for all.
    chances = captures.sum() * wide + float(log10_lr[captures].sum()) * _LN10
    steps, numbers = np.unique(np.round(log10_lr[decided] / _STEP), return_counts=True)
    for step, number in zip(steps.tolist(), numbers.tolist(), strict=True):
        chances = chances - number * np.logaddexp(wide + step * _STEP * _LN10, 0.0)
    weights = -0.5 * (_SHIFTS * _SPACING / SHIFT) ** 2
    weights -= np.logaddexp.reduce(weights)
    moved = np.stack([chances[reach + shift :][: len(logits)] for shift in _SHIFTS])
    answer: Floats = np.logaddexp.reduce(moved + weights[:, None], axis=0)
    return answer


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _interval(logits: Floats, likelihood: Floats) -> Interval:
    """Return the maximum with half a picture of each kind added, and where `_WITHIN` reaches."""
    halves = 0.5 * logits - np.logaddexp(logits, 0.0)
    share = _share(logits[int((likelihood + halves).argmax())])
    within = np.flatnonzero(likelihood >= likelihood.max() - _WITHIN)
    first, last = int(within[0]) - 1, int(within[-1]) + 1
    lower = _share(logits[first]) if first >= 0 else 0.0
    upper = _share(logits[last]) if last < len(logits) else 1.0
    return Interval(min(max(share, lower), upper), lower, upper)


def _over(one: Interval, other: Interval) -> Interval:
    """Return an interval that reaches over two, with the share of the first."""
    return Interval(one.share, min(one.lower, other.lower), max(one.upper, other.upper))
