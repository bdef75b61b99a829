"""Bounds on a proportion from counts, exact, and for counts that need not be whole numbers.

Source: C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the
case of the binomial, Biometrika 26(4), 1934. The beta distribution is computed by its continued
fraction (W. H. Press et al., Numerical Recipes, section 6.4). Pure.
"""

from __future__ import annotations

import math

_TINY = 1e-300
_TERMS = 10_000
_CLOSE = 1e-15
_HALVINGS = 60


def interval(found: float, number: float, confidence: float) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson.

    Args:
        found: how many had the property, from 0 to `number`.
        number: how many were looked at; 0 gives from 0 to 1.
        confidence: of the interval as a whole, above 0 and below 1.

    Raises:
        ValueError: counts that cannot be, or another confidence.
    """
    if not (0 <= found <= number and math.isfinite(number)):
        raise ValueError(f"{found} of {number} cannot be")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
    outside = (1 - confidence) / 2
    missing = number - found
    lower = quantile(outside, found, missing + 1) if found > 0 else 0.0
    upper = quantile(1 - outside, found + 1, missing) if missing > 0 else 1.0
    return lower, upper


def quantile(chance: float, first: float, second: float) -> float:
    """Return below what a beta variable is with a probability, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if beta(middle, first, second) < chance:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta(value: float, first: float, second: float) -> float:
    """Return the probability that a beta variable is at most a value.

    Args:
        value: of the variable.
        first: parameter, above 0.
        second: likewise.
    """
    if value <= 0 or value >= 1:
        return float(value >= 1)
    if value > (first + 1) / (first + second + 2):
        return 1 - beta(1 - value, second, first)
    front = (
        math.lgamma(first + second)
        - math.lgamma(first)
        - math.lgamma(second)
        + first * math.log(value)
        + second * math.log1p(-value)
    )
    return math.exp(front) * _fraction(value, first, second) / first


def _fraction(value: float, first: float, second: float) -> float:
    """Return the continued fraction, by the method of Lentz."""
    above = 1.0
    below = _inverse(1 - (first + second) * value / (first + 1))
    answer = below
    for term in range(1, _TERMS):
        twice = first + 2 * term
        for step in (
            term * (second - term) * value / ((twice - 1) * twice),
            -(first + term) * (first + second + term) * value / (twice * (twice + 1)),
        ):
            below = _inverse(1 + step * below)
            above = 1 + step / above or _TINY
            answer *= above * below
        if abs(above * below - 1) < _CLOSE:
            break
    return answer


def _inverse(value: float) -> float:
    return 1 / (value or _TINY)
