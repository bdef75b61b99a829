"""The order of the queue: total, reproducible, and never lowered by what a file declares."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.model import ListKind, Origin
from tamis.triage import Band, KnownAs, MemberFacts, StackFacts, load_policy, order
from tamis.triage.neighbours import NONE, Kin

POLICY = load_policy()
SEED = bytes(32)
ALGORITHMS = ["md5", "sha1", "sha256", "pdq"]
DECLARED = ("labelled", "generator", "source_picture", "camera", "c2pa", "c2pa_invalid")
MEASURED = ("altered_region",)


def sha(number):
    return hashlib.sha256(str(number).encode()).digest()


members = st.builds(
    MemberFacts,
    sha256=st.integers(0, 50).map(sha),
    known=st.lists(
        st.builds(KnownAs, st.sampled_from(ListKind), st.sampled_from(ALGORITHMS)), max_size=2
    ).map(tuple),
    source_types=st.frozensets(st.sampled_from([*Origin, "unrecognised"]), max_size=2),
    labelled=st.booleans(),
    generator=st.booleans(),
    source_picture=st.booleans(),
    camera=st.booleans(),
    c2pa=st.booleans(),
    c2pa_invalid=st.booleans(),
    signed_capture=st.booleans(),
    signed_synthetic=st.booleans(),
    altered_region=st.booleans(),
    pixels=st.floats(-4, 4),
    conflict=st.booleans(),
    undecodable=st.booleans(),
    partly_examined=st.booleans(),
    decided=st.booleans(),
    judged=st.sampled_from(["", "", "capture", "synthetic", "hybrid"]),
    kin=st.builds(Kin, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x", "y"])),
)
stacks = st.lists(members, min_size=1, max_size=3).map(tuple)
cases = st.lists(stacks, min_size=1, max_size=8).map(
    lambda each: [StackFacts(sha(number), found) for number, found in enumerate(each)]
)
fractions = st.floats(0, 1)
policies = st.builds(
    lambda unknown, generated, signed, needs, near, weights: replace(
        POLICY,
        camera_of_capture=near[0],
        family_of_synthetic=near[1],
        family_needs=needs,
        unknown=unknown,
        generated=generated,
        signed_synthetic=signed,
        weights=dict(zip(POLICY.weights, weights, strict=True)),
    ),
    fractions,
    fractions,
    fractions,
    st.integers(1, 3),
    st.tuples(fractions, fractions),
    st.lists(fractions, min_size=len(POLICY.weights), max_size=len(POLICY.weights)),
)


def declare(member, declaration):
    if declaration in DECLARED:
        return replace(member, **{declaration: True})
    if declaration == "family":
        return replace(member, generator=True, kin=member.kin._replace(family="x"))
    if declaration == "serial":
        return replace(member, camera=True, kin=member.kin._replace(camera="a"))
    return replace(member, source_types=member.source_types | {declaration})


def ranks(places):
    return {place.sha256: place for place in places}


@given(
    cases,
    policies,
    st.sampled_from([*DECLARED, *Origin, "unrecognised", "family", "serial"]),
    st.data(),
)
def test_no_declaration_ever_lowers(case, policy, declaration, data):
    which = data.draw(st.integers(0, len(case) - 1))
    # What a person judged of a member counts for the family and the camera of its stack.
    stack = replace(
        case[which], members=tuple(replace(found, judged="") for found in case[which].members)
    )
    case[which] = stack
    member = data.draw(st.integers(0, len(stack.members) - 1))
    changed = list(stack.members)
    if declaration in ("family", "serial"):
        # Of several that a stack declares the first by name counts.
        changed = [replace(found, kin=NONE) for found in changed]
    if declaration == "family":
        # The name of a family comes with the claim of a generator. It takes back of what that
        # claim adds, so the claim as a whole is held against none.
        changed = [replace(found, generator=False, conflict=False) for found in changed]
    case[which] = stack = replace(stack, members=tuple(changed))
    changed[member] = declare(changed[member], declaration)
    before = ranks(order(case, policy, SEED))[stack.sha256]
    case[which] = replace(stack, members=tuple(changed))
    after = ranks(order(case, policy, SEED))[stack.sha256]
    assert after.priority >= before.priority
    assert after.rank <= before.rank
    assert after.band is before.band


@given(cases, policies, members, st.data())
def test_one_more_member_never_lowers_the_band(case, policy, extra, data):
    which = data.draw(st.integers(0, len(case) - 1))
    before = ranks(order(case, policy, SEED))[case[which].sha256]
    case[which] = replace(case[which], members=(*case[which].members, extra))
    after = ranks(order(case, policy, SEED))[case[which].sha256]
    assert policy.bands.index(after.band) <= policy.bands.index(before.band)


@given(cases, policies, st.randoms())
def test_order_is_total_and_depends_on_the_facts_alone(case, policy, random):
    places = order(case, policy, SEED)
    assert [place.rank for place in places] == list(range(1, len(case) + 1))
    assert sorted(place.sha256 for place in places) == sorted(stack.sha256 for stack in case)
    assert all(0 <= place.priority <= 1 and place.reasons for place in places)
    keys = [(policy.bands.index(place.band), -place.priority) for place in places]
    assert keys == sorted(keys)
    random.shuffle(case)
    assert order(case, policy, SEED) == places


@given(cases, policies, st.floats(-4, 4), st.data())
def test_what_looks_more_like_a_capture_never_comes_later(case, policy, ratio, data):
    which = data.draw(st.integers(0, len(case) - 1))
    stack = case[which]
    first = stack.members[0]
    before = ranks(order(case, policy, SEED))[stack.sha256]
    changed = replace(first, pixels=max(ratio, first.pixels))
    case[which] = replace(stack, members=(changed, *stack.members[1:]))
    after = ranks(order(case, policy, SEED))[stack.sha256]
    assert after.priority >= before.priority
    assert after.rank <= before.rank
    assert after.band is before.band


def test_ties_depend_on_the_seed():
    case = [StackFacts(sha(number), (MemberFacts(sha(number)),)) for number in range(50)]
    one = [place.sha256 for place in order(case, POLICY, SEED)]
    other = [place.sha256 for place in order(case, POLICY, b"another")]
    assert one != other
    assert sorted(one) == sorted(other)
    assert one != sorted(one)


def place(*members):
    (found,) = order([StackFacts(sha(0), members)], POLICY, SEED)
    return found


def member(*known, **facts):
    matches = tuple(KnownAs(ListKind(kind), algorithm) for kind, algorithm in known)
    return MemberFacts(sha(1), known=matches, **facts)


UNKNOWN = place(member())


def test_pixels_say_from_where_reasons_raise():
    # Bayes: prior odds of one, times ten, or a fifth.
    assert place(member(pixels=1.0)).priority == pytest.approx(10 / 11)
    assert place(member(pixels=-0.69897)).priority == pytest.approx(1 / 6, rel=1e-4)
    assert place(member(pixels=1.0)).reasons == ("pixels_capture",)
    assert place(member(pixels=-0.5)).reasons == ("pixels_synthetic",)
    assert place(member(pixels=0.1)).reasons == ("unknown",)
    both = place(member(pixels=-0.5, camera=True))
    assert both.reasons == ("camera", "pixels_synthetic")
    assert both.priority > place(member(pixels=-0.5)).priority


def test_of_a_stack_the_member_that_looks_most_like_a_capture_counts():
    assert place(member(pixels=-1.0), member(pixels=0.5)) == place(member(pixels=0.5))
    assert place(member(pixels=-1.0), member()).priority == UNKNOWN.priority


def test_a_conflict_raises():
    stamped = place(member(pixels=0.5, generator=True, conflict=True))
    assert stamped.priority > place(member(pixels=0.5)).priority
    assert stamped.reasons == ("conflict", "pixels_capture", "generator")


ILLEGAL = ("illegal", "sha256")
BENIGN = ("benign", "sha1")
GENERATED = ("generated", "md5")


@pytest.mark.parametrize(
    ("members", "band", "reasons"),
    [
        ((member(),), Band.OPEN, ("unknown",)),
        ((member(ILLEGAL),), Band.ILLEGAL, ("known_illegal",)),
        ((member(ILLEGAL), member(ILLEGAL)), Band.ILLEGAL, ("known_illegal",)),
        ((member(ILLEGAL), member()), Band.OPEN, ("unknown",)),
        ((member(BENIGN),), Band.BENIGN, ("known_benign",)),
        ((member(BENIGN), member()), Band.OPEN, ("unknown",)),
        ((member(BENIGN), member(ILLEGAL)), Band.ILLEGAL, ("known_illegal",)),
        ((member(BENIGN, ILLEGAL),), Band.ILLEGAL, ("known_illegal",)),
        ((member(("illegal", "pdq")),), Band.OPEN, ("near_illegal",)),
        ((member(("benign", "pdq")),), Band.OPEN, ("near_benign",)),
        ((member(("generated", "pdq")),), Band.OPEN, ("near_generated",)),
        ((member(GENERATED),), Band.OPEN, ("generated",)),
        ((member(GENERATED), member()), Band.OPEN, ("unknown",)),
        ((member(("protected", "pdq")),), Band.PROTECTED, ("protected",)),
        ((member(("protected", "pdq"), BENIGN),), Band.PROTECTED, ("protected",)),
        ((member(BENIGN), member(("protected", "pdq"))), Band.PROTECTED, ("protected",)),
        ((member(decided=True),), Band.DECIDED, ("decided",)),
        ((member(("protected", "pdq"), decided=True),), Band.DECIDED, ("decided",)),
        ((member(decided=True), member()), Band.OPEN, ("unknown",)),
        (
            (member(decided=True, judged="capture"), member()),
            Band.OPEN,
            ("confirmed_capture",),
        ),
        ((member(generator=True, c2pa=True),), Band.OPEN, ("c2pa", "generator")),
        ((member(generator=True, camera=True),), Band.OPEN, ("conflict", "camera", "generator")),
        (
            (member(labelled=True, camera=True),),
            Band.OPEN,
            ("conflict", "camera", "synthetic_declared"),
        ),
        (
            (member(generator=True), member(camera=True)),
            Band.OPEN,
            ("conflict", "camera", "generator"),
        ),
        (
            (member(source_types=frozenset({"trainedAlgorithmicMedia", "digitalCapture"})),),
            Band.OPEN,
            ("conflict", "capture_declared", "synthetic_declared"),
        ),
        (
            (member(source_types=frozenset({"compositeWithTrainedAlgorithmicMedia"})),),
            Band.OPEN,
            ("hybrid",),
        ),
        ((member(altered_region=True),), Band.OPEN, ("altered_region",)),
        ((member(undecodable=True),), Band.OPEN, ("undecodable",)),
        ((member(partly_examined=True),), Band.OPEN, ("partly_examined",)),
        ((member(source_picture=True),), Band.OPEN, ("source_picture",)),
        ((member(GENERATED, camera=True),), Band.OPEN, ("camera", "generated")),
        ((member(c2pa_invalid=True, c2pa=True),), Band.OPEN, ("c2pa_invalid", "c2pa")),
        ((member(signed_capture=True),), Band.OPEN, ("signed_capture",)),
        ((member(signed_synthetic=True),), Band.OPEN, ("signed_synthetic",)),
        ((member(signed_synthetic=True), member()), Band.OPEN, ("unknown",)),
        (
            (member(signed_synthetic=True), member(GENERATED)),
            Band.OPEN,
            ("signed_synthetic", "generated"),
        ),
    ],
)
def test_bands_and_reasons(members, band, reasons):
    found = place(*members)
    assert (found.band, found.reasons) == (band, reasons)


@pytest.mark.parametrize(
    "facts",
    [
        {"camera": True},
        {"source_picture": True},
        {"altered_region": True},
        {"undecodable": True},
        {"partly_examined": True},
        {"source_types": frozenset({"digitalCapture"})},
        {"source_types": frozenset({"compositeWithTrainedAlgorithmicMedia"})},
    ],
)
def test_what_raises(facts):
    assert place(member(**facts)).priority > UNKNOWN.priority


@pytest.mark.parametrize("declaration", DECLARED + MEASURED)
def test_stacks_that_differ_in_one_fact_are_judged_apart(declaration):
    case = [
        StackFacts(sha(1), (member(),)),
        StackFacts(sha(2), (member(**{declaration: True}),)),
    ]
    reasons = {place.sha256: place.reasons for place in order(case, POLICY, SEED)}
    assert reasons[sha(1)] == ("unknown",)
    assert reasons[sha(2)] != ("unknown",)


def test_only_who_vouches_for_all_members_lowers():
    signed = member(signed_synthetic=True)
    assert place(signed).priority < UNKNOWN.priority
    assert place(signed, member(GENERATED)).priority < UNKNOWN.priority
    assert place(signed, member()).priority == UNKNOWN.priority
    strict = replace(POLICY, signed_synthetic=1.0)
    (found,) = order([StackFacts(sha(0), (signed, member(GENERATED)))], strict, SEED)
    assert found.priority == UNKNOWN.priority  # the weaker of the two counts


def test_only_an_identical_copy_of_listed_generated_media_lowers():
    assert place(member(GENERATED)).priority < UNKNOWN.priority
    assert place(member(("generated", "pdq"))).priority == UNKNOWN.priority
    assert place(member(generator=True)).priority == UNKNOWN.priority
    assert place(member(GENERATED), member()).priority == UNKNOWN.priority


def test_bands_follow_one_another():
    case = [
        StackFacts(sha(1), (member(BENIGN, camera=True),)),
        StackFacts(sha(2), (member(decided=True, camera=True),)),
        StackFacts(sha(3), (member(ILLEGAL, camera=True),)),
        StackFacts(sha(4), (member(),)),
        StackFacts(sha(5), (member(("protected", "pdq")),)),
    ]
    assert [found.sha256 for found in order(case, POLICY, SEED)] == [
        sha(n) for n in (5, 4, 3, 2, 1)
    ]


def test_policy_decides_which_hashes_prove_identity():
    strict = replace(POLICY, identical=frozenset({"sha256"}))
    (found,) = order([StackFacts(sha(0), (member(BENIGN),))], strict, SEED)
    assert (found.band, found.reasons) == (Band.OPEN, ("near_benign",))
