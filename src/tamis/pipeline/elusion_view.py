"""What an elusion test says, as `tamis elusion` prints it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.audit import log
from tamis.pipeline.drawing import COVERED, check_scope, open_places, tail_of
from tamis.pipeline.queue_view import band_sizes
from tamis.store import decisions, elusion, files, media, ranks
from tamis.triage import unseen
from tamis.triage.unseen import REAL, Tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tamis.pipeline.drawing import Scope
    from tamis.store.elusion import ElusionPlace, ElusionTest

    Decided = Mapping[int, list[tuple[str | None, str | None]]]


def view(
    connection: sa.Connection, scope: Scope, confidence: float, fewer_than: int | None
) -> dict[str, Any]:
    """Return what the newest test says, or what one would take that is not begun; JSON-compatible.

    Args:
        connection: to the case.
        scope: of the test.
        confidence: above 0.5, below 1.
        fewer_than: the number to plan for, at least 1; the usual ones where None.

    Raises:
        ElusionError: there is no queue, or no test and nothing to begin one with.
        UsageError: the test has another scope.
    """
    test = elusion.newest(connection)
    if test is None:
        return _not_begun(connection, scope, confidence, fewer_than)
    check_scope(test, scope)
    decided = _decided(connection, elusion.tail_media(test.number))
    tail = _tail(elusion.tail_size(connection, test.number), decided, test.categories)
    places = elusion.sample(connection, test)
    labels = [_label(decided, place.media_id, test.categories) for place in places]
    found = unseen.bound(tail, labels, confidence)
    complete = test.drawn == test.stated
    return {
        "test": _test(connection, test),
        "confidence": confidence,
        "tail": _numbers(tail),
        "sample": {
            "drawn": test.drawn,
            "judged": len(labels) - labels.count(None),
            "real": labels.count(True),
            "revised": sum(_revised(decided.get(place.media_id, [])) for place in places),
            "counted": found.counted.looked_at,
            "passed_over": found.counted.passed_over,
        },
        "bound": {
            "remaining": found.remaining,
            "says_something": found.remaining < tail.unjudged or not tail.unjudged,
            "broken": found.broken,
        },
        "stated_bound": unseen.stated(tail, labels, confidence) if complete else None,
        "plan": _plan(tail, labels, confidence, fewer_than),
        "to_look_at": _to_look_at(connection, places, labels, decided),
        "not_covered": _not_covered(connection, test.number),
    }


def _not_begun(
    connection: sa.Connection, scope: Scope, confidence: float, fewer_than: int | None
) -> dict[str, Any]:
    from_rank = scope.from_rank or 1
    places = open_places(connection)
    within = tail_of(places, from_rank)
    ranked = ranks.ranked()
    chosen = sa.select(ranked.c.media_id).where(
        ranked.c.rank >= from_rank, ranked.c.band.in_(COVERED)
    )
    tail = _tail(len(within), _decided(connection, chosen), scope.categories or ())
    before = len(places) - len(within)
    return {
        "test": None,
        "confidence": confidence,
        "tail": _numbers(tail),
        "sample": None,
        "bound": None,
        "stated_bound": None,
        "plan": _plan(tail, (), confidence, fewer_than),
        "to_look_at": [],
        "not_covered": {
            "since": [],
            "before": {"places": before, "undecided": before},
            "bands": _other_bands(connection),
        },
    }


def _test(connection: sa.Connection, test: ElusionTest) -> dict[str, Any]:
    begun = next(
        record
        for record in log.records(connection, ["elusion.draw"])
        if record.body["test"] == test.number
    )
    return {
        "number": test.number,
        "begun": begun.at,
        "by": begun.actor,
        "seed": test.seed.hex(),
        "from_rank": test.from_rank,
        "categories": list(test.categories),
        "stated": test.stated,
    }


def _decided(connection: sa.Connection, media_ids: sa.Select[tuple[int]]) -> Decided:
    """Origin and category of every decision, by media, oldest first."""
    found: dict[int, list[tuple[str | None, str | None]]] = defaultdict(list)
    for media_id, made in decisions.among(connection, media_ids):
        found[media_id].append((made.origin, made.category))
    return dict(found)


def _label(decided: Decided, media_id: int, categories: Sequence[str]) -> bool | None:
    return unseen.label(decided.get(media_id, ()), categories)


def _revised(decided: Sequence[tuple[str | None, str | None]]) -> bool:
    """Whether a media was judged real once, and otherwise in the end."""
    origins = [origin for origin, _ in decided if origin is not None]
    return bool(origins) and origins[-1] not in REAL and not REAL.isdisjoint(origins)


def _tail(places: int, decided: Decided, categories: Sequence[str]) -> Tail:
    labels = [_label(decided, media_id, categories) for media_id in decided]
    return Tail(places, len(labels) - labels.count(None), labels.count(True))


def _numbers(tail: Tail) -> dict[str, int]:
    return {
        "places": tail.places,
        "judged": tail.judged,
        "real": tail.real,
        "unjudged": tail.unjudged,
    }


def _plan(
    tail: Tail, labels: Sequence[bool | None], confidence: float, fewer_than: int | None
) -> list[dict[str, Any]]:
    goals = unseen.usual_goals(tail) if fewer_than is None else [fewer_than]
    made = [unseen.plan(tail, labels, goal, confidence) for goal in goals]
    return [
        {
            "fewer_than": plan.fewer_than,
            "more": plan.more,
            "if_found": [{"real": real, "more": more} for real, more in plan.if_found],
        }
        for plan in made
    ]


def _to_look_at(
    connection: sa.Connection,
    places: Sequence[ElusionPlace],
    labels: Sequence[bool | None],
    decided: Decided,
) -> list[dict[str, Any]]:
    """The places drawn and not judged, in the order of drawing, with what is lacking."""
    waiting = [place for place, label in zip(places, labels, strict=True) if label is None]
    named = _named(connection, [(place.media_id, place.rank) for place in waiting])
    return [
        shown | {"lacks": _lacks(decided.get(place.media_id, ()))}
        for place, shown in zip(waiting, named, strict=True)
    ]


def _lacks(decided: Sequence[tuple[str | None, str | None]]) -> str:
    if not decided:
        return "decision"
    return "category" if any(origin for origin, _ in decided) else "origin"


def _not_covered(connection: sa.Connection, number: int) -> dict[str, Any]:
    before, undecided = elusion.before_tail(connection, number, COVERED)
    return {
        "since": _named(connection, elusion.not_covered(connection, number, COVERED)),
        "before": {"places": before, "undecided": undecided},
        "bands": _other_bands(connection),
    }


def _other_bands(connection: sa.Connection) -> dict[str, int]:
    sizes = band_sizes(connection)
    return {band: sizes[band] for band in sorted(sizes.keys() - set(COVERED))}


def _named(connection: sa.Connection, places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """SHA-256, path and rank of places given as (media id, rank)."""
    ids = [media_id for media_id, _ in places]
    sha256 = media.digests_of(connection, ids)
    paths = files.paths_of(connection, ids)
    for media_id in set(ids) - paths.keys():  # what held it has other content now
        paths[media_id] = next(
            (str(file.locator) for file in files.past_listing(connection, media_id)), ""
        )
    return [
        {"sha256": sha256[media_id].hex(), "path": paths[media_id], "rank": rank}
        for media_id, rank in places
    ]
