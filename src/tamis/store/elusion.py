"""Elusion tests: the tail of the queue that each is about, in random order, and what was drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.store.database import insert_new
from tamis.store.ranks import ranked
from tamis.store.schema import elusion_place, elusion_test, queue_place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True, slots=True)
class ElusionTest:
    """One test.

    Args:
        number: in this case, from 1.
        seed: of its random order, 32 bytes.
        from_rank: where its tail began in the queue.
        categories: of the site's scheme; a real picture counts only in one of these, if any.
        stated: size of the sample as it was stated when the test was begun.
        drawn: size of the sample.
    """

    number: int
    seed: bytes
    from_rank: int
    categories: tuple[str, ...]
    stated: int
    drawn: int


@dataclass(frozen=True, slots=True)
class ElusionPlace:
    """A place of the queue as it stood when a test was begun.

    Args:
        media_id: the media that represented the stack.
        rank: in the queue, then.
        position: in the random order, from 1; None before the tail.
    """

    media_id: int
    rank: int
    position: int | None


def begin(connection: sa.Connection, test: ElusionTest, places: Iterable[ElusionPlace]) -> None:
    """Store a test, its tail, and the places before it."""
    connection.execute(
        sa.insert(elusion_test).values(
            number=test.number,
            seed=test.seed,
            from_rank=test.from_rank,
            categories=json.dumps(test.categories, ensure_ascii=False),
            stated=test.stated,
            drawn=test.drawn,
        )
    )
    rows = [
        {
            "media_id": place.media_id,
            "test": test.number,
            "rank": place.rank,
            "position": place.position,
        }
        for place in places
    ]
    insert_new(connection, elusion_place, rows)


def enlarge(connection: sa.Connection, number: int, drawn: int) -> None:
    """Make the sample of a test the first `drawn` places of its random order."""
    connection.execute(
        sa.update(elusion_test).where(elusion_test.c.number == number).values(drawn=drawn)
    )


def newest(connection: sa.Connection) -> ElusionTest | None:
    """The test that was begun last."""
    row = connection.execute(
        sa.select(elusion_test).order_by(elusion_test.c.number.desc()).limit(1)
    ).first()
    if row is None:
        return None
    categories = tuple(json.loads(row.categories))
    return ElusionTest(row.number, row.seed, row.from_rank, categories, row.stated, row.drawn)


def tail_size(connection: sa.Connection, number: int) -> int:
    """How many places the tail of a test has."""
    places = sa.select(sa.func.count()).where(_in_tail(number))
    return int(connection.scalar(places) or 0)


def tail_media(number: int) -> sa.Select[tuple[int]]:
    """The statement that selects the media of a tail."""
    return sa.select(elusion_place.c.media_id).where(_in_tail(number))


def sample(connection: sa.Connection, test: ElusionTest) -> list[ElusionPlace]:
    """The places drawn, in the order of drawing."""
    rows = connection.execute(
        sa.select(elusion_place)
        .where(_in_tail(test.number), elusion_place.c.position <= test.drawn)
        .order_by(elusion_place.c.position)
    )
    return [ElusionPlace(row.media_id, row.rank, row.position) for row in rows]


def before_tail(connection: sa.Connection, number: int, bands: Collection[str]) -> tuple[int, int]:
    """How many places stood before the tail, and how many of them are in one of `bands` now."""
    before = sa.select(elusion_place.c.media_id).where(
        elusion_place.c.test == number, elusion_place.c.position.is_(None)
    )
    places = connection.scalar(sa.select(sa.func.count()).select_from(before.subquery()))
    still = connection.scalar(
        sa.select(sa.func.count()).where(
            queue_place.c.media_id.in_(before), queue_place.c.band.in_(bands)
        )
    )
    return int(places or 0), int(still or 0)


def not_covered(
    connection: sa.Connection, number: int, bands: Collection[str]
) -> list[tuple[int, int]]:
    """Places of `bands` that were not there when the test was begun: (media id, rank), by rank."""
    places = ranked()
    then = sa.select(elusion_place.c.media_id).where(elusion_place.c.test == number)
    rows = connection.execute(
        sa.select(places.c.media_id, places.c.rank)
        .where(places.c.band.in_(bands), places.c.media_id.not_in(then))
        .order_by(places.c.rank)
    )
    return [(row.media_id, row.rank) for row in rows]


def _in_tail(number: int) -> sa.ColumnElement[bool]:
    return (elusion_place.c.test == number) & elusion_place.c.position.is_not(None)
