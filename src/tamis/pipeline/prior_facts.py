"""What a case tells of its share of captures: ratios, decisions, and places drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess.assessment import posterior
from tamis.assess.prevalence import Known, Prevalence, prevalence
from tamis.assess.prior import FEWEST_DRAWN, Estimate, Interval, estimate
from tamis.pipeline.drawing import COVERED
from tamis.store import assessments, decisions, elusion, ranks
from tamis.triage.policy import Band

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import sqlalchemy as sa

_COUNTED = frozenset({*COVERED, Band.DECIDED})
"""Bands of places that no list knows: what is known came from elsewhere, in another mix."""
_LABELS = {"capture": 1.0, "synthetic": 0.0}


@dataclass(frozen=True, slots=True)
class Facts:
    """The places of a case, by the media that represents each.

    Args:
        places: all that count.
        ratios: log10 likelihood ratio of those that have one.
        origins: the newest origin of those on which there is a decision with one.
        tail: places that an elusion test is about; none without a test.
        sample: of these, the ones drawn and judged, up to the first that was passed over.
    """

    places: tuple[int, ...]
    ratios: Mapping[int, float]
    origins: Mapping[int, str]
    tail: frozenset[int]
    sample: tuple[int, ...]


def gather(connection: sa.Connection) -> Facts:
    """Read what a case tells."""
    origins: dict[int, str] = {}
    for media_id, made in decisions.all_decisions(connection):
        if made.origin is not None:
            origins[media_id] = made.origin
    tail, sample = _drawn(connection, origins)
    standing = [place.media_id for place in ranks.queue(connection) if place.band in _COUNTED]
    # A place of the tail counts even where it has gone from the queue since.
    places = tuple(dict.fromkeys([*standing, *sorted(tail)]))
    ratios = {key: found.log10_lr for key, found in assessments.by_media(connection).items()}
    return Facts(places, ratios, origins, tail, sample)


def _drawn(
    connection: sa.Connection, origins: Mapping[int, str]
) -> tuple[frozenset[int], tuple[int, ...]]:
    test = elusion.newest(connection)
    if test is None:
        return frozenset(), ()
    tail = frozenset(row.media_id for row in connection.execute(elusion.tail_media(test.number)))
    judged = []
    for place in elusion.sample(connection, test):
        if place.media_id not in origins:
            break
        judged.append(place.media_id)
    return tail, tuple(judged)


def estimated(facts: Facts, stated: float) -> Estimate:
    """Estimate the prior of the places that have a ratio.

    Args:
        facts: of the case.
        stated: the prior under which pictures are predicted.
    """
    chosen = [key for key in facts.places if key in facts.ratios]
    drawn = [key for key in facts.sample if key in facts.ratios]
    sample = None
    if len(drawn) >= FEWEST_DRAWN and (found := measured(facts, stated, chosen)) is not None:
        sample = Interval(found.share, found.lower, found.upper)
    labels = [_LABELS.get(facts.origins.get(key, ""), np.nan) for key in chosen]
    return estimate([facts.ratios[key] for key in chosen], labels, sample)


def measured(
    facts: Facts, stated: float, among: Collection[int] | None = None
) -> Prevalence | None:
    """Measure the share of captures among all places, or some, by the sample.

    Args:
        facts: of the case.
        stated: the prior under which pictures are predicted; half that of those without a ratio.
        among: the places; all where None.

    Returns:
        None where no place of a sample was judged.
    """
    wanted = frozenset(facts.places if among is None else among)
    sample = [key for key in facts.sample if key in wanted]
    if not sample:
        return None
    tail = facts.tail & wanted
    labels = [float(facts.origins[key] == "capture") for key in sample]
    mean = float(np.mean(_predicted(facts, sorted(tail), stated)))
    known = _known(facts, wanted - tail, tail - set(sample))
    return prevalence(labels, _predicted(facts, sample, stated), mean, len(tail), known)


def _predicted(facts: Facts, keys: Sequence[int], stated: float) -> list[float]:
    return [posterior(facts.ratios.get(key, 0.0), stated) for key in keys]


def _known(facts: Facts, outside: Collection[int], beside: Collection[int]) -> Known:
    def count(keys: Collection[int], *, captures: bool) -> int:
        judged = [facts.origins[key] for key in keys if key in facts.origins]
        return sum((origin == "capture") is captures for origin in judged)

    captures, others = count(outside, captures=True), count(outside, captures=False)
    return Known(
        captures=captures,
        others=others,
        open=len(outside) - captures - others,
        tail_captures=count(beside, captures=True),
        tail_others=count(beside, captures=False),
    )
