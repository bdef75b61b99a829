"""The queue as it is stored: one row per stack, in an order from which the ranks follow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.store.database import chunks, insert_new
from tamis.store.schema import queue_place, stack
from tamis.triage.neighbours import Kin, Standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A place in the queue; `tie` orders those of equal priority, 32 bytes."""

    media_id: int
    rank: int
    priority: float
    band: str
    reasons: tuple[str, ...]
    tie: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What is stored of the place of one stack.

    Args:
        media_id: its representative.
        band: the name of its band.
        standing: where it stands by what is known of itself.
        priority: in the light of its neighbours.
        neighbours: the code of what these add, if anything.
        tie: orders stacks of equal priority, 32 bytes.
    """

    media_id: int
    band: str
    standing: Standing
    priority: float
    neighbours: str
    tie: bytes


def ranked() -> sa.Subquery:
    """Return the queue with the column ``rank``, from 1."""
    place = queue_place.c
    order = (place.turn, place.priority.desc(), place.lean.desc(), place.tie, place.media_id)
    rank = sa.func.row_number().over(order_by=order)
    return sa.select(
        place.media_id, place.band, place.priority, place.reasons, place.tie, rank.label("rank")
    ).subquery("ranked")


def queue(
    connection: sa.Connection, limit: int | None = None, without: Collection[str] = ()
) -> Iterator[QueueRow]:
    """The queue by rank, but for the bands `without`."""
    places = ranked()
    statement = (
        sa.select(places).where(places.c.band.not_in(without)).order_by(places.c.rank).limit(limit)
    )
    for row in connection.execute(statement):
        reasons = tuple(json.loads(row.reasons))
        yield QueueRow(row.media_id, row.rank, row.priority, row.band, reasons, row.tie)


def replace(connection: sa.Connection, places: Iterable[Place]) -> None:
    """Store the queue anew."""
    connection.execute(sa.delete(queue_place))
    insert_new(connection, queue_place, [_values(place) for place in places])


def change(connection: sa.Connection, places: Sequence[Place]) -> None:
    """Store some places in the stead of those of the same stacks."""
    for part in chunks([place.media_id for place in places]):
        connection.execute(sa.delete(queue_place).where(queue_place.c.media_id.in_(part)))
    insert_new(connection, queue_place, [_values(place) for place in places])


def _values(place: Place) -> dict[str, Any]:
    standing = place.standing
    reasons = (*standing.reasons, place.neighbours) if place.neighbours else standing.reasons
    return {
        "media_id": place.media_id,
        "band": place.band,
        "turn": standing.turn,
        "priority": place.priority,
        "lean": standing.lean,
        "tie": place.tie,
        "reasons": json.dumps(reasons),
        "floor": standing.floor,
        "own": standing.own,
        "camera": standing.kin.camera,
        "family": standing.kin.family,
        "neighbours": place.neighbours,
    }


def neighbours(
    connection: sa.Connection, cameras: Collection[str], families: Collection[str]
) -> list[Place]:
    """Return the places of these cameras and families, and those that neighbours moved."""
    place = queue_place.c
    statement = sa.select(queue_place).where(
        place.camera.in_(cameras) | place.family.in_(families) | (place.neighbours != "")
    )
    return [_place(row) for row in connection.execute(statement)]


def _place(row: Any) -> Place:  # noqa: ANN401 - a row of SQLAlchemy has no type of its own
    reasons = tuple(json.loads(row.reasons))
    standing = Standing(
        turn=row.turn,
        floor=row.floor,
        own=row.own,
        reasons=reasons[: -1 if row.neighbours else None],
        kin=Kin(row.camera, row.family),
        lean=row.lean,
    )
    return Place(row.media_id, row.band, standing, row.priority, row.neighbours, row.tie)


def kin_of(connection: sa.Connection, media_ids: Collection[int]) -> dict[int, Kin]:
    """Return by what the stacks of these media are kin, by media."""
    found: dict[int, Kin] = {}
    for part in chunks(sorted(media_ids)):
        rows = connection.execute(
            sa.select(stack.c.media_id, queue_place.c.camera, queue_place.c.family)
            .select_from(
                stack.join(queue_place, queue_place.c.media_id == stack.c.representative_id)
            )
            .where(stack.c.media_id.in_(part))
        )
        found |= {row.media_id: Kin(row.camera, row.family) for row in rows}
    return found


def representatives(connection: sa.Connection, media_ids: Collection[int]) -> list[int]:
    """Return the representatives of the stacks in which these media lie."""
    rows = connection.scalars(
        sa.select(stack.c.representative_id).where(stack.c.media_id.in_(media_ids)).distinct()
    )
    return sorted(int(key) for key in rows)
