"""What the stages after taking in derive: matches and stacks.

Each is replaced as a whole or extended, in one transaction, with a note of the inputs it was made
from; a stage whose inputs did not change has nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.model import ListKind, MediaKind
from tamis.store.database import insert_new
from tamis.store.schema import hash_match, media, stack, stage_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tamis.store.database import MediaIds


@dataclass(frozen=True, slots=True)
class Match:
    """A media that is on a hash list.

    Args:
        scope: ``site`` or ``case``: where the list is kept.
        distance: 0 for cryptographic hashes, differing bits for PDQ.
        orientation: index of the PDQ variant that matched; 0 is the picture as displayed.
    """

    media_id: int
    scope: str
    list_name: str
    list_kind: ListKind
    entry: int
    algorithm: str
    distance: int = 0
    orientation: int = 0
    category: str | None = None


@dataclass(frozen=True, slots=True)
class StackMember:
    """A media and the one that represents it, with their distance in bits."""

    media_id: int
    representative_id: int
    distance: int


def inputs_of(connection: sa.Connection, stage: str) -> str | None:
    """From what a stage was last made; None where it never ran."""
    return connection.scalar(sa.select(stage_run.c.inputs).where(stage_run.c.stage == stage))


def note_inputs(connection: sa.Connection, stage: str, inputs: str) -> None:
    """Remember from what a stage was made."""
    connection.execute(sa.delete(stage_run).where(stage_run.c.stage == stage))
    connection.execute(sa.insert(stage_run).values(stage=stage, inputs=inputs))


def clear_matches(connection: sa.Connection) -> None:
    """Forget all matches, because the lists changed."""
    connection.execute(sa.delete(hash_match))


def add_matches(connection: sa.Connection, matches: Iterable[Match]) -> None:
    """Store matches; of the same entry and algorithm the first one given stays."""
    insert_new(
        connection,
        hash_match,
        [
            {
                "media_id": match.media_id,
                "scope": match.scope,
                "list_name": match.list_name,
                "entry": match.entry,
                "algorithm": match.algorithm,
                "list_kind": match.list_kind.value,
                "distance": match.distance,
                "orientation": match.orientation,
                "category": match.category,
            }
            for match in matches
        ],
    )


def matches(connection: sa.Connection, media_ids: MediaIds | None = None) -> Iterator[Match]:
    """All matches, or those of some media, in a fixed order."""
    statement = sa.select(hash_match).order_by(
        hash_match.c.media_id,
        hash_match.c.distance,
        hash_match.c.list_name,
        hash_match.c.entry,
        hash_match.c.algorithm,
    )
    if media_ids is not None:
        statement = statement.where(hash_match.c.media_id.in_(media_ids))
    for row in connection.execute(statement):
        yield Match(
            row.media_id,
            row.scope,
            row.list_name,
            ListKind(row.list_kind),
            row.entry,
            row.algorithm,
            row.distance,
            row.orientation,
            row.category,
        )


def listed_media(
    connection: sa.Connection, kinds: Collection[ListKind], but_for: Collection[MediaKind]
) -> list[int]:
    """Media on a list of one of these kinds that are themselves not of the kinds `but_for`."""
    statement = (
        sa.select(hash_match.c.media_id)
        .distinct()
        .select_from(hash_match.join(media, media.c.id == hash_match.c.media_id))
        .where(
            hash_match.c.list_kind.in_([kind.value for kind in kinds]),
            media.c.kind.not_in([kind.value for kind in but_for]),
        )
        .order_by(hash_match.c.media_id)
    )
    return [int(media_id) for media_id in connection.scalars(statement)]


def replace_stacks(connection: sa.Connection, members: Iterable[StackMember]) -> None:
    """Store the stacks anew."""
    connection.execute(sa.delete(stack))
    insert_new(
        connection,
        stack,
        [
            {
                "media_id": member.media_id,
                "representative_id": member.representative_id,
                "distance": member.distance,
            }
            for member in members
        ],
    )


def stacks(
    connection: sa.Connection, representatives: Collection[int] | None = None
) -> list[StackMember]:
    """Every media, or those of some stacks, with its representative, by ascending media id."""
    statement = sa.select(stack).order_by(stack.c.media_id)
    if representatives is not None:
        statement = statement.where(stack.c.representative_id.in_(representatives))
    rows = connection.execute(statement)
    return [StackMember(row.media_id, row.representative_id, row.distance) for row in rows]


def members_of(representatives: Collection[int]) -> sa.Select[tuple[int]]:
    """The statement that selects the media of some stacks."""
    return sa.select(stack.c.media_id).where(stack.c.representative_id.in_(representatives))


def stack_of(connection: sa.Connection, media_id: int) -> list[tuple[bytes, int, bool]]:
    """The stack a media lies in: (sha256, distance to the representative, is representative)."""
    representative = (
        sa.select(stack.c.representative_id).where(stack.c.media_id == media_id).scalar_subquery()
    )
    rows = connection.execute(
        sa.select(media.c.sha256, stack.c.distance, stack.c.media_id, stack.c.representative_id)
        .select_from(stack.join(media, stack.c.media_id == media.c.id))
        .where(stack.c.representative_id == representative)
        .order_by(stack.c.distance, media.c.sha256)
    )
    return [(row.sha256, row.distance, row.media_id == row.representative_id) for row in rows]
