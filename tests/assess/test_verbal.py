"""The verbal scale is ENFSI's, both ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.verbal import Strength, Support, support

# ENFSI Guideline for Evaluative Reporting in Forensic Science (2015), page 17.
ENFSI = [
    (1, Strength.NONE),
    (1.99, Strength.NONE),
    (2, Strength.WEAK),
    (9.99, Strength.WEAK),
    (10, Strength.MODERATE),
    (99.9, Strength.MODERATE),
    (100, Strength.MODERATELY_STRONG),
    (999, Strength.MODERATELY_STRONG),
    (1_000, Strength.STRONG),
    (9_999, Strength.STRONG),
    (10_000, Strength.VERY_STRONG),
    (999_999, Strength.VERY_STRONG),
    (1_000_000, Strength.EXTREMELY_STRONG),
    (1e12, Strength.EXTREMELY_STRONG),
]


@pytest.mark.parametrize(("ratio", "strength"), ENFSI)
def test_bands(ratio, strength):
    assert support(math.log10(ratio)).strength is strength
    assert support(-math.log10(ratio)).strength is strength


def test_below_one_the_other_proposition_is_supported():
    assert support(1.5) == Support(Strength.MODERATE, 0)
    assert support(-1.5) == Support(Strength.MODERATE, 1)
    assert support(0.0) == Support(Strength.NONE, None)
    assert support(0.2) == Support(Strength.NONE, None)


@given(st.floats(-400, 400), st.floats(-400, 400))
def test_more_is_never_said_of_less(one, other):
    order = list(Strength)
    weaker, stronger = sorted((one, other), key=abs)
    assert order.index(support(weaker).strength) <= order.index(support(stronger).strength)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_words_for_what_is_no_number(value):
    with pytest.raises(ValueError, match="cannot be put into words"):
        support(value)
