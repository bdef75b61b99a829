"""The order of review, with the reason for each place.

Pure: facts in, places out. Two principles hold whatever the policy says. Nothing is dropped: every
stack has a place. And nothing a file declares of itself lowers it: a declaration can only add a
reason, and reasons only raise; the band and the factors that lower depend on nothing but hash
lists, on signers whom the site trusts, and on what a person decided. From where the reasons raise
is a matter of the pixels, which no declaration touches.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING

from tamis.assess.verbal import support
from tamis.model import ListKind
from tamis.model.origin import CAPTURES, HYBRIDS, SYNTHETICS
from tamis.triage.neighbours import NONE, Kin, Standing, confirmed, moved
from tamis.triage.policy import Band

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tamis.triage.policy import Policy


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A match with a hash list: its kind, and the algorithm that matched."""

    kind: ListKind
    algorithm: str


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What the order may depend on, for one media of a stack.

    Args:
        sha256: of the media.
        known: its matches.
        source_types: IPTC digital source types it declares.
        labelled: it carries a label, prescribed by law, that a model made it.
        generator: it carries the metadata or the watermark of a generator.
        source_picture: it declares that a model made it from another picture.
        camera: it carries the metadata of a camera.
        c2pa: it carries a C2PA manifest.
        c2pa_invalid: which does not belong to it as it is now.
        signed_capture: a signer whom the site trusts says that a camera captured it.
        signed_synthetic: a signer whom the site trusts says that a model made it, and nothing in
            the file says that it was made from another picture.
        altered_region: a region of it stands out of the history of the rest.
        pixels: log10 likelihood ratio of its pixels, above 0 for capture; 0 where they say nothing.
        lean: the same before it was bounded: it orders what the bounds make equal.
        conflict: it claims synthesis, and its pixels or something else it claims support capture.
        undecodable: nothing could be decoded.
        partly_examined: some examination failed.
        decided: a person has decided on it.
        judged: the origin that person judged it to have; empty where none was judged.
        kin: by what it is a neighbour of others.
    """

    sha256: bytes
    known: tuple[KnownAs, ...] = ()
    source_types: frozenset[str] = frozenset()
    labelled: bool = False
    generator: bool = False
    source_picture: bool = False
    camera: bool = False
    c2pa: bool = False
    c2pa_invalid: bool = False
    signed_capture: bool = False
    signed_synthetic: bool = False
    altered_region: bool = False
    pixels: float = 0.0
    lean: float = 0.0
    conflict: bool = False
    undecodable: bool = False
    partly_examined: bool = False
    decided: bool = False
    judged: str = ""
    kin: Kin = NONE


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What the order may depend on, for one stack; `sha256` is that of its representative."""

    sha256: bytes
    members: tuple[MemberFacts, ...]


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The place of one stack.

    Args:
        sha256: of its representative.
        rank: from 1.
        priority: from 0 to 1, within its band.
        band: where it stands first of all.
        reasons: short codes, strongest first; ``docs/triage-policy.md`` explains them.
    """

    sha256: bytes
    rank: int
    priority: float
    band: Band
    reasons: tuple[str, ...]


_CLAIMS_SYNTHESIS = frozenset({"generator", "synthetic_declared"})
_CLAIMS_CAPTURE = frozenset({"camera", "capture_declared", "signed_capture"})
_CONFLICT = "conflict"

_BAND_REASONS = {
    Band.PROTECTED: ("protected",),
    Band.OPEN: (),
    Band.ILLEGAL: ("known_illegal",),
    Band.DECIDED: ("decided",),
    Band.BENIGN: ("known_benign",),
}
_NEAR = {
    ListKind.ILLEGAL: "near_illegal",
    ListKind.GENERATED: "near_generated",
    ListKind.BENIGN: "near_benign",
}


def order(facts: Iterable[StackFacts], policy: Policy, seed: bytes) -> list[QueuePlace]:
    """Return the queue: one place per stack.

    Stacks are ordered by band, then by descending priority, then by how far their pixels lean to
    capture beyond what the bounds let count, then by HMAC-SHA256(`seed`, SHA-256 of the
    representative): the same case gives the same order again, and who makes files without
    knowing the seed cannot arrange their places.

    Args:
        facts: one per stack, in any order; each with at least one member.
        policy: in force.
        seed: secret of the case, 32 random bytes.
    """
    stacks = list(facts)
    judge = Judge(policy)
    found = confirmed(judged(stacks), policy)
    keyed = []
    for stack in stacks:
        standing = judge.standing(stack)
        priority, code = moved(standing, found, policy)
        reasons = (*standing.reasons, code) if code else standing.reasons
        tie = tie_of(stack.sha256, seed)
        keyed.append((standing.turn, -priority, -standing.lean, tie, stack.sha256, reasons))
    keyed.sort()
    return [
        QueuePlace(sha256, rank, -lowered, policy.bands[turn], reasons)
        for rank, (turn, lowered, _, _, sha256, reasons) in enumerate(keyed, start=1)
    ]


def tie_of(sha256: bytes, seed: bytes) -> bytes:
    """Return what orders stacks of equal priority, 32 bytes."""
    return hmac.digest(seed, sha256, "sha256")


def judged(stacks: Iterable[StackFacts]) -> Iterator[tuple[Kin, str]]:
    """Yield what people judged, and of which camera and family the stack of each is."""
    for stack in stacks:
        for member in stack.members:
            if member.judged:
                yield _kin(stack), member.judged


class Judge:
    """Applies one policy, remembering what it said of facts met before: most recur."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._rank = {band: rank for rank, band in enumerate(policy.bands)}
        # Strongest first; equal ones as in the default policy.
        self._codes = sorted(policy.weights, key=lambda code: -policy.weights[code])
        self._factors = {
            "generated": policy.generated,
            "signed_synthetic": policy.signed_synthetic,
        }
        self._met: dict[object, Standing] = {}

    def standing(self, stack: StackFacts) -> Standing:
        """Return where a stack stands by what is known of itself."""
        key: object = tuple([_WITHOUT_DIGEST(member) for member in stack.members])
        if (known := self._met.get(key)) is None:
            known = self._met[key] = self._judge(stack)
        return known

    def _judge(self, stack: StackFacts) -> Standing:
        policy = self.policy
        band = min(self._rank[self._band(member)] for member in stack.members)
        found = set[str]().union(*(_codes(member, policy) for member in stack.members))
        # Of near duplicates too: one file with a camera, another with a generator of the same
        # picture is a photograph washed, or a photograph given to a generator.
        if found & _CLAIMS_SYNTHESIS and found & _CLAIMS_CAPTURE:
            found.add(_CONFLICT)
        codes = [code for code in self._codes if code in found]
        vouched = [self._vouched(member) for member in stack.members]
        lowering = list(dict.fromkeys(filter(None, vouched))) if all(vouched) else []
        factor = max((self._factors[code] for code in lowering), default=1.0)
        # The complement of the priority shrinks with every reason, also in floating point: a
        # product of factors of at most 1 never grows by one factor more.
        without = 1.0 - self._begun(stack) * factor
        for code in codes:
            if code != _CONFLICT:
                without *= 1.0 - policy.weights[code]
        rest = without * (1.0 - policy.weights[_CONFLICT]) if _CONFLICT in found else without
        raising = [code for code in codes if policy.weights[code] > 0]
        telling = [code for code in codes if policy.weights[code] == 0]
        first, seen = _BAND_REASONS[policy.bands[band]], _seen(_ratio(stack))
        reasons = (*first, *raising, *seen, *lowering, *telling) or ("unknown",)
        lean = max(member.lean for member in stack.members)
        return Standing(band, 1.0 - without, 1.0 - rest, reasons, _kin(stack), lean)

    def _begun(self, stack: StackFacts) -> float:
        """Return the priority before reasons: that of the unknown, in the light of the pixels.

        Of several members the one that looks most like a capture counts.
        """
        unknown = self.policy.unknown
        return unknown / (unknown + (1.0 - unknown) * 10.0 ** -_ratio(stack)) if unknown else 0.0

    def _band(self, member: MemberFacts) -> Band:
        if member.decided:
            return Band.DECIDED
        if any(match.kind is ListKind.PROTECTED for match in member.known):
            return Band.PROTECTED
        if self._identical(member, ListKind.ILLEGAL):
            return Band.ILLEGAL
        if self._identical(member, ListKind.BENIGN):
            return Band.BENIGN
        return Band.OPEN

    def _vouched(self, member: MemberFacts) -> str:
        """Who vouches that a model made it, if not the file alone."""
        if self._identical(member, ListKind.GENERATED):
            return "generated"
        return "signed_synthetic" if member.signed_synthetic else ""

    def _identical(self, member: MemberFacts, kind: ListKind) -> bool:
        return any(
            match.kind is kind and match.algorithm in self.policy.identical
            for match in member.known
        )


