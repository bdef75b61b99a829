"""A site's own fit: what it takes, what it is worth, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tamis.assess.refit import LEAST_GROUPS, LEAST_PICTURES, RefusedError, refit


def local(number=60, groups=6, shift=3.0, seed=4):
    """Logits and findings of a site's pictures: captures below, synthetic above."""
    rng = np.random.default_rng(seed)
    capture = np.arange(2 * number) < number
    logits = rng.normal(np.where(capture, -shift, shift) / 2, 1.0)
    findings = np.where(rng.random(2 * number) < 0.3, (rng.random(2 * number) < 0.2) * 1.0, np.nan)
    names = [(bool(kind), f"group {place % groups}") for place, kind in enumerate(capture)]
    return np.column_stack([logits, findings]), capture, names


NOTHING = np.zeros(120)


def test_a_fit_is_made_bounded_and_judged_on_groups_left_out():
    scores, capture, groups = local()
    found = refit(scores, capture, groups, NOTHING)
    assert found.fusion.terms[0].slope < 0
    assert found.bounds.lower < 0 < found.bounds.upper < np.log10(61)
    assert 0 < found.quality.cllr_min <= found.quality.cllr < 0.6
    assert found.before == pytest.approx(1)
    gain, low, high = found.gain
    assert gain == pytest.approx(1 - found.quality.cllr)
    assert low < gain < high


def test_it_is_held_against_the_fit_before():
    scores, capture, groups = local()
    perfect = np.where(capture, 3.0, -3.0)
    assert refit(scores, capture, groups, perfect).gain[0] < 0


def test_a_group_that_differs_costs_when_it_is_left_out():
    """Were pictures of the same camera on both sides, the fit would know this camera."""
    scores, capture, groups = local(120, 5)
    odd = np.array([group == (True, "group 0") for group in groups])
    scores[odd, 0] += 4.0
    found = refit(scores, capture, groups, np.zeros(240))
    fair = refit(*local(120, 5), np.zeros(240))
    assert found.quality.cllr > fair.quality.cllr + 0.1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"number": LEAST_PICTURES - 1}, ("pictures", True, LEAST_PICTURES - 1, LEAST_PICTURES)),
        ({"groups": LEAST_GROUPS - 1}, ("groups", True, LEAST_GROUPS - 1, LEAST_GROUPS)),
        ({"shift": -3.0}, ("direction",)),
    ],
)
def test_too_little_is_refused_with_the_numbers(arguments, reason):
    scores, capture, groups = local(**arguments)
    with pytest.raises(RefusedError) as refused:
        refit(scores, capture, groups, np.zeros(len(capture)))
    assert refused.value.args == reason


def test_one_class_is_refused():
    scores, capture, groups = local()
    with pytest.raises(RefusedError) as refused:
        refit(scores[capture], capture[capture], groups[:60], NOTHING[:60])
    assert refused.value.args == ("one_class", True)


def test_classes_with_different_scores_are_refused():
    """A model could only learn which files lack which score."""
    scores, capture, groups = local()
    scores[capture, 1], scores[~capture, 1] = np.nan, 0.0
    with pytest.raises(RefusedError) as refused:
        refit(scores, capture, groups, NOTHING)
    assert refused.value.args == ("no_common_scores",)


def test_noise_is_no_fit():
    scores, capture, groups = local(200, 20, shift=0.0, seed=11)
    with pytest.raises(RefusedError) as refused:
        refit(scores, capture, groups, np.zeros(400))
    assert refused.value.args[0] in ("nothing_shown", "direction")


def test_the_order_of_pictures_changes_nothing():
    scores, capture, groups = local()
    mixed = np.random.default_rng(2).permutation(120)
    one = refit(scores, capture, groups, NOTHING)
    other = refit(scores[mixed], capture[mixed], [groups[place] for place in mixed], NOTHING)
    assert one.quality.cllr == pytest.approx(other.quality.cllr)
    assert one.bounds == other.bounds
