"""Where files ended: copies of one picture end alike, whichever of them was looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.model import FileState
from tamis.store import files
from tamis.store.schema import media_file

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tamis.store.database import Row

_BEST_FIRST = (FileState.EXAMINED, FileState.PARTLY_EXAMINED, FileState.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Ended:
    """How looking at a file ended.

    Args:
        media_id: None where not even its bytes could be read.
        picture: copies end alike; archives and others may not, for limits may stop one of them.
    """

    file_id: int
    media_id: int | None
    state: FileState
    reason: str
    picture: bool


def settle(connection: sa.Connection, ended: Sequence[Ended], known: Collection[int]) -> None:
    """Record where files ended.

    A worker may have died on one copy for want of memory and not on the next: the best end counts
    for all of them. Where a file was looked at again, the new end does.

    Args:
        connection: a write transaction.
        ended: the files.
        known: media that were stored before, and so may have other files.
    """
    before = files.current(connection, [item.file_id for item in ended])
    ends: dict[int, Ended] = {}
    changed: set[int] = set()
    for item in ended:
        if item.media_id is None or not item.picture:
            continue
        stood = ends.get(item.media_id)
        if stood is None and item.media_id in known:
            stood = _copy(connection, item)
        again = before[item.file_id].media_id == item.media_id
        if stood is None or again or rank(item.state) < rank(stood.state):
            ends[item.media_id] = item
            if stood and (stood.state, stood.reason) != (item.state, item.reason):
                changed.add(item.media_id)
        else:
            ends[item.media_id] = stood
    files.finish(connection, before, [_row(item, ends) for item in ended])
    for media_id in sorted(changed):
        connection.execute(
            sa.update(media_file)
            .where(media_file.c.media_id == media_id)
            .values(state=ends[media_id].state.value, reason=ends[media_id].reason)
        )


def _row(item: Ended, ends: dict[int, Ended]) -> tuple[int, int | None, FileState, str]:
    if item.picture and item.media_id is not None:
        end = ends[item.media_id]
        item = replace(item, state=end.state, reason=end.reason)
    return item.file_id, item.media_id, item.state, item.reason


def rank(state: FileState) -> int:
    """The lower, the more was seen of a picture."""
    return _BEST_FIRST.index(state) if state in _BEST_FIRST else len(_BEST_FIRST)


def _copy(connection: sa.Connection, item: Ended) -> Ended | None:
    """How a stored copy of the same media ended; they all ended alike."""
    row: Row | None = connection.execute(
        sa.select(media_file.c.id, media_file.c.state, media_file.c.reason)
        .where(media_file.c.media_id == item.media_id)
        .order_by(media_file.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return replace(item, file_id=row.id, state=FileState(row.state), reason=row.reason)
