"""Gathers, from what is stored, the facts the order of the queue may depend on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.examinations.provenance.claims import OBSERVATIONS, aged, claims
from tamis.examinations.provenance.declared import declared
from tamis.model import FileState
from tamis.store import assessments, decisions, observations, results
from tamis.store.schema import media, media_file, past_file
from tamis.triage.queue import KnownAs, MemberFacts, StackFacts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from tamis.assess.assessment import Assessment
    from tamis.model import Observation

_ALTERED = ("local.hybrid",)
_UNSEEN = {FileState.UNREADABLE.value, FileState.NOT_MEDIA.value}
"""States in which no examination saw a picture."""


def declarations_by_media(
    connection: sa.Connection, versions: Mapping[str, str]
) -> dict[int, tuple[str, ...]]:
    """The short terms each media declares; media that declare nothing are left out."""
    found = observations.named(connection, OBSERVATIONS, versions, aged=aged)
    return {key: declared(observed) for key, observed in found.items()}


def stack_facts(
    connection: sa.Connection, versions: Mapping[str, str]
) -> list[tuple[int, StackFacts]]:
    """The facts of every stack, with the media id of its representative.

    Args:
        connection: to the case.
        versions: of the examinations that speak, by name.
    """
    digests = {
        row.id: row.sha256 for row in connection.execute(sa.select(media.c.id, media.c.sha256))
    }
    observed = observations.named(connection, OBSERVATIONS, versions, aged=aged)
    altered = observations.named(connection, _ALTERED, versions).keys()
    assessed = assessments.by_media(connection)
    members = _members(connection, digests, observed, altered, assessed)
    stacks: dict[int, list[MemberFacts]] = defaultdict(list)
    for member in results.stacks(connection):
        stacks[member.representative_id].append(members[member.media_id])
    return [
        (key, StackFacts(digests[key], tuple(stacked))) for key, stacked in sorted(stacks.items())
    ]


def _members(
    connection: sa.Connection,
    digests: Mapping[int, bytes],
    observed: Mapping[int, list[Observation]],
    altered: AbstractSet[int],
    assessed: Mapping[int, Assessment],
) -> dict[int, MemberFacts]:
    states = _states(connection)
    known: dict[int, list[KnownAs]] = defaultdict(list)
    for match in results.matches(connection):
        known[match.media_id].append(KnownAs(match.list_kind, match.algorithm))
    decided = _decided(connection)
    facts = {}
    for key, sha256 in digests.items():
        made = decided.get(key)
        said = claims(observed.get(key, ()))
        facts[key] = MemberFacts(
            sha256=sha256,
            known=tuple(dict.fromkeys(known.get(key, ()))),
            source_types=said.source_types,
            labelled=said.labelled,
            generator=said.of_generator,
            source_picture=said.source_picture,
            camera=said.camera or said.untouched,
            c2pa=bool(said.c2pa_state),
            c2pa_invalid=said.c2pa_state == "invalid",
            signed_capture=said.signed_capture,
            signed_synthetic=said.signed_synthetic,
            altered_region=key in altered,
            pixels=_pixels(assessed.get(key)),
            conflict=key in assessed and assessed[key].conflict,
            undecodable=bool(states.get(key, set()) & _UNSEEN),
            partly_examined=FileState.PARTLY_EXAMINED.value in states.get(key, ()),
            decided=made is not None,
            confirmed_capture=made == "capture",
        )
    return facts


def _pixels(assessed: Assessment | None) -> float:
    """log10 likelihood ratio of the pixels; 0 where nothing is said of them."""
    return 0.0 if assessed is None or assessed.pixels is None else assessed.pixels


def _decided(connection: sa.Connection) -> dict[int, str]:
    """Decided media with their origin, empty where nobody judged it.

    A later decision without an origin leaves the earlier judgement as it is.
    """
    found: dict[int, str] = {}
    for key, made in decisions.all_decisions(connection):
        found[key] = made.origin or found.get(key, "")
    return found


def _states(connection: sa.Connection) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for table in (media_file, past_file):
        rows = connection.execute(
            sa.select(table.c.media_id, table.c.state)
            .where(table.c.media_id.is_not(None))
            .distinct()
        )
        for media_id, state in rows:
            found[media_id].add(state)
    return found
