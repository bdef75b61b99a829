"""Sources and media files: what was met, and where each file ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.model import FOLDER_UNREADABLE, FileState, Locator
from tamis.store import past
from tamis.store.database import chunks, insert_new
from tamis.store.schema import media, media_file, source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tamis.model import SourceEntry
    from tamis.store.database import Row

TRANSIENT = frozenset(("vanished", "permission_denied", "read_error", "io_error"))
"""Reasons that say something about the moment rather than the file: worth another try."""

_LISTING = frozenset(("archive_limit", "archive_bomb"))
"""Reasons that stand for members of an archive which were not listed, or not as they are: to try
them again, the archive is listed again."""

_LARGEST = 2**63 - 1
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
        past.keep(connection, [int(str(row["row_id"])) for row in changed])
        statement = sa.update(media_file).where(media_file.c.id == sa.bindparam("row_id"))
        connection.execute(statement, changed)
    return WalkCounts(len(fresh), len(changed), len(keys) - len(fresh) - len(changed))


def _fields(entry: SourceEntry) -> dict[str, object]:
    state = entry.state or FileState.TAKEN_IN
    return {
        "size": min(entry.size, _LARGEST),
        "modified_ns": _time(entry.modified_ns),
        "state": state.value,
        "reason": entry.reason,
    }


def _changed(row: Row, entry: SourceEntry) -> bool:
    if entry.state is not None:
        return bool(row.state != entry.state.value)
    fields = _fields(entry)
    return (row.size, row.modified_ns) != (fields["size"], fields["modified_ns"])


def _time(modified_ns: int | None) -> int | None:
    """A time the database can hold; years beyond 2262 and before 1678 are forged or a fault."""
    return None if modified_ns is None or abs(modified_ns) > _LARGEST else modified_ns


def try_again(
    connection: sa.Connection, source_id: int, codes: Collection[str] | None = TRANSIENT
) -> None:
    """Make files of a source that could not be examined at the time pending again.

    Evidence on a drive that was pulled out, or on a share that was away, is taken in when it is
    back.

    Args:
        connection: a write transaction.
        source_id: of the source.
        codes: reason codes of the files; None for all that are not wholly examined.
    """
    failed = media_file.c.state.in_([FileState.UNREADABLE.value, FileState.PARTLY_EXAMINED.value])
    # Of a video too large to keep in memory not even the container was read.
    unread = sa.and_(
        media_file.c.state == FileState.TAKEN_IN.value, media_file.c.reason.like("too_large:%")
    )
    rows = connection.execute(
        sa.select(media_file).where(media_file.c.source_id == source_id, sa.or_(failed, unread))
    ).all()
    again, unlisted, archives = [], [], []
    for row in rows:
        code = row.reason.partition(":")[0]
        if codes is not None and code not in codes:
            continue
        archive, _, member = row.locator.rpartition(b"\0")
        if archive and member and code in _LISTING and row.media_id is None:
            unlisted.append(row.id)
            archives.append(archive)
        else:
            again.append(row.id)
    for chunk in chunks(unlisted):
        connection.execute(sa.delete(media_file).where(media_file.c.id.in_(chunk)))
    _make_pending(connection, again, media_file.c.id)
    _make_pending(connection, archives, media_file.c.locator, media_file.c.source_id == source_id)


def _make_pending(
    connection: sa.Connection,
    values: Sequence[object],
    column: sa.Column[Any],
    also: sa.ColumnElement[bool] | None = None,
) -> None:
    for chunk in chunks(values):
        connection.execute(
            sa.update(media_file)
            .where(column.in_(chunk), sa.true() if also is None else also)
            .values(state=FileState.TAKEN_IN.value, reason="")
        )


def forget_folders(connection: sa.Connection, source_id: int) -> None:
    """Drop the rows of folders that could not be listed: the walk to come names those that remain.

    A folder is no media file. It has a row only so that what lies in it is not silently missing.
    """
    connection.execute(
        sa.delete(media_file).where(
            media_file.c.source_id == source_id,
            media_file.c.state == FileState.UNREADABLE.value,
            media_file.c.media_id.is_(None),
            media_file.c.reason.startswith(f"{FOLDER_UNREADABLE}:"),
        )
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
    connection: sa.Connection,
    before: Mapping[int, Row],
    rows: Iterable[tuple[int, int | None, FileState, str]],
) -> None:
    """Record where files ended.

    A file that was read before and cannot be read now keeps its media, and unless it was pending
    its state: it is looked at again only because an examination changed, and nothing is lost. One
    that holds another media now leaves the former one to `tamis.store.past`.

    Args:
        connection: a write transaction.
        before: as these files stand, see `current`.
        rows: file id, media id, state and reason.
    """
    values, replaced = [], []
    for file_id, media_id, state, reason in rows:
        stood = before[file_id]
        held, pending = stood.media_id, stood.state == FileState.TAKEN_IN.value and not stood.reason
        if held is not None and media_id is None and not pending:
            continue
        if held is not None and media_id not in (None, held):
            replaced.append(file_id)
        values.append(
            {
                "row_id": file_id,
                "media_id": held if media_id is None else media_id,
                "state": state.value,
                "reason": reason,
            }
        )
    past.keep(connection, replaced)
    if values:
        statement = sa.update(media_file).where(media_file.c.id == sa.bindparam("row_id"))
        connection.execute(statement, values)


def current(connection: sa.Connection, file_ids: Sequence[int]) -> dict[int, Row]:
    """Media id, state and reason of these files as they stand, by their id."""
    columns = (media_file.c.id, media_file.c.media_id, media_file.c.state, media_file.c.reason)
    return {
        row.id: row
        for chunk in chunks(file_ids)
        for row in connection.execute(sa.select(*columns).where(media_file.c.id.in_(chunk)))
    }


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


def paths_of(connection: sa.Connection, media_ids: Collection[int]) -> dict[int, str]:
    """The first path of some media by their ids, as it is shown."""
    found: dict[int, str] = {}
    for chunk in chunks(sorted(media_ids)):
        rows = connection.execute(
            sa.select(media_file.c.media_id, media_file.c.locator)
            .where(media_file.c.media_id.in_(chunk))
            .order_by(media_file.c.locator.desc())
        )
        found.update({row.media_id: str(Locator.from_key(row.locator)) for row in rows})
    return found


def past_listing(connection: sa.Connection, media_id: int | None = None) -> Iterator[ListedFile]:
    """What files held before they changed, ordered by source, path and content."""
    for row in past.rows(connection, media_id):
        locator = Locator.from_key(row.locator)
        yield ListedFile(row.location, locator, FileState(row.state), row.reason, row.sha256)
