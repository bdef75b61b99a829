"""What examinations said of media, and where they failed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.model import Observation
from tamis.store.schema import examination_run, observation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tamis.store.database import MediaIds


def _unchanged(said: Observation) -> Observation:
    return said


def of_media(connection: sa.Connection, media_id: int) -> list[tuple[str, str, Observation]]:
    """What examinations said of a media: (examination, version, observation)."""
    rows = connection.execute(
        sa.select(observation)
        .where(observation.c.media_id == media_id)
        .order_by(observation.c.examination, observation.c.version, observation.c.position)
    )
    return [
        (row.examination, row.version, Observation(row.name, json.loads(row.value), row.score))
        for row in rows
    ]


def named(
    connection: sa.Connection,
    names: Sequence[str],
    versions: Mapping[str, str],
    media_ids: MediaIds | None = None,
    aged: Callable[[Observation], Observation | None] = _unchanged,
) -> dict[int, list[Observation]]:
    """Observations of these names by media (or of some), each examination speaking once.

    Of an examination that looked at a media more than once, the version in `versions` speaks, even
    where it found nothing; before the media is scanned again, the highest, and of that what `aged`
    makes of it.
    """
    statement = sa.select(observation).where(observation.c.name.in_(names))
    if media_ids is not None:
        statement = statement.where(observation.c.media_id.in_(media_ids))
    rows = connection.execute(
        statement.order_by(
            observation.c.media_id, observation.c.examination, observation.c.position
        )
    ).all()
    spoke: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in rows:
        spoke[row.media_id, row.examination].add(row.version)
    unheard = {key for key, found in spoke.items() if versions.get(key[1]) not in found}
    asked = {name: versions[name] for _, name in unheard if name in versions}
    silent = _runs(connection, asked, media_ids) if asked else set()
    speaking = {
        key: max(found, key=_order) if key in unheard - silent else versions[key[1]]
        for key, found in spoke.items()
    }
    named: dict[int, list[Observation]] = defaultdict(list)
    for row in rows:
        if speaking[row.media_id, row.examination] == row.version:
            said: Observation | None = Observation(row.name, json.loads(row.value), row.score)
            if said and row.version != versions.get(row.examination):
                said = aged(said)
            if said:
                named[row.media_id].append(said)
    return named


def _order(version: str) -> list[tuple[int, str]]:
    """Numbers within a version count as numbers: 10 comes after 9."""
    parts = re.split(r"(\d+)", version)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _runs(
    connection: sa.Connection, versions: Mapping[str, str], media_ids: MediaIds | None
) -> set[tuple[int, str]]:
    """Which media examinations of exactly these versions have looked at, without failing."""
    run = examination_run.c
    statement = sa.select(run.media_id, run.examination).where(
        sa.tuple_(run.examination, run.version).in_(list(versions.items())), run.failure.is_(None)
    )
    if media_ids is not None:
        statement = statement.where(run.media_id.in_(media_ids))
    return {(row.media_id, row.examination) for row in connection.execute(statement)}
