"""Decisions move neighbours, within limits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.triage import MemberFacts, StackFacts, load_policy, order
from tamis.triage.neighbours import CAMERA, FAMILY, Confirmed, Kin, Standing, confirmed, moved

POLICY = load_policy()
BODY, MODEL = Kin(camera="ACME 1"), Kin(family="tool of a model")


def stack(number, **facts):
    digest = hashlib.sha256(str(number).encode()).digest()
    return StackFacts(digest, (MemberFacts(digest, **facts),))


def placed(*stacks):
    found = {place.sha256: place for place in order(stacks, POLICY, bytes(32))}
    return [found[item.sha256] for item in stacks]


def test_a_confirmed_capture_raises_others_of_its_camera():
    judged = stack(0, camera=True, kin=BODY, decided=True, judged="capture")
    other, stranger = stack(1, camera=True, kin=BODY), stack(2, camera=True, kin=Kin("ACME 2"))
    _, raised, left = placed(judged, other, stranger)
    assert raised.priority == pytest.approx(1 - (1 - left.priority) * 0.5)
    assert raised.rank < left.rank
    assert raised.reasons == (*left.reasons, CAMERA)


def test_a_family_needs_several_judgements_and_no_other():
    few = [(MODEL, "synthetic")] * (POLICY.family_needs - 1)
    assert confirmed(few, POLICY).families == set()
    enough = [*few, (MODEL, "synthetic")]
    assert confirmed(enough, POLICY).families == {MODEL.family}
    for other in ("capture", "hybrid", "graphic"):
        assert confirmed([*enough, (MODEL, other)], POLICY).families == set()


def test_of_a_confirmed_family_conflict_counts_less():
    judged = [
        stack(number, generator=True, kin=MODEL, decided=True, judged="synthetic")
        for number in range(POLICY.family_needs)
    ]
    other = stack(100, generator=True, conflict=True, pixels=0.4, kin=MODEL)
    stranger = stack(101, generator=True, conflict=True, pixels=0.4)
    unstamped = stack(102, pixels=0.4)
    *_, fallen, left, plain = placed(*judged, other, stranger, unstamped)
    assert plain.priority < fallen.priority < left.priority
    assert fallen.reasons == (*left.reasons, FAMILY)


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
    st.booleans(),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_no_neighbour_takes_more_than_conflict_gave(floor, more, camera, family, raising, left):
    own = floor + more * (1 - floor)
    standing = Standing(0, floor, own, (), Kin("a", "x"))
    policy = replace(POLICY, camera_of_capture=raising, family_of_synthetic=left)
    found = Confirmed(frozenset("a" if camera else ""), frozenset("x" if family else ""))
    priority, code = moved(standing, found, policy)
    assert floor - 1e-12 <= priority <= 1 + 1e-12
    if camera:
        assert priority >= own - 1e-12
    assert code == (CAMERA if camera else FAMILY if family else "")


def test_who_knows_of_no_kin_is_not_moved():
    found = Confirmed(frozenset({""}), frozenset({""}))
    standing = Standing(0, 0.5, 0.8, ())
    assert moved(standing, found, POLICY) == (0.8, "")
    assert confirmed([(Kin(), "capture"), (Kin(), "synthetic")], POLICY) == Confirmed()
