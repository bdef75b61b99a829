"""Sources and media files: what was met, and where each file ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.model import FileState, Locator
from tamis.store.database import chunks, insert_new
from tamis.store.schema import media, media_file, source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tamis.model import SourceEntry
    from tamis.store.database import Row

TRANSIENT = ("vanished", "permission_denied", "read_error", "io_error")
"""Reasons that say something about the moment rather than the file: worth another try."""

_PENDING = (media_file.c.state == FileState.TAKEN_IN.value) & (media_file.c.reason == "")


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source of the case."""

    id: int
    plugin: str
    location: bytes


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A media file that is still to be looked at."""

    id: int
    source_id: int
    locator: Locator
    size: int


@dataclass(frozen=True, slots=True)
class WalkCounts:
    """How a part of a walk compares with what the case already holds."""

    new: int = 0
    changed: int = 0
    known: int = 0
    gone: int = 0

    def __add__(self, other: WalkCounts) -> WalkCounts:
        return WalkCounts(
            self.new + other.new,
            self.changed + other.changed,
            self.known + other.known,
            self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A media file as listed to a user."""

    location: bytes
    locator: Locator
    state: FileState
    reason: str
    sha256: bytes | None

    @property
    def waits(self) -> bool:
        """Whether it is still to be looked at."""
        return self.state is FileState.TAKEN_IN and not self.reason


def add_source(connection: sa.Connection, plugin: str, location: bytes) -> int:
    """Record a source and return its id; the same location keeps its id."""
    insert_new(connection, source, [{"plugin": plugin, "location": location}])
    return int(
        connection.execute(sa.select(source.c.id).where(source.c.location == location)).scalar_one()
    )


def sources(connection: sa.Connection) -> list[StoredSource]:
    """All sources of the case, in the order they were added."""
    rows = connection.execute(sa.select(source).order_by(source.c.id))
    return [StoredSource(row.id, row.plugin, row.location) for row in rows]


def record_walk(
    connection: sa.Connection, source_id: int, entries: Sequence[SourceEntry]
) -> WalkCounts:
    """Record entries of a walk; a file whose size or time changed is to be looked at again."""
    keys = {entry.locator.key: entry for entry in entries}
    known = {
        row.locator: row
        for chunk in chunks(list(keys))
        for row in connection.execute(
            sa.select(
                media_file.c.id,
                media_file.c.locator,
                media_file.c.size,
                media_file.c.modified_ns,
                media_file.c.state,
            ).where(media_file.c.source_id == source_id, media_file.c.locator.in_(chunk))
        )
    }
    fresh = [
        {"source_id": source_id, "locator": key, "media_id": None, **_fields(entry)}
        for key, entry in keys.items()
        if key not in known
    ]
    insert_new(connection, media_file, fresh)
    changed = [
        {"row_id": known[key].id, "media_id": None, **_fields(entry)}
        for key, entry in keys.items()
        if key in known and _changed(known[key], entry)
    ]
    if changed:
        statement = sa.update(media_file).where(media_file.c.id == sa.bindparam("row_id"))
        connection.execute(statement, changed)
    return WalkCounts(len(fresh), len(changed), len(keys) - len(fresh) - len(changed))


def _fields(entry: SourceEntry) -> dict[str, object]:
    state = entry.state or FileState.TAKEN_IN
    return {
        "size": entry.size,
        "modified_ns": entry.modified_ns,
        "state": state.value,
        "reason": entry.reason,
    }


def _changed(row: Row, entry: SourceEntry) -> bool:
    if entry.state is not None:
        return bool(row.state != entry.state.value)
    return (row.size, row.modified_ns) != (entry.size, entry.modified_ns)


def try_again(connection: sa.Connection, source_id: int) -> None:
    """Make files of a source that could not be read at the time pending again.

    Evidence on a drive that was pulled out, or on a share that was away, is taken in when it is
    back.
    """
    rows = connection.execute(
        sa.select(media_file.c.id, media_file.c.reason).where(
            media_file.c.source_id == source_id,
            media_file.c.state == FileState.UNREADABLE.value,
            media_file.c.media_id.is_(None),
        )
    ).all()
    finish(
        connection,
        [
            (row.id, None, FileState.TAKEN_IN, "")
            for row in rows
            if row.reason.partition(":")[0] in TRANSIENT
        ],
    )


def pending(
    connection: sa.Connection, sources: Sequence[int], after: int, limit: int
) -> list[PendingFile]:
    """The next files of these sources to be looked at, by ascending id."""
    rows = connection.execute(
        sa.select(media_file.c.id, media_file.c.source_id, media_file.c.locator, media_file.c.size)
        .where(_PENDING, media_file.c.id > after, media_file.c.source_id.in_(sources))
        .order_by(media_file.c.id)
        .limit(limit)
    )
    return [
        PendingFile(row.id, row.source_id, Locator.from_key(row.locator), row.size) for row in rows
    ]


def pending_count(connection: sa.Connection, sources: Sequence[int]) -> int:
    """How many files of these sources are still to be looked at."""
    statement = (
        sa.select(sa.func.count())
        .select_from(media_file)
        .where(_PENDING, media_file.c.source_id.in_(sources))
    )
    return int(connection.execute(statement).scalar_one())


def outside_archives(connection: sa.Connection, source_id: int) -> int:
    """How many files of a source a walk met so far; members of archives are not walked."""
    statement = sa.select(sa.func.count()).where(
        media_file.c.source_id == source_id,
        sa.func.instr(media_file.c.locator, b"\0") == 0,
    )
    return int(connection.execute(statement).scalar_one())


def waiting(connection: sa.Connection) -> int:
    """How many files of the case are still to be looked at: a scan runs, or was cut off."""
    statement = sa.select(sa.func.count()).select_from(media_file).where(_PENDING)
    return int(connection.execute(statement).scalar_one())


def finish(
    connection: sa.Connection, rows: Iterable[tuple[int, int | None, FileState, str]]
) -> None:
    """Record where files ended: (file id, media id, state, reason)."""
    values = [
        {"row_id": file_id, "media_id": media_id, "state": state.value, "reason": reason}
        for file_id, media_id, state, reason in rows
    ]
    if values:
        statement = sa.update(media_file).where(media_file.c.id == sa.bindparam("row_id"))
        connection.execute(statement, values)


def counts(connection: sa.Connection) -> dict[str, int]:
    """How many media files are in each state; all five are named."""
    rows = connection.execute(
        sa.select(media_file.c.state, sa.func.count()).group_by(media_file.c.state)
    )
    found = {state: int(number) for state, number in rows}
    return {state.value: found.get(state.value, 0) for state in FileState}


def listing(connection: sa.Connection, media_id: int | None = None) -> Iterator[ListedFile]:
    """Every media file with its state and reason, ordered by source and path."""
    statement = (
        sa.select(
            source.c.location,
            media_file.c.locator,
            media_file.c.state,
            media_file.c.reason,
            media.c.sha256,
        )
        .select_from(media_file.join(source).outerjoin(media))
        .order_by(source.c.location, media_file.c.locator)
    )
    if media_id is not None:
        statement = statement.where(media_file.c.media_id == media_id)
    for row in connection.execute(statement):
        yield ListedFile(
            row.location,
            Locator.from_key(row.locator),
            FileState(row.state),
            row.reason,
            row.sha256,
        )