_WITHOUT_DIGEST: Callable[[MemberFacts], tuple[object, ...]] = attrgetter(
    *(field.name for field in fields(MemberFacts) if field.name != "sha256")
)


def _kin(stack: StackFacts) -> Kin:
    """Return by what the stack is kin: of several cameras or families, the first by name."""
    cameras = [member.kin.camera for member in stack.members if member.kin.camera]
    families = [member.kin.family for member in stack.members if member.kin.family]
    return Kin(min(cameras, default=""), min(families, default=""))


def _ratio(stack: StackFacts) -> float:
    """Return the ratio of the member whose pixels speak most for capture."""
    return max(member.pixels for member in stack.members)


def _seen(ratio: float) -> tuple[str, ...]:
    """Return the reason that the pixels are, where they support either proposition at all."""
    supported = support(ratio).proposition
    return () if supported is None else (("pixels_capture", "pixels_synthetic")[supported],)


def _codes(member: MemberFacts, policy: Policy) -> set[str]:
    """Return the reasons one media gives, by the names of their weights."""
    captured = not member.source_types.isdisjoint(CAPTURES)
    synthetic = not member.source_types.isdisjoint(SYNTHETICS)
    given = {
        "confirmed_capture": member.judged == "capture",
        "hybrid": not member.source_types.isdisjoint(HYBRIDS),
        "source_picture": member.source_picture,
        "capture_declared": captured,
        "camera": member.camera,
        "altered_region": member.altered_region,
        _CONFLICT: member.conflict,
        "undecodable": member.undecodable,
        "partly_examined": member.partly_examined,
        "c2pa": member.c2pa,
        "c2pa_invalid": member.c2pa_invalid,
        "signed_capture": member.signed_capture,
        "synthetic_declared": synthetic or member.labelled,
        "generator": member.generator,
    }
    near = {
        _NEAR[match.kind]
        for match in member.known
        if match.kind in _NEAR and match.algorithm not in policy.identical
    }
    return near | {code for code, holds in given.items() if holds}
