"""Decisions: what a person said of a media. The newest counts; older ones stay on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.store.schema import decision, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.store.database import MediaIds


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Args:
        category: in the scheme of the site; None where only the origin was judged.
        origin: ``capture``, ``synthetic``, ``hybrid`` or ``graphic``.
        audit_seq: number of the audit record that tells of it.
    """

    sha256: bytes
    category: str | None
    origin: str | None
    note: str | None
    actor: str
    at: str
    audit_seq: int


def add(connection: sa.Connection, media_id: int, made: Decision) -> None:
    """Store a decision."""
    connection.execute(
        sa.insert(decision).values(
            media_id=media_id,
            category=made.category,
            origin=made.origin,
            note=made.note,
            actor=made.actor,
            at=made.at,
            audit_seq=made.audit_seq,
        )
    )


def of_media(connection: sa.Connection, media_id: int) -> list[Decision]:
    """The decisions on one media, oldest first."""
    return [made for _, made in _select(connection, decision.c.media_id == media_id)]


def among(
    connection: sa.Connection, media_ids: sa.Select[tuple[int]]
) -> Iterator[tuple[int, Decision]]:
    """The decisions on the media that a statement selects, oldest first: (media id, decision)."""
    yield from _select(connection, decision.c.media_id.in_(media_ids))


def all_decisions(
    connection: sa.Connection, media_ids: MediaIds | None = None
) -> Iterator[tuple[int, Decision]]:
    """All decisions, or those on some media, oldest first: (media id, decision)."""
    asked = sa.true() if media_ids is None else decision.c.media_id.in_(media_ids)
    yield from _select(connection, asked)


def count(connection: sa.Connection) -> int:
    """How many decisions were made."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(decision)) or 0)


def _select(
    connection: sa.Connection, condition: sa.ColumnElement[Any]
) -> Iterator[tuple[int, Decision]]:
    rows = connection.execute(
        sa.select(decision, media.c.sha256)
        .select_from(decision.join(media))
        .where(condition)
        .order_by(decision.c.id)
    )
    for row in rows:
        yield (
            row.media_id,
            Decision(
                row.sha256,
                row.category,
                row.origin,
                row.note,
                row.actor,
                row.at,
                row.audit_seq,
            ),
        )
