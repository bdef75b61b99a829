"""The bounds of the elusion test: exact values, properties, and coverage."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.triage.elusion import (
    draw_order,
    most_real,
    most_real_stated,
    sample_size,
    seed_of_test,
)

BOUNDS = [most_real, most_real_stated]
confidences = st.sampled_from([0.51, 0.8, 0.9, 0.95, 0.99, 0.9999])


@st.composite
def samples(draw, most=400):
    places = draw(st.integers(1, most))
    looked_at = draw(st.integers(0, places))
    return places, looked_at, draw(st.integers(0, looked_at))


def at_most(places, looked_at, real, total):
    """The probability to find at most so many, by counting samples."""
    ways = sum(
        math.comb(total, found) * math.comb(places - total, looked_at - found)
        for found in range(real + 1)
        if found <= looked_at
    )
    return Fraction(ways, math.comb(places, looked_at))


def weight(total):
    """Of beta-binomial(1/4, 1), but for a factor: the coefficients of (1 - z)^(-1/4)."""
    found = Fraction(1)
    for number in range(total):
        found *= (Fraction(1, 4) + number) / (number + 1)
    return found


def probability(places, looked_at, real, total):
    """Of one order of real and other pictures; that of every other order is the same."""
    found = Fraction(1)
    for number in range(real):
        found *= max(0, total - number)
    for number in range(looked_at - real):
        found *= max(0, places - total - number)
    return found / math.perm(places, looked_at)


def evidence(places, looked_at, real, total):
    """As the docstring defines it; None where the total is impossible."""
    if (below := probability(places, looked_at, real, total)) == 0:
        return None
    smaller = range(total)
    told = sum(weight(j) * probability(places, looked_at, real, j) for j in smaller)
    return told / sum(weight(j) for j in smaller) / below if total else Fraction(0)


def test_ten_places_five_looked_at_by_hand():
    # None of five is real. Were K of ten real: K = 3: 7·6·5·4·3 / 10·9·8·7·6 = 1/12 = 0.083;
    # K = 4: 6·5·4·3·2 / 10·9·8·7·6 = 1/42 = 0.024 < 0.05.
    assert most_real_stated(10, 5, 0) == 3
    # Weights 1, 1/4, 5/32, 15/128; likelihoods 1, 1/2, 2/9, 1/12, 1/42. The evidence against 3 is
    # (1 + 1/8 + 5/144) / (45/32) · 12 = 9.9, against 4 32.2 > 20.
    assert most_real(10, 5, 0) == 3
    assert evidence(10, 5, 0, 3) == (1 + Fraction(1, 8) + Fraction(5, 144)) * 12 / Fraction(45, 32)
    assert float(evidence(10, 5, 0, 4)) == pytest.approx(32.24, abs=0.01)


def test_to_be_sure_of_none_by_hand():
    # One real picture among 1000 escapes 950 draws with 5 %: one draw more makes it less.
    assert most_real_stated(1000, 949, 0) == 1
    assert most_real_stated(1000, 951, 0) == 0
    # Against one, both say the same: nothing but none is smaller.
    assert sample_size(1000, 0, 0, 1) == 951


def test_the_bounds_without_a_sample_or_after_looking_at_everything():
    for bound in BOUNDS:
        assert bound(7, 0, 0) == 7
        assert bound(7, 7, 3) == 3
        assert bound(0, 0, 0) == 0


@pytest.mark.parametrize("confidence", [0.6, 0.95])
@pytest.mark.parametrize("places", [1, 2, 7, 12])
def test_both_bounds_are_those_of_their_definition(places, confidence):
    risk = 1 - Fraction(str(confidence))
    for looked_at in range(places + 1):
        for real in range(looked_at + 1):
            totals = range(places + 1)
            against = {total: evidence(places, looked_at, real, total) for total in totals}
            left = [k for k, found in against.items() if found is not None and found < 1 / risk]
            assert most_real(places, looked_at, real, confidence) == max(left)
            chances = {k: at_most(places, looked_at, real, k) for k in totals}
            if risk not in chances.values():  # there rounding may decide, towards caution
                kept = [k for k in totals if chances[k] > risk]
                assert most_real_stated(places, looked_at, real, confidence) == max(kept)


def test_the_probability_is_that_of_all_samples():
    for total in range(7):
        tails = [[place < total for place in chosen] for chosen in combinations(range(6), 3)]
        for real in range(4):
            share = Fraction(sum(sum(tail) <= real for tail in tails), len(tails))
            assert at_most(6, 3, real, total) == share
    orders = list(permutations([True, True, False, False, False]))
    share = Fraction(sum(order[:3] == (True, False, False) for order in orders), len(orders))
    assert probability(5, 3, 1, 2) == share


@given(samples(), confidences, st.sampled_from(BOUNDS))
def test_a_bound_is_possible_and_grows_with_finds_and_confidence(sample, confidence, bound):
    places, looked_at, real = sample
    found = bound(places, looked_at, real, confidence)
    assert real <= found <= places - looked_at + real
    assert bound(places, looked_at, real, (1 + confidence) / 2) >= found
    if real < looked_at:
        more = bound(places, looked_at, real + 1, confidence)
        assert more >= found
        # A find takes one from what remains, and never makes the bound on the rest smaller.
        assert more - (real + 1) >= found - real or more == places - looked_at + real + 1


@given(samples(), confidences, st.sampled_from(BOUNDS))
def test_another_picture_looked_at_never_loosens_a_bound(sample, confidence, bound):
    places, looked_at, real = sample
    if looked_at < places:
        assert bound(places, looked_at + 1, real, confidence) <= bound(
            places, looked_at, real, confidence
        )


@given(samples(), confidences)
def test_freedom_to_look_again_has_a_price(sample, confidence):
    assert most_real(*sample, confidence) >= most_real_stated(*sample, confidence)


@given(samples(), confidences, st.integers(1, 50))
def test_the_planned_size_is_the_smallest(sample, confidence, spare):
    places, looked_at, real = sample
    goal = real + spare
    size = sample_size(places, looked_at, real, goal, confidence)
    assert looked_at <= size <= places
    assert most_real(places, size, real, confidence) < goal
    if size > looked_at:
        assert most_real(places, size - 1, real, confidence) >= goal


def test_a_tail_of_a_million():
    assert most_real(10**6, 3000, 0) == 1131
    # By the product of the probabilities that each draw is another picture.
    kept, excluded = (
        math.prod(1 - total / (10**6 - drawn) for drawn in range(3000)) for total in (996, 997)
    )
    assert excluded < 0.05 < kept
    assert most_real_stated(10**6, 3000, 0) == 996
    assert most_real(10**6, 10, 9) > 900_000
    assert most_real(10**6, 3000, 1) > 1131


@pytest.mark.parametrize(
    "wrong", [(5, 6, 0, 0.95), (5, 3, 4, 0.95), (5, 3, -1, 0.95), (5, 3, 1, 0.5), (5, 3, 1, 1.0)]
)
def test_what_cannot_be_is_refused(wrong):
    for bound in BOUNDS:
        with pytest.raises(ValueError, match=r"cannot be|confidence"):
            bound(*wrong)
    with pytest.raises(ValueError, match=r"cannot be|confidence"):
        sample_size(*wrong[:3], 10, wrong[3])
    with pytest.raises(ValueError, match="cannot be"):
        sample_size(5, 3, 1, 1)


def missed_at_any_time(places, total, bound, confidence):
    """The exact probability that the bound is below the truth after some draw."""
    reached = {0: 1.0}  # by the real ones found, of those never missed so far
    missed = 0.0
    for looked_at in range(places + 1):
        for real in [
            real for real in reached if bound(places, looked_at, real, confidence) < total
        ]:
            missed += reached.pop(real)
        following: dict[int, float] = {}
        for real, chance in reached.items():
            left = places - looked_at
            for found, ways in ((1, total - real), (0, left - (total - real))):
                if ways:
                    following[real + found] = (
                        following.get(real + found, 0.0) + chance * ways / left
                    )
        reached = following
    return missed


@pytest.mark.parametrize("confidence", [0.6, 0.95])
@pytest.mark.parametrize("places", [6, 25, 60])
def test_whoever_looks_after_every_draw_is_wrong_as_seldom_as_promised(places, confidence):
    """Exactly, by going through everything that can be drawn; so for every rule of stopping."""
    worst = max(
        missed_at_any_time(places, total, most_real, confidence) for total in range(places + 1)
    )
    assert worst <= 1 - confidence


def test_the_bound_for_a_stated_size_does_not_stand_looking_again():
    worst = max(missed_at_any_time(60, total, most_real_stated, 0.95) for total in range(61))
    assert worst > 0.15


@pytest.mark.parametrize("places", [6, 25, 60])
def test_the_bound_for_a_stated_size_is_wrong_as_seldom_as_promised(places):
    for total in range(places + 1):
        for looked_at in range(places + 1):
            wrong = sum(
                math.comb(total, real) * math.comb(places - total, looked_at - real)
                for real in range(min(total, looked_at) + 1)
                if looked_at - real <= places - total
                and most_real_stated(places, looked_at, real) < total
            )
            assert wrong <= 0.05 * math.comb(places, looked_at) * (1 + 1e-6)


CASES, PLACES = 1000, 4000
LOOKS = np.array([*range(1, 100), *range(100, PLACES + 1, 20)])


@pytest.mark.parametrize("total", [0, 1, PLACES // 1000, PLACES // 100, PLACES // 10])
def test_coverage_in_a_thousand_cases(total):
    """At prevalences of 0, one, 0.1 %, 1 % and 10 %, with and without stopping when it pleases."""
    random = np.random.default_rng([2026, total])
    tails = random.permuted(np.tile(np.arange(PLACES) < total, (CASES, 1)), axis=1)
    found = tails.cumsum(axis=1)[:, LOOKS - 1]
    known: dict[tuple[int, int], int] = {}

    def bounds(look, real):
        if (look, real) not in known:
            known[look, real] = most_real(PLACES, look, real)
        return known[look, real]

    bound = np.array([[bounds(*pair) for pair in zip(LOOKS, row, strict=True)] for row in found])
    error = 3 * math.sqrt(0.95 * 0.05 / CASES)
    assert (bound >= total).all(axis=1).mean() >= 0.95 - error  # whatever the rule of stopping
    # Stopping as soon as fewer than 1 % seem to remain, of which there is a moment in every case.
    pleased = (bound - found < PLACES // 100).argmax(axis=1)
    assert (bound[np.arange(CASES), pleased] >= total).mean() >= 0.95 - error
    stated = {real: most_real_stated(PLACES, 300, real) for real in set(found[:, 109].tolist())}
    assert LOOKS[109] == 300
    assert np.mean([stated[real] >= total for real in found[:, 109].tolist()]) >= 0.95 - error


def test_the_order_of_drawing_depends_on_the_seed_alone():
    seed = seed_of_test(b"secret", 1)
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(40)]
    order = draw_order(seed, digests)
    assert sorted(order) == list(range(40))
    turned = digests[::-1]
    assert [turned[index] for index in draw_order(seed, turned)] == [
        digests[index] for index in order
    ]
    assert seed_of_test(b"secret", 2) != seed != seed_of_test(b"other", 1)
    assert draw_order(seed_of_test(b"secret", 2), digests) != order


def test_every_place_is_as_likely_to_be_drawn_first():
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(10)]
    firsts = [draw_order(seed_of_test(b"secret", test), digests)[0] for test in range(5000)]
    counts = np.bincount(firsts, minlength=10)
    # Chi-squared with 9 degrees of freedom exceeds 27.9 with a probability of 0.001.
    assert ((counts - 500) ** 2 / 500).sum() < 27.9
