"""What labels of a sample make of it: gaps, revisions, finds elsewhere, and plans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.triage.elusion import most_real, most_real_stated
from tamis.triage.unseen import (
    Bound,
    Counted,
    Tail,
    bound,
    label,
    plan,
    stated,
    usual_goals,
)


def tail_of(places, labels, judged=0, real=0):
    """A tail, with so many judged outside the sample."""
    known = [each for each in labels if each is not None]
    return Tail(places, len(known) + judged, known.count(True) + real)


@pytest.mark.parametrize(
    ("decided", "categories", "expected"),
    [
        ([], (), None),
        ([("capture", None)], (), True),
        ([("hybrid", "2")], (), True),
        ([("synthetic", None)], (), False),
        ([("graphic", None)], (), False),
        ([(None, "1")], (), None),
        ([("synthetic", None), (None, "1")], (), False),
        ([("capture", None), ("synthetic", None)], (), True),
        ([("synthetic", None), ("capture", None)], (), True),
        ([("capture", "1")], ("1",), True),
        ([("capture", None), (None, "1")], ("1", "2"), True),
        ([("capture", "1"), ("synthetic", "3")], ("1",), True),
        ([("capture", "3")], ("1",), False),
        ([("capture", None)], ("1",), None),
        ([(None, "1")], ("1",), None),
        ([(None, "3")], ("1",), False),
        ([("synthetic", None)], ("1",), False),
        ([("synthetic", "1")], ("1",), False),
    ],
)
def test_decisions_become_a_label(decided, categories, expected):
    assert label(decided, categories) is expected


def test_a_sample_judged_as_a_whole():
    labels = [False, True, False, False]
    found = bound(tail_of(20, labels), labels, 0.95)
    assert found == Bound(most_real(20, 4, 1) - 1, Counted(4, 1, 0), broken=False)
    assert stated(tail_of(20, labels), labels, 0.95) == most_real_stated(20, 4, 1) - 1


def test_nothing_judged_says_nothing():
    labels = [None] * 5
    assert bound(tail_of(20, labels), labels, 0.95).remaining == 20
    assert stated(tail_of(20, labels), labels, 0.95) is None
    assert stated(tail_of(20, []), [], 0.95) is None


def test_what_was_passed_over_counts_as_real_or_ends_the_sample():
    one_gap = [False] * 60 + [None] + [False] * 60 + [None] * 9
    assert bound(tail_of(500, one_gap), one_gap, 0.95).counted == Counted(121, 1, 1)
    many = [False] * 60 + [None] * 60 + [False]
    assert bound(tail_of(500, many), many, 0.95).counted == Counted(60, 0, 0)
    # Whoever judges only what looks harmless leaves the other half of the sample as real.
    harmless = [False if number % 2 else None for number in range(200)]
    assert bound(tail_of(500, harmless), harmless, 0.95).remaining == most_real(500, 200, 100)


def test_finds_outside_the_sample_no_longer_remain():
    labels = [False] * 100
    alone = bound(tail_of(1000, labels), labels, 0.95).remaining
    helped = bound(tail_of(1000, labels, judged=10, real=3), labels, 0.95)
    assert (helped.remaining, helped.broken) == (alone - 3, False)


def test_more_finds_than_the_sample_allows_for_break_it():
    labels = [False] * 100
    allowed = most_real(1000, 100, 0)
    found = bound(tail_of(1000, labels, judged=allowed + 1, real=allowed + 1), labels, 0.95)
    assert (found.remaining, found.broken) == (1000 - 100 - allowed - 1, True)
    assert stated(tail_of(1000, labels, judged=99, real=99), labels, 0.95) is None


labels_of_samples = st.lists(st.sampled_from([True, False, False, None]), max_size=60)


@given(labels_of_samples, st.integers(1, 100), st.data())
def test_no_gap_makes_more_certain_than_any_way_to_fill_it(labels, more, data):
    places = len(labels) + more
    told = bound(tail_of(places, labels), labels, 0.95)
    filled = [data.draw(st.booleans()) if each is None else each for each in labels]
    counted = told.counted.looked_at
    total = most_real(places, counted, filled[:counted].count(True))
    # As long as nobody has judged them, the real ones among the gaps remain.
    unjudged = more + labels.count(None)
    assert told.remaining >= min(total - labels.count(True), unjudged)


@given(labels_of_samples, st.integers(0, 100), st.integers(1, 20), st.randoms())
def test_a_plan_leads_where_it_says(labels, more, goal, random):
    places = len(labels) + more
    tail = tail_of(places, labels)
    made = plan(tail, labels, goal, 0.95)
    assert (made.more == 0) == (bound(tail, labels, 0.95).remaining < goal)
    for real, number in ((0, made.more), *made.if_found):
        assert real <= number <= tail.unjudged
        to_come = [True] * real + [False] * (number - real)
        random.shuffle(to_come)
        done = [*labels, *[None] * more]  # everything drawn, and judged in this order
        for position, each in enumerate(done):
            if each is None and to_come:
                done[position] = to_come.pop()
        assert bound(tail_of(places, done), done, 0.95).remaining < goal


def test_a_plan_before_anything_is_drawn():
    made = plan(Tail(4000, 0, 0), (), 40, 0.95)
    assert made.more == 324
    assert dict(made.if_found)[1] > made.more
    assert most_real(4000, 324, 0) == 39
    assert [real for real, _ in plan(Tail(3, 0, 0), (), 1, 0.95).if_found] == [1, 2]


def test_usual_goals():
    assert usual_goals(Tail(40_000, 0, 0)) == [1, 40, 400]
    assert usual_goals(Tail(5, 0, 0)) == [1]
