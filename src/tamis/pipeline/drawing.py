"""Draws the random sample of an elusion test, with its audit record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tamis.audit import checkpoint, log
from tamis.errors import ElusionError, UsageError
from tamis.i18n import _
from tamis.pipeline.stages import refresh
from tamis.store import digests, elusion, media, ranks
from tamis.store.elusion import ElusionPlace, ElusionTest
from tamis.triage.elusion import draw_order, seed_of_test
from tamis.triage.policy import Band

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from tamis.config import Settings
    from tamis.store.database import Store
    from tamis.store.ranks import QueueRow

COVERED = (Band.PROTECTED, Band.OPEN)
"""Bands whose places nobody has dealt with: no list knows them, and no person has decided."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a test is to be about; None leaves it as the test that is there has it.

    Args:
        from_rank: where the tail begins; else at the beginning of the queue.
        categories: those a real picture must be in to count; else any.
    """

    from_rank: int | None = None
    categories: tuple[str, ...] | None = None


def draw(
    store: Store, settings: Settings, site: Store | None, number: int, scope: Scope, *, new: bool
) -> None:
    """Draw places at random and without replacement, in one transaction with the audit record.

    Without a test, or for a `new` one, the tail is fixed first: the places of the bands `COVERED`
    as they stand. Else the sample of the newest test is enlarged.

    Args:
        store: the case; the caller holds its writer's lock.
        settings: in force.
        site: the site's lists, where there are any.
        number: how many to draw; fewer where fewer are left.
        scope: of the test.
        new: begin a test although there is one.

    Raises:
        ElusionError: there is no queue, or nothing is left to draw from.
        UsageError: the test that is there has another scope.
    """
    refresh(store, settings, site)
    case_seed = store.seed()
    with store.write() as connection:
        before = digests.of_elusion(connection)
        found = elusion.newest(connection)
        if found is None or new:
            had = 0
            test = _begin(connection, case_seed, found.number + 1 if found else 1, number, scope)
        else:
            had = found.drawn
            test = _enlarge(connection, found, number, scope)
        body = {
            "test": test.number,
            "seed": test.seed.hex(),
            "from_rank": test.from_rank,
            "categories": list(test.categories),
            "places": elusion.tail_size(connection, test.number),
            "drawn_before": had,
            "drawn": test.drawn,
            "before": before,
            "after": digests.of_elusion(connection),
        }
        log.append(connection, "elusion.draw", body)
    checkpoint.sign(store)


def open_places(connection: sa.Connection) -> list[QueueRow]:
    """The places of the bands `COVERED`, by rank.

    Raises:
        ElusionError: there is no queue.
    """
    places = list(ranks.queue(connection))
    if not places:
        raise ElusionError(_("The queue is empty: the case holds no picture or video yet."))
    return [place for place in places if place.band in COVERED]


def tail_of(places: Sequence[QueueRow], from_rank: int) -> list[QueueRow]:
    """The places from a rank on.

    Raises:
        ElusionError: there are none.
    """
    tail = [place for place in places if place.rank >= from_rank]
    if not tail:
        raise ElusionError(
            _("no place without a decision is left from rank {rank} on", rank=from_rank)
        )
    return tail


def check_scope(test: ElusionTest, scope: Scope) -> None:
    """Refuse a scope that is not that of a test: what it was about cannot change afterwards.

    Raises:
        UsageError: it is another.
    """
    asked = (
        test.from_rank if scope.from_rank is None else scope.from_rank,
        test.categories if scope.categories is None else scope.categories,
    )
    if asked != (test.from_rank, test.categories):
        raise UsageError(
            _(
                "test {number} was begun with another --from-rank or --category, and what it is "
                "about cannot change; begin another with --new",
                number=test.number,
            )
        )


def _begin(
    connection: sa.Connection, case_seed: bytes, number: int, wanted: int, scope: Scope
) -> ElusionTest:
    from_rank = scope.from_rank or 1
    places = open_places(connection)
    tail = tail_of(places, from_rank)
    seed = seed_of_test(case_seed, number)
    sha256 = media.digests_of(connection, [place.media_id for place in tail])
    order = draw_order(seed, [sha256[place.media_id] for place in tail])
    drawn = min(wanted, len(tail))
    test = ElusionTest(number, seed, from_rank, scope.categories or (), drawn, drawn)
    before = [
        ElusionPlace(place.media_id, place.rank, None) for place in places if place.rank < from_rank
    ]
    positions = [
        ElusionPlace(tail[index].media_id, tail[index].rank, position)
        for position, index in enumerate(order, start=1)
    ]
    elusion.begin(connection, test, before + positions)
    return test


def _enlarge(
    connection: sa.Connection, test: ElusionTest, wanted: int, scope: Scope
) -> ElusionTest:
    check_scope(test, scope)
    places = elusion.tail_size(connection, test.number)
    if test.drawn == places:
        raise ElusionError(
            _("all {number} places of the tail are drawn: nothing is left to draw", number=places)
        )
    drawn = min(test.drawn + wanted, places)
    elusion.enlarge(connection, test.number, drawn)
    return replace(test, drawn=drawn)
