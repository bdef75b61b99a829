"""The orders in which a queue is replayed: that of Tamis, and what people do without it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa

from tamis.pipeline.stack_facts import stack_facts
from tamis.pipeline.take_in import versions_in_force
from tamis.store import observations
from tamis.store.schema import media, media_file, past_file, source
from tamis.triage.policy import load_policy
from tamis.triage.queue import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.triage.queue import MemberFacts, QueuePlace, StackFacts

    Keys = NDArray[np.float64]
    Values = Mapping[int, float]

ORDERS = ("queue", "declared", "network", "size", "path", "date")
"""``queue``: that of Tamis. ``declared``: the same, were nothing to be read from the pixels.
``network``: the score of the pixel network alone. ``size``: the largest files first. ``path`` and
``date``: as files lie in their source, and as they were last written, the oldest first."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The stacks of a case as they were before anybody decided on any.

    Args:
        ids: media id of the representative of each.
        members: media ids of the members of each.
        places: in the queue, by the media id of the representative.
    """

    ids: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]
    places: Mapping[int, QueuePlace]


def replayed(
    connection: sa.Connection, settings: Settings, seed: bytes
) -> tuple[Replayed, dict[str, Keys]]:
    """Return the stacks, and a key of each in each of `ORDERS`.

    Raises:
        PolicyError: the site's policy is wrong.
    """
    versions = versions_in_force(settings)
    policy = load_policy(settings.policy)
    facts = [(key, _with(stack, _undecided)) for key, stack in stack_facts(connection, versions)]
    ids = {row.sha256: row.id for row in connection.execute(sa.select(media.c.id, media.c.sha256))}
    stacks = Replayed(
        ids=tuple(key for key, _ in facts),
        members=tuple(tuple(ids[each.sha256] for each in stack.members) for _, stack in facts),
        places=_places(order([stack for _, stack in facts], policy, seed), ids),
    )
    blind = order([_with(stack, _without_pixels) for _, stack in facts], policy, seed)
    keys = {
        "queue": _ranks(stacks.places, stacks.ids),
        "declared": _ranks(_places(blind, ids), stacks.ids),
        "network": _earliest(stacks.members, _scores(connection, versions), missing=0.0),
    }
    for name, values in _of_files(connection).items():
        keys[name] = _earliest(stacks.members, values, missing=np.inf)
    return stacks, keys


def _with(stack: StackFacts, change: Callable[[MemberFacts], MemberFacts]) -> StackFacts:
    return replace(stack, members=tuple(change(member) for member in stack.members))


def _undecided(member: MemberFacts) -> MemberFacts:
    return replace(member, decided=False, judged="")


def _without_pixels(member: MemberFacts) -> MemberFacts:
    return replace(member, pixels=0.0, conflict=False, altered_region=False)


def _places(places: Iterable[QueuePlace], ids: Mapping[bytes, int]) -> dict[int, QueuePlace]:
    return {ids[place.sha256]: place for place in places}


def _ranks(places: Mapping[int, QueuePlace], ids: Sequence[int]) -> Keys:
    return np.array([places[key].rank for key in ids], np.float64)


def _earliest(members: Iterable[Sequence[int]], values: Values, missing: float) -> Keys:
    """Return the key of each stack: whoever goes by it meets the first of its members."""
    return np.array([min(values.get(key, missing) for key in stacked) for stacked in members])


def _scores(connection: sa.Connection, versions: Mapping[str, str]) -> Values:
    """Return logits of the network, above 0 for synthesis; without one a picture stands at 0."""
    found = observations.named(connection, ["network.score"], versions)
    return {
        key: float(item.score)
        for key, observed in found.items()
        for item in observed
        if item.score is not None
    }


def _of_files(connection: sa.Connection) -> dict[str, Values]:
    """Return keys by media that come from the files that hold them."""
    sizes: dict[int, float] = {}
    dates: dict[int, float] = defaultdict(lambda: np.inf)
    first: dict[int, tuple[bytes, bytes]] = {}
    for table in (media_file, past_file):
        columns = (table.c.media_id, table.c.size, table.c.modified_ns, table.c.locator)
        rows = connection.execute(
            sa.select(*columns, source.c.location)
            .select_from(table.join(source, source.c.id == table.c.source_id))
            .where(table.c.media_id.is_not(None))
        )
        for row in rows:
            sizes[row.media_id] = -float(row.size)
            if row.modified_ns is not None:
                dates[row.media_id] = min(dates[row.media_id], float(row.modified_ns))
            place = (row.location, row.locator)
            first[row.media_id] = min(first.get(row.media_id, place), place)
    ordered = sorted(first, key=first.__getitem__)
    paths = {key: float(number) for number, key in enumerate(ordered)}
    return {"size": sizes, "path": paths, "date": dict(dates)}
