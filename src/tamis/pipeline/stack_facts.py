"""Gathers, from what is stored, the facts the order of the queue may depend on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.examinations.provenance.declared import declared
from tamis.model import FileState
from tamis.pipeline.take_in import active_versions
from tamis.store import decisions, results
from tamis.store import media as media_store
from tamis.store.schema import media, media_file, past_file
from tamis.triage.queue import KnownAs, MemberFacts, StackFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.model import Observation

_UNSEEN = {FileState.UNREADABLE.value, FileState.NOT_MEDIA.value}
"""States in which no examination saw a picture."""

DECLARATIONS = (
    "c2pa.present",
    "iptc.digital_source_type",
    "iptc.other_source_types",
    "iptc.unrecognised",
    "generator.tool",
    "generator.others",
    "generator.inputs",
    "generator.unrecognised",
    "watermark.mark",
    "aigc.label",
    "camera.make",
    "camera.model",
    "camera.complete",
)
"""Observations by which a file declares something of itself."""

_OF_GENERATORS = frozenset({"generator.tool", "generator.unrecognised", "watermark.mark"})


def declarations_by_media(connection: sa.Connection) -> dict[int, tuple[str, ...]]:
    """The short terms each media declares; media that declare nothing are left out."""
    return {key: declared(found) for key, found in _observations(connection).items()}


def stack_facts(connection: sa.Connection) -> list[tuple[int, StackFacts]]:
    """The facts of every stack, with the media id of its representative."""
    digests = {
        row.id: row.sha256 for row in connection.execute(sa.select(media.c.id, media.c.sha256))
    }
    members = _members(connection, digests)
    stacks: dict[int, list[MemberFacts]] = defaultdict(list)
    for member in results.stacks(connection):
        stacks[member.representative_id].append(members[member.media_id])
    return [
        (key, StackFacts(digests[key], tuple(stacked))) for key, stacked in sorted(stacks.items())
    ]


def _members(connection: sa.Connection, digests: Mapping[int, bytes]) -> dict[int, MemberFacts]:
    observed = _observations(connection)
    states = _states(connection)
    known: dict[int, list[KnownAs]] = defaultdict(list)
    for match in results.matches(connection):
        known[match.media_id].append(KnownAs(match.list_kind, match.algorithm))
    decided = _decided(connection)
    facts = {}
    for key, sha256 in digests.items():
        values = {item.name: item.value for item in observed.get(key, ())}
        made = decided.get(key)
        facts[key] = MemberFacts(
            sha256=sha256,
            known=tuple(dict.fromkeys(known.get(key, ()))),
            source_types=_source_types(values),
            labelled="aigc.label" in values,
            generator=not _OF_GENERATORS.isdisjoint(values),
            source_picture=bool(values.get("generator.inputs")),
            camera=values.get("camera.complete") is True,
            c2pa=values.get("c2pa.present") is True,
            undecodable=bool(states.get(key, set()) & _UNSEEN),
            partly_examined=FileState.PARTLY_EXAMINED.value in states.get(key, ()),
            decided=made is not None,
            confirmed_capture=made == "capture",
        )
    return facts


def _decided(connection: sa.Connection) -> dict[int, str]:
    """Decided media with their origin, empty where nobody judged it.

    A later decision without an origin leaves the earlier judgement as it is.
    """
    found: dict[int, str] = {}
    for key, made in decisions.all_decisions(connection):
        found[key] = made.origin or found.get(key, "")
    return found


def _source_types(values: Mapping[str, object]) -> frozenset[str]:
    others = values.get("iptc.other_source_types")
    terms = [values.get("iptc.digital_source_type"), *(others if isinstance(others, list) else ())]
    return frozenset(term for term in terms if isinstance(term, str))


def _observations(connection: sa.Connection) -> dict[int, list[Observation]]:
    versions = active_versions(strict=False)
    return media_store.observations_named(connection, DECLARATIONS, versions)


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
