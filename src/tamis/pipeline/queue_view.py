"""The queue as users and programs read it: the columns of the contract."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.assess.assessment import posterior
from tamis.model import Locator, printable
from tamis.pipeline.stack_facts import declarations_by_media
from tamis.store import assessments, ranks, results
from tamis.store.schema import media, media_file, past_file, queue_place, source, stack
from tamis.triage.mixing import mixed
from tamis.triage.policy import Band

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tamis.assess.assessment import Assessment
    from tamis.store.ranks import QueueRow

COLUMNS = (
    "rank",
    "sha256",
    "path",
    "files",
    "stack",
    "known",
    "origin",
    "p_capture",
    "log10_lr",
    "strength",
    "conflict",
    "declared",
    "priority",
    "reasons",
)


_ORIGINS = ("digitalCapture", "trainedAlgorithmicMedia")
"""IPTC digital source types of the propositions."""

_SEPARATOR = "; "  # names of lists and cameras contain spaces


def band_sizes(connection: sa.Connection) -> dict[str, int]:
    """How many places of the queue are in each band that has any."""
    band = queue_place.c.band
    found = connection.execute(sa.select(band, sa.func.count()).group_by(band))
    return {name: int(number) for name, number in found}


def rows(
    connection: sa.Connection,
    versions: Mapping[str, str],
    limit: int | None = None,
    without: Collection[str] = (),
    prior: float | None = 0.5,
    *,
    mix: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the places of the queue in order, one dictionary of `COLUMNS` each.

    Of the examinations, those of `versions` speak. Places of the bands `without` are left out.
    `prior` is the probability of capture before any evidence; without one, `p_capture` is None.
    With `mix` they come as they are dealt to a person (`tamis.triage.mixing`).

    Of the members of a stack the one whose evidence supports capture most is assessed; where there
    is no evidence on any, the columns of the assessment are None.
    """
    assessed = assessments.by_media(connection)
    members = _members(connection)
    known: dict[int, set[str]] = defaultdict(set)
    for match in results.matches(connection):
        known[match.media_id].add(f"{match.list_kind.value}:{printable(match.list_name)}")
    declared = declarations_by_media(connection, versions)
    files = _files(connection)
    places = list(ranks.queue(connection, None if mix else limit, without))
    if mix:
        places = list(islice(_dealt(places), limit))
    paths = _paths(connection, None if limit is None else [place.media_id for place in places])
    for place in places:
        stacked = members[place.media_id]
        sha256, path = paths[place.media_id]
        yield {
            "rank": place.rank,
            "sha256": sha256.hex(),
            "path": path,
            "files": sum(files.get(media_id, 0) for media_id in stacked),
            "stack": len(stacked),
            "known": _SEPARATOR.join(sorted(set().union(*(known[key] for key in stacked)))),
            **_assessed([assessed[key] for key in stacked if key in assessed], prior),
            "declared": _SEPARATOR.join(
                dict.fromkeys(term for key in stacked for term in declared.get(key, ()))
            ),
            "priority": round(place.priority, 6),
            "reasons": _SEPARATOR.join(place.reasons),
        }


def _dealt(places: list[QueueRow]) -> Iterator[QueueRow]:
    """Yield the places nobody has dealt with, mixed, then the others."""
    waiting = [place for place in places if place.band in (Band.PROTECTED, Band.OPEN)]
    yield from mixed(waiting, lambda place: place.tie)
    yield from (place for place in places if place.band not in (Band.PROTECTED, Band.OPEN))


def _assessed(found: list[Assessment], prior: float | None) -> dict[str, Any]:
    """The columns of the assessment of a stack."""
    if not found:
        names = ("origin", "p_capture", "log10_lr", "strength", "conflict")
        return dict.fromkeys(names)
    best = max(found, key=lambda item: item.log10_lr)
    supported = best.support
    return {
        "origin": None if supported.proposition is None else _ORIGINS[supported.proposition],
        "p_capture": None if prior is None else round(posterior(best.log10_lr, prior), 4),
        "log10_lr": round(best.log10_lr, 3),
        "strength": supported.strength.value,
        "conflict": int(any(item.conflict for item in found)),
    }


def _members(connection: sa.Connection) -> dict[int, list[int]]:
    """The media of each stack by its representative, in the order of their SHA-256."""
    rows = connection.execute(
        sa.select(stack.c.representative_id, stack.c.media_id)
        .select_from(stack.join(media, media.c.id == stack.c.media_id))
        .order_by(media.c.sha256)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for representative_id, media_id in rows:
        found[representative_id].append(media_id)
    return found


def _files(connection: sa.Connection) -> dict[int, int]:
    found = connection.execute(
        sa.select(media_file.c.media_id, sa.func.count())
        .where(media_file.c.media_id.is_not(None))
        .group_by(media_file.c.media_id)
    )
    return {int(media_id): int(number) for media_id, number in found}


def _paths(
    connection: sa.Connection, asked: Collection[int] | None
) -> dict[int, tuple[bytes, str]]:
    """SHA-256 and first path of representatives, or of some; a former path if need be."""
    found: dict[int, tuple[bytes, str]] = {}
    for table in (media_file, past_file):
        statement = (
            sa.select(queue_place.c.media_id, media.c.sha256, table.c.locator)
            .select_from(
                queue_place.join(media, media.c.id == queue_place.c.media_id)
                .join(table, table.c.media_id == media.c.id)
                .join(source, source.c.id == table.c.source_id)
            )
            .order_by(queue_place.c.media_id, source.c.location, table.c.locator)
        )
        if asked is not None:
            statement = statement.where(queue_place.c.media_id.in_(asked))
        for media_id, sha256, locator in connection.execute(statement):
            found.setdefault(media_id, (sha256, str(Locator.from_key(locator))))
    return found
