"""From claim to place: whatever a file adds to what it says, it never stands later.

The properties of the order alone are in ``tests/triage/test_queue.py``; here a claim also changes
the assessment, and with it whether pixels and declarations are in conflict.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tamis.assess import declarations
from tamis.assess.assessment import assess
from tamis.examinations.provenance.claims import Claims
from tamis.model import Origin
from tamis.triage import MemberFacts, StackFacts, load_policy, order

POLICY = load_policy()
STAMPS = (
    "labelled", "generator", "unrecognised_generator", "c2pa_generator", "watermark",
    "source_picture", "camera", "untouched",
)  # fmt: skip
NOTHING = Claims(
    source_types=frozenset(), c2pa_state="", c2pa_types=frozenset(), iptc_types=frozenset(),
    signed_types=frozenset(), labelled=False, generator=False, unrecognised_generator=False,
    c2pa_generator=False, signed_generator=False, watermark=False, source_picture=False,
    camera=False, untouched=False, of_something=False,
)  # fmt: skip


def stamped(said: Claims, stamp: str) -> Claims:
    """The same file with one claim more; nobody whom the site trusts has signed anything."""
    if stamp in STAMPS:
        said = replace(said, **{stamp: True})
        manifest = stamp == "c2pa_generator"
        return replace(said, c2pa_state="valid") if manifest else said
    kind, _, term = stamp.partition(":")
    said = replace(said, source_types=said.source_types | {term})
    if kind == "iptc":
        return replace(said, iptc_types=said.iptc_types | {term})
    return replace(said, c2pa_types=said.c2pa_types | {term}, c2pa_state="valid")


stamps = st.sampled_from(
    [*STAMPS, *(f"{kind}:{term}" for kind in ("iptc", "c2pa") for term in Origin)]
)
files = st.tuples(st.lists(stamps, max_size=3), st.none() | st.floats(-1.5, 1.5), st.booleans())


def claimed(found: list[str]) -> Claims:
    said = NOTHING
    for stamp in found:
        said = stamped(said, stamp)
    return said


def facts(number: int, said: Claims, ratio: float | None, altered: bool) -> StackFacts:
    """As `tamis.pipeline.stack_facts` gathers them."""
    assessed = assess(declarations.weigh(said), {} if ratio is None else {"network": ratio})
    sha256 = hashlib.sha256(b"%d" % number).digest()
    member = MemberFacts(
        sha256=sha256,
        source_types=said.source_types,
        labelled=said.labelled,
        generator=said.of_generator,
        source_picture=said.source_picture,
        camera=said.camera or said.untouched,
        c2pa=bool(said.c2pa_state),
        altered_region=altered,
        pixels=assessed.pixels or 0.0,
        conflict=assessed.conflict,
    )
    return StackFacts(sha256, (member,))


@given(st.lists(files, min_size=1, max_size=8), stamps, st.data())
def test_one_claim_more_never_puts_a_file_later(case, stamp, data):
    which = data.draw(st.integers(0, len(case) - 1))
    before = [facts(number, claimed(said), *rest) for number, (said, *rest) in enumerate(case)]
    said, *rest = case[which]
    after = list(before)
    after[which] = facts(which, stamped(claimed(said), stamp), *rest)
    was, now = (
        next(place for place in order(each, POLICY, bytes(32)) if place.sha256 == own.sha256)
        for each, own in ((before, before[which]), (after, after[which]))
    )
    assert now.rank <= was.rank
    assert now.priority >= was.priority


@given(st.lists(files, min_size=2, max_size=9), stamps)
def test_a_stamp_on_many_files_lets_none_pass_that_was_left_alone(case, stamp):
    """Whoever stamps half of a case moves nothing of it behind the other half."""
    half = len(case) // 2
    before = [facts(number, claimed(said), *rest) for number, (said, *rest) in enumerate(case)]
    after = [
        facts(number, stamped(claimed(said), stamp), *rest) if number < half else before[number]
        for number, (said, *rest) in enumerate(case)
    ]
    places = [
        {place.sha256: place.rank for place in order(each, POLICY, bytes(32))}
        for each in (before, after)
    ]
    for target in before[:half]:
        ahead = [
            {one.sha256 for one in before[half:] if ranks[one.sha256] < ranks[target.sha256]}
            for ranks in places
        ]
        assert ahead[1] <= ahead[0]
