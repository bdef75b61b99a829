"""Gathers, from what is stored, the facts the order of the queue may depend on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.examinations.provenance.declared import declared
from tamis.model import FileState
from tamis.model.origin import CAPTURES, HYBRIDS, SYNTHETICS
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
    "c2pa.state",
    "c2pa.source_types",
    "c2pa.trusted_source_types",
    "c2pa.generators",
    "c2pa.ingredients",
    "iptc.digital_source_type",
    "iptc.other_source_types",
    "iptc.unrecognised",
    "generator.tool",
    "generator.others",
    "generator.inputs",
    "generator.unrecognised",
    "aigc.label",
    "camera.make",
    "camera.model",
    "camera.complete",
)
"""Observations by which a file declares something of itself."""

_GENERATORS = {"generator.tool", "generator.unrecognised", "c2pa.generators"}


def declarations_by_media(
    connection: sa.Connection, versions: Mapping[str, str]
) -> dict[int, tuple[str, ...]]:
    """The short terms each media declares; media that declare nothing are left out."""
    found = media_store.observations_named(connection, DECLARATIONS, versions)
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
    observed = media_store.observations_named(connection, DECLARATIONS, versions)
    members = _members(connection, digests, observed)
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
) -> dict[int, MemberFacts]:
    states = _states(connection)
    known: dict[int, list[KnownAs]] = defaultdict(list)
    for match in results.matches(connection):
        known[match.media_id].append(KnownAs(match.list_kind, match.algorithm))
    decided = _decided(connection)
    facts = {}
    for key, sha256 in digests.items():
        values = {item.name: item.value for item in observed.get(key, ())}
        made = decided.get(key)
        credentials = _Credentials(values)
        facts[key] = MemberFacts(
            sha256=sha256,
            known=tuple(dict.fromkeys(known.get(key, ()))),
            source_types=_source_types(values) | credentials.source_types,
            labelled="aigc.label" in values,
            generator=not values.keys().isdisjoint(_GENERATORS),
            source_picture=bool(values.get("generator.inputs")) or credentials.source_picture,
            camera=values.get("camera.complete") is True,
            c2pa=values.get("c2pa.present") is True,
            c2pa_invalid=values.get("c2pa.state") == "invalid",
            signed_capture=credentials.signed_capture,
            signed_synthetic=credentials.signed_synthetic and "camera.complete" not in values,
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


class _Credentials:
    """What Content Credentials say, whoever signed them; `signed_...` only by trusted signers."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.source_types = _terms(values.get("c2pa.source_types"))
        made_by_model = not self.source_types.isdisjoint(SYNTHETICS | HYBRIDS)
        pictures = any(map(_is_picture, _items(values.get("c2pa.ingredients"))))
        self.source_picture = made_by_model and pictures
        trusted = _terms(values.get("c2pa.trusted_source_types"))
        self.signed_capture = not trusted.isdisjoint(CAPTURES)
        # Made from nothing, and nothing else in the file says otherwise.
        claimed = trusted | self.source_types | _source_types(values)
        self.signed_synthetic = bool(trusted) and claimed <= SYNTHETICS and not pictures


def _is_picture(ingredient: object) -> bool:
    if not isinstance(ingredient, dict):
        return False
    kind = str(ingredient.get("format", ""))
    return kind.startswith(("image/", "video/")) or ingredient.get("relationship") == "parentOf"


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _terms(value: object) -> frozenset[str]:
    return frozenset(term for term in _items(value) if isinstance(term, str))


def _source_types(values: Mapping[str, object]) -> frozenset[str]:
    others = _items(values.get("iptc.other_source_types"))
    return _terms([values.get("iptc.digital_source_type"), *others])


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
