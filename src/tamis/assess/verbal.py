"""The words for a likelihood ratio, as forensic institutes in Europe use them.

Source: ENFSI Guideline for Evaluative Reporting in Forensic Science, European Network of Forensic
Science Institutes, 2015, page 17. A ratio below 1 has the words of its reciprocal, for the other
proposition.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from enum import StrEnum
from typing import NamedTuple


class Strength(StrEnum):
    """How strongly findings support one proposition rather than the other."""

    NONE = "none"
    WEAK = "weak"
    MODERATE = "moderate"
    MODERATELY_STRONG = "moderately_strong"
    STRONG = "strong"
    VERY_STRONG = "very_strong"
    EXTREMELY_STRONG = "extremely_strong"


BOUNDARIES = (2, 10, 100, 1_000, 10_000, 1_000_000)
"""Ratios from which on the next words hold: 2 to 10 weak, 10 to 100 moderate, and so on."""


class Support(NamedTuple):
    """What a likelihood ratio supports.

    Args:
        strength: of the support.
        proposition: 0 for the first of the two, 1 for the second; None where it supports neither.
    """

    strength: Strength
    proposition: int | None


def support(log10_lr: float) -> Support:
    """Return the words for a logarithm to base 10 of a likelihood ratio.

    Raises:
        ValueError: it is not finite: no finding supports a proposition without bound.
    """
    if not math.isfinite(log10_lr):
        raise ValueError(f"a likelihood ratio of 10^{log10_lr} cannot be put into words")
    # A boundary is met where the ratio rounds to it: 10 ** log10(2) need not be 2.
    ratio = float(f"{10 ** min(abs(log10_lr), 300):.12g}")
    strength = tuple(Strength)[bisect_right(BOUNDARIES, ratio)]
    if strength is Strength.NONE:
        return Support(strength, None)
    return Support(strength, 0 if log10_lr > 0 else 1)
