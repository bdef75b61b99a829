"""What is dealt to a person: everything, once, and now and then something from further down."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tamis.triage.mixing import EVERY, mixed


def tie(place: int) -> bytes:
    return hashlib.sha256(b"%d" % place).digest()


@given(st.integers(0, 400), st.integers(2, 20))
def test_every_place_is_dealt_once(number, every):
    dealt = list(mixed(range(number), tie, every))
    assert sorted(dealt) == list(range(number))


@given(st.integers(0, 400), st.integers(2, 20))
def test_nothing_comes_much_later(number, every):
    for position, place in enumerate(mixed(range(number), tie, every)):
        assert position <= place * every / (every - 1)


def test_some_are_from_the_later_half():
    first = list(mixed(range(1000), tie))[: 10 * EVERY]
    later = [place for place in first if place >= 500]
    assert len(later) == 10
    assert later != sorted(later)  # drawn, not taken in order
    assert [place for place in first if place < 500] == list(range(10 * EVERY - 10))
