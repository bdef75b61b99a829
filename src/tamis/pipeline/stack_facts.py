"""Gathers, from what is stored, the facts the order of the queue may depend on."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.examinations.provenance.claims import OBSERVATIONS, aged, claims
from tamis.examinations.provenance.declared import declared
from tamis.model import FileState
from tamis.store import assessments, decisions, observations, results
from tamis.store.schema import media, media_file, past_file
from tamis.triage.neighbours import Kin
from tamis.triage.queue import KnownAs, MemberFacts, StackFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tamis.assess.assessment import Assessment
    from tamis.model import Observation
    from tamis.store.database import MediaIds

_ALTERED = ("local.hybrid",)
_KIN = (
    "camera.make",
    "camera.model",
    "camera.serial",
    "generator.tool",
    "generator.model",
    "generator.model_hash",
)
_UNSEEN = {FileState.UNREADABLE.value, FileState.NOT_MEDIA.value}
"""States in which no examination saw a picture."""


def declarations_by_media(
    connection: sa.Connection, versions: Mapping[str, str]
) -> dict[int, tuple[str, ...]]:
    """The short terms each media declares; media that declare nothing are left out."""
    found = observations.named(connection, OBSERVATIONS, versions, aged=aged)
    return {key: declared(observed) for key, observed in found.items()}


def stack_facts(
    connection: sa.Connection,
    versions: Mapping[str, str],
    representatives: Collection[int] | None = None,
) -> list[tuple[int, StackFacts]]:
    """The facts of stacks, with the media id of the representative of each.

    Args:
        connection: to the case.
        versions: of the examinations that speak, by name.
        representatives: of the stacks that are asked for; all if None.
    """
    stacked = results.stacks(connection, representatives)
    asked = None if representatives is None else results.members_of(representatives)
    wanted = sa.select(media.c.id, media.c.sha256)
    if asked is not None:
        wanted = wanted.where(media.c.id.in_(asked))
    digests = {row.id: row.sha256 for row in connection.execute(wanted)}
    members = _members(connection, digests, versions, asked)
    stacks: dict[int, list[MemberFacts]] = defaultdict(list)
    for member in stacked:
        stacks[member.representative_id].append(members[member.media_id])
    return [
        (key, StackFacts(digests[key], tuple(stacked))) for key, stacked in sorted(stacks.items())
    ]


def _members(
    connection: sa.Connection,
    digests: Mapping[int, bytes],
    versions: Mapping[str, str],
    asked: MediaIds | None,
) -> dict[int, MemberFacts]:
    observed = observations.named(connection, OBSERVATIONS, versions, asked, aged=aged)
    altered = observations.named(connection, _ALTERED, versions, asked).keys()
    kin = observations.named(connection, _KIN, versions, asked)
    assessed = assessments.by_media(connection, asked)
    states = _states(connection, asked)
    known: dict[int, list[KnownAs]] = defaultdict(list)
    for match in results.matches(connection, asked):
        known[match.media_id].append(KnownAs(match.list_kind, match.algorithm))
    decided = _decided(connection, asked)
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
            lean=_lean(assessed.get(key)),
            conflict=key in assessed and assessed[key].washed,
            undecodable=bool(states.get(key, set()) & _UNSEEN),
            partly_examined=FileState.PARTLY_EXAMINED.value in states.get(key, ()),
            decided=made is not None,
            judged=made or "",
            kin=_kin(kin.get(key, ())),
        )
    return facts


def _pixels(assessed: Assessment | None) -> float:
    """log10 likelihood ratio of the pixels; 0 where nothing is said of them."""
    return 0.0 if assessed is None or assessed.pixels is None else assessed.pixels


def _lean(assessed: Assessment | None) -> float:
    """The same before it was bounded."""
    return 0.0 if assessed is None else assessed.lean or 0.0


def _kin(observed: Iterable[Observation]) -> Kin:
    """Return the one camera, and the generator with its model, that a file names."""
    said = {item.name: str(item.value) for item in observed}
    body, model = said.get("camera.serial"), said.get("generator.model_hash")
    model = model or said.get("generator.model")
    camera = (said.get("camera.make", ""), said.get("camera.model", ""), body)
    return Kin(
        camera=json.dumps(camera) if body else "",
        family=json.dumps([said.get("generator.tool", ""), model]) if model else "",
    )


def _decided(connection: sa.Connection, asked: MediaIds | None) -> dict[int, str]:
    """Decided media with their origin, empty where nobody judged it.

    A later decision without an origin leaves the earlier judgement as it is.
    """
    found: dict[int, str] = {}
    for key, made in decisions.all_decisions(connection, asked):
        found[key] = made.origin or found.get(key, "")
    return found


def _states(connection: sa.Connection, asked: MediaIds | None) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for table in (media_file, past_file):
        rows = sa.select(table.c.media_id, table.c.state).distinct()
        if asked is None:
            rows = rows.where(table.c.media_id.is_not(None))
        else:
            rows = rows.where(table.c.media_id.in_(asked))
        for media_id, state in connection.execute(rows):
            found[media_id].add(state)
    return found
