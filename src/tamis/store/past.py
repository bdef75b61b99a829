"""What files held before they changed: a media that was met once is never without a place.

Evidence should not change. Where it does, between two scans, the former content stays in the case,
in its stack and in the queue, and says that it is past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.store.database import chunks, insert_new
from tamis.store.schema import media, media_file, past_file, source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.store.database import Row

_KEPT = ("source_id", "locator", "size", "modified_ns", "media_id", "state", "reason")


def keep(connection: sa.Connection, file_ids: Sequence[int]) -> None:
    """Note what these files held, before they are given other content."""
    for chunk in chunks(file_ids):
        rows = connection.execute(
            sa.select(*(media_file.c[name] for name in _KEPT)).where(
                media_file.c.id.in_(chunk), media_file.c.media_id.is_not(None)
            )
        ).all()
        insert_new(connection, past_file, [dict(row._mapping) for row in rows])


def drop_returned(connection: sa.Connection) -> None:
    """Forget former contents that the file holds again: it was only touched, or put back."""
    connection.execute(
        sa.delete(past_file).where(
            sa.exists().where(
                media_file.c.source_id == past_file.c.source_id,
                media_file.c.locator == past_file.c.locator,
                media_file.c.media_id == past_file.c.media_id,
            )
        )
    )


def rows(connection: sa.Connection, media_id: int | None = None) -> Sequence[Row]:
    """Former contents of files, of one media or all: location, locator, state, reason, sha256."""
    statement = (
        sa.select(
            source.c.location,
            past_file.c.locator,
            past_file.c.state,
            past_file.c.reason,
            media.c.sha256,
            past_file.c.media_id,
        )
        .select_from(past_file.join(source).join(media))
        .order_by(source.c.location, past_file.c.locator, media.c.sha256)
    )
    if media_id is not None:
        statement = statement.where(past_file.c.media_id == media_id)
    return connection.execute(statement).all()
