"""From scores to likelihood ratios, and how good these are.

A score says on which side of a line a picture lies; a likelihood ratio says how much more probable
the score is under one proposition than under the other. What turns the one into the other is fitted
on labelled pictures (logistic regression), bounded by what so many pictures can support (ELUB), and
judged by the cost of its errors (Cllr, and Cllr_min, what is left of it when only the order of the
scores counts). All likelihood ratios are logarithms to base 10; above 0 they support *capture*.

Sources: N. Brümmer and J. du Preez, Application-independent evaluation of speaker detection,
Computer Speech & Language 20(2-3), 2006 (Cllr, Cllr_min, calibration by logistic regression); P.
Vergeer, A. van Es, A. de Jongh, I. Alberink and R. Stoel, Numerical likelihood ratios outputted by
LR systems are often based on extrapolation: when to stop extrapolating?, Science & Justice 56(6),
2016 (ELUB); M. Ayer et al., An empirical distribution function for sampling with incomplete
information, Annals of Mathematical Statistics 26(4), 1955 (PAV).

Pure: arrays in, numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

_LN10 = math.log(10)
_STEPS = 100
_CONVERGED = 1e-10
_GRID = 1000
"""Thresholds to a unit of log10 LR at which the bounds are looked for."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """log10 LR = slopes · scores + offset.

    Args:
        slopes: one to a score, in log10 LR to a unit of it.
        offset: in log10 LR.
    """

    slopes: tuple[float, ...]
    offset: float

    def log10_lr(self, scores: ArrayLike) -> Floats:
        """Return the logarithms of the likelihood ratios.

        Args:
            scores: shape (n,) where there is one slope, else (n, slopes).

        Returns:
            shape (n,).
        """
        answer: Floats = _columns(scores) @ np.asarray(self.slopes) + self.offset
        return answer


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which log10 likelihood ratios the calibration data support what is said.

    Args:
        lower: at most 0.
        upper: at least 0.
    """

    lower: float
    upper: float

    def clip(self, log10_lr: ArrayLike) -> Floats:
        """Return the likelihood ratios, held within the bounds."""
        return np.clip(np.asarray(log10_lr, np.float64), self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class Quality:
    """How good likelihood ratios are; 0 is perfect, 1 is what saying nothing costs.

    Args:
        cllr: log-likelihood-ratio cost, bits.
        cllr_min: what is left of it after the best monotonic recalibration on the same data.
    """

    cllr: float
    cllr_min: float


def fit(scores: ArrayLike, capture: ArrayLike, *, penalty: float | None = None) -> Logistic:
    """Fit a logistic regression in which both classes weigh the same.

    By Newton's method on standardised scores. So that classes which do not overlap give finite
    slopes, half the sum of the squared slopes (per standard deviation) is added to the mean loss,
    times `penalty`.

    Args:
        scores: shape (n,) or (n, k), any unit.
        capture: which are captures, shape (n,).
        penalty: if None a hundredth over the size of the smaller class, as if slopes were expected
            to be within about seven either way.

    Raises:
        ValueError: a class is empty, or a score is not finite, or a penalty not above 0.
    """
    columns, labels = _checked(scores, capture)
    smaller = int(min(labels.sum(), (~labels).sum()))
    weight = 0.01 / smaller if penalty is None else penalty
    if not weight > 0:
        raise ValueError("the penalty must be above 0")
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    design = np.column_stack([(columns - mean) / deviation, np.ones(len(columns))])
    ridge = np.array([weight] * columns.shape[1] + [0.0])
    found = newton(design, labels, _balance(labels), ridge)
    slopes = found[:-1] / deviation
    offset = found[-1] - slopes @ mean
    return Logistic(tuple(float(slope) for slope in slopes / _LN10), float(offset / _LN10))


def held_out(
    scores: ArrayLike, capture: ArrayLike, groups: Sequence[object], *, penalty: float | None = None
) -> Floats:
    """Return log10 likelihood ratios, of each group by a fit on all the others.

    Args:
        scores: shape (n,) or (n, k).
        capture: which are captures, shape (n,).
        groups: what belongs together (a camera, a generator, a source), one to a score.
        penalty: as for `fit`.

    Returns:
        shape (n,), not bounded.

    Raises:
        ValueError: as `fit`; without one of the groups a class would be empty.
    """
    columns, labels = _checked(scores, capture)
    if len(groups) != len(labels):
        raise ValueError(f"{len(groups)} groups for {len(labels)} scores")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    group_of = np.array([numbers[group] for group in groups])
    answers = np.empty(len(labels))
    for number in numbers.values():
        out = group_of == number
        fitted = fit(columns[~out], labels[~out], penalty=penalty)
        answers[out] = fitted.log10_lr(columns[out])
    return answers


def pav(values: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Return the closest values that nowhere fall (pool adjacent violators, weighted squares).

    Args:
        values: shape (n,), in the order in which they must not fall.
        weights: above 0, shape (n,); all equal if None.

    Returns:
        shape (n,): the weighted mean of the block each value was pooled into.
    """
    given = np.asarray(values, np.float64)
    weighing = np.ones(len(given)) if weights is None else np.asarray(weights, np.float64)
    means: list[float] = []
    totals: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(given.tolist(), weighing.tolist(), strict=True):
        mean, total, size = value, weight, 1
        while means and means[-1] >= mean:
            before = totals.pop()
            mean = (means.pop() * before + mean * total) / (before + total)
            total += before
            size += sizes.pop()
        means.append(mean)
        totals.append(total)
        sizes.append(size)
    return np.repeat(means, sizes)


def cllr(log10_lr: ArrayLike, capture: ArrayLike) -> float:
    """Return the log-likelihood-ratio cost in bits: 0 is perfect, 1 is saying nothing.

    Both classes weigh the same. An infinite ratio on the wrong side costs infinitely much.

    Args:
        log10_lr: shape (n,); may be infinite.
        capture: which are captures, shape (n,).

    Raises:
        ValueError: a class is empty, or a ratio is no number.
    """
    ratios, labels = np.asarray(log10_lr, np.float64), _labels(capture)
    if ratios.shape != labels.shape or np.isnan(ratios).any():
        raise ValueError("one likelihood ratio to each label, and all of them numbers")
    of_captures = np.logaddexp(0, -ratios[labels] * _LN10).mean()
    of_others = np.logaddexp(0, ratios[~labels] * _LN10).mean()
    return float((of_captures + of_others) / (2 * math.log(2)))


def cllr_min(scores: ArrayLike, capture: ArrayLike) -> float:
    """Return the cost that is left when scores become likelihood ratios in the best monotonic way.

    It depends on the order of the scores alone, and says how well they separate.

    Args:
        scores: shape (n,); the higher, the more they speak for capture.
        capture: which are captures, shape (n,).

    Raises:
        ValueError: as `cllr`.
    """
    return cllr(best_monotonic(scores, capture), capture)


def best_monotonic(scores: ArrayLike, capture: ArrayLike) -> Floats:
    """Return the log10 likelihood ratios that cost least of all that keep the order of the scores.

    Args:
        scores: shape (n,); the higher, the more they speak for capture.
        capture: which are captures, shape (n,).

    Returns:
        shape (n,); infinite where only one class has such scores.

    Raises:
        ValueError: as `cllr`.
    """
    given, labels = np.asarray(scores, np.float64), _labels(capture)
    if given.shape != labels.shape or np.isnan(given).any():
        raise ValueError("one score to each label, and all of them numbers")
    values, place = np.unique(given, return_inverse=True)  # ties are one step of the ladder
    weights = _balance(labels)
    totals = np.bincount(place, weights, len(values))
    shares = np.bincount(place, weights * labels, len(values)) / totals
    shares = np.clip(pav(shares, totals), 0.0, 1.0)[place]
    with np.errstate(divide="ignore"):
        answer: Floats = np.log10(shares) - np.log10(1 - shares)
    return answer


def quality(log10_lr: ArrayLike, capture: ArrayLike) -> Quality:
    """Return Cllr and Cllr_min of likelihood ratios; both classes weigh the same.

    Args:
        log10_lr: shape (n,).
        capture: which are captures, shape (n,).

    Raises:
        ValueError: as `cllr`.
    """
    return Quality(cllr(log10_lr, capture), cllr_min(log10_lr, capture))


def elub(log10_lr: ArrayLike, capture: ArrayLike, *, misleading: int = 1) -> Bounds:
    """Return the empirical lower and upper bounds of likelihood ratios (Vergeer et al., 2016).

    Someone who decides for capture wherever the ratio is above t, t being what a wrong decision for
    capture costs in those against it, loses P(LR ≤ t | capture) + t P(LR > t | synthetic). Who does
    without ratios loses min(1, t). The bounds are how far from 1 the thresholds go, without a gap,
    at which the ratios are no worse; `misleading` further pictures of each class, with ratios as
    wrong as can be, stand for those that were not seen. So n pictures of a class support no ratio
    above about n.

    Args:
        log10_lr: shape (n,), of pictures on which nothing was fitted.
        capture: which are captures, shape (n,).
        misleading: how many are added to each class; 0 or more.

    Raises:
        ValueError: a class is empty, or a ratio is not finite.
    """
    ratios, labels = np.asarray(log10_lr, np.float64), _labels(capture)
    if ratios.shape != labels.shape or not np.isfinite(ratios).all():
        raise ValueError("one likelihood ratio to each label, and all of them finite")
    captures, others = np.sort(ratios[labels]), np.sort(ratios[~labels])
    highest = math.log10(len(captures) + len(others) + 1)  # beyond, one misleading case is too much
    upward = np.arange(0, math.ceil(highest * _GRID) + 1) / _GRID

    def bearable(thresholds: Floats) -> Labels:
        below = np.searchsorted(captures, thresholds, "right")
        above = len(others) - np.searchsorted(others, thresholds, "right")
        missed = (below + misleading) / (len(captures) + misleading)
        wrong = (above + misleading) / (len(others) + misleading)
        loss = missed + 10**thresholds * wrong
        answer: Labels = loss <= np.minimum(1.0, 10**thresholds)
        return answer

    return Bounds(0.0 - _reach(upward, bearable(-upward)), _reach(upward, bearable(upward)))


def _reach(distances: Floats, bearable: Labels) -> float:
    """Return the last distance before the first that is not bearable; 0 where none is."""
    if bearable.all():
        return float(distances[-1])
    first = int(np.argmin(bearable))
    return float(distances[first - 1]) if first else 0.0


def newton(design: Floats, labels: Labels, weights: Floats, ridge: Floats) -> Floats:
    """Return the parameters of least penalised logistic loss, in natural logarithms.

    Args:
        design: shape (n, k).
        labels: which are captures, shape (n,).
        weights: of each, shape (n,).
        ridge: how much half the square of each parameter counts, shape (k,).
    """
    signs = np.where(labels, 1.0, -1.0)

    def loss(parameters: Floats) -> float:
        margins = signs * (design @ parameters)
        return float(weights @ np.logaddexp(0, -margins) + ridge @ parameters**2 / 2)

    found = np.zeros(design.shape[1])
    least = loss(found)
    for _ in range(_STEPS):
        chances = 0.5 * (1 + np.tanh(design @ found / 2))
        slope = design.T @ (weights * (chances - labels)) + ridge * found
        curve = (design.T * (weights * chances * (1 - chances))) @ design + np.diag(ridge)
        step = np.linalg.lstsq(curve, slope, rcond=None)[0]
        share = 1.0
        while share > _CONVERGED and loss(found - share * step) > least:
            share /= 2
        found = found - share * step
        before, least = least, loss(found)
        if before - least < _CONVERGED * before and float(np.abs(share * step).max()) < 1e-8:
            break
    return found


def _balance(labels: Labels) -> Floats:
    """Return weights under which each class sums to one half."""
    captures = labels.sum()
    return np.asarray(np.where(labels, 0.5 / captures, 0.5 / (len(labels) - captures)), np.float64)


def _columns(scores: ArrayLike) -> Floats:
    given = np.asarray(scores, np.float64)
    return given[:, None] if given.ndim == 1 else given


def _labels(capture: ArrayLike) -> Labels:
    labels = np.asarray(capture, bool)
    if labels.ndim != 1 or not labels.any() or labels.all():
        raise ValueError("both classes are needed")
    return labels


def _checked(scores: ArrayLike, capture: ArrayLike) -> tuple[Floats, Labels]:
    columns, labels = _columns(scores), _labels(capture)
    if columns.ndim != 2 or len(columns) != len(labels):
        raise ValueError(f"scores of shape {columns.shape} for {len(labels)} labels")
    if not np.isfinite(columns).all():
        raise ValueError("a score is not finite")
    return columns, labels
