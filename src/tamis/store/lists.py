"""Hash lists: stored whole or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from tamis.errors import HashListError
from tamis.i18n import _
from tamis.model import HashEntry, ListKind
from tamis.model.hash_list import ALGORITHMS
from tamis.store.database import chunks, insert_new
from tamis.store.schema import hash_entry, hash_list, hash_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tamis.store.database import Row

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class StoredList:
    """A hash list that was imported."""

    id: int
    name: str
    kind: ListKind
    format: str
    file_sha256: bytes
    entries: int
    imported_at: str
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListHit:
    """A fingerprint found on a list."""

    value: bytes
    list_name: str
    list_kind: ListKind
    entry: int
    category: str | None


@dataclass(frozen=True, slots=True)
class ListedPdq:
    """All PDQ fingerprints of all lists.

    Args:
        hashes: uint8, shape (n, 32).
        list_id: int64, shape (n,): the list each stands on.
        entry: int64, shape (n,): the entry of that list.
    """

    hashes: NDArray[np.uint8]
    list_id: NDArray[np.int64]
    entry: NDArray[np.int64]


def add(connection: sa.Connection, row: dict[str, Any], entries: Iterable[HashEntry]) -> StoredList:
    """Store a list with all its entries, in the caller's transaction.

    Args:
        connection: a write transaction; an error in `entries` must end it.
        row: name, kind, format, file_sha256, imported_at.
        entries: streamed; the number stored is counted.

    Raises:
        HashListError: a list of this name exists.
    """
    taken = connection.scalar(sa.select(hash_list.c.id).where(hash_list.c.name == row["name"]))
    if taken is not None:
        raise HashListError(
            _("a list named {name} exists; remove it or use another name", name=row["name"])
        )
    result = connection.execute(sa.insert(hash_list).values(**row, entries=0, summary="{}"))
    primary = result.inserted_primary_key
    list_id = int(primary[0]) if primary else 0
    count = 0
    for batch in _batches(entries):
        _add_batch(connection, list_id, count, batch)
        count += len(batch)
    connection.execute(sa.update(hash_list).where(hash_list.c.id == list_id).values(entries=count))
    return get(connection, row["name"])


def describe(connection: sa.Connection, name: str, summary: dict[str, Any]) -> None:
    """Keep what was noticed while a list was read."""
    connection.execute(
        sa.update(hash_list).where(hash_list.c.name == name).values(summary=json.dumps(summary))
    )


def _batches(entries: Iterable[HashEntry]) -> Iterator[list[HashEntry]]:
    batch: list[HashEntry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _add_batch(
    connection: sa.Connection, list_id: int, first: int, batch: Sequence[HashEntry]
) -> None:
    values, details = [], []
    for number, entry in enumerate(batch, start=first):
        values += [
            {"algorithm": algorithm, "value": value, "list_id": list_id, "entry": number}
            for algorithm, value in entry.hashes.items()
        ]
        if entry.category is not None or entry.quality is not None or entry.extra:
            details.append(
                {
                    "list_id": list_id,
                    "entry": number,
                    "category": entry.category,
                    "quality": entry.quality,
                    "extra": json.dumps(entry.extra, sort_keys=True, default=str),
                }
            )
    insert_new(connection, hash_value, values)
    insert_new(connection, hash_entry, details)


def get(connection: sa.Connection, name: str) -> StoredList:
    """The list of this name.

    Raises:
        HashListError: there is none.
    """
    row = connection.execute(sa.select(hash_list).where(hash_list.c.name == name)).first()
    if row is None:
        raise HashListError(_("there is no list named {name}", name=name))
    return _stored(row)


def all_lists(connection: sa.Connection) -> list[StoredList]:
    """Every list, by name."""
    rows = connection.execute(sa.select(hash_list).order_by(hash_list.c.name))
    return [_stored(row) for row in rows]


def _stored(row: Row) -> StoredList:
    return StoredList(
        row.id,
        row.name,
        ListKind(row.kind),
        row.format,
        row.file_sha256,
        row.entries,
        row.imported_at,
        json.loads(row.summary),
    )


def remove(connection: sa.Connection, name: str) -> StoredList:
    """Remove a list and all its entries.

    Raises:
        HashListError: there is none of this name.
    """
    found = get(connection, name)
    for table, column in ((hash_value, hash_value.c.list_id), (hash_entry, hash_entry.c.list_id)):
        connection.execute(sa.delete(table).where(column == found.id))
    connection.execute(sa.delete(hash_list).where(hash_list.c.id == found.id))
    return found


def entries(connection: sa.Connection, name: str) -> Iterator[HashEntry]:
    """All entries of a list, in their order."""
    list_id = get(connection, name).id
    rows = connection.execute(
        sa.select(
            hash_value.c.entry,
            hash_value.c.algorithm,
            hash_value.c.value,
            hash_entry.c.category,
            hash_entry.c.quality,
            hash_entry.c.extra,
        )
        .select_from(_with_details())
        .where(hash_value.c.list_id == list_id)
        .order_by(hash_value.c.entry, hash_value.c.algorithm)
    )
    number, gathered, last = -1, dict[str, bytes](), None
    for row in rows:
        if row.entry != number and last is not None:
            yield _entry(last, gathered)
            gathered = {}
        number, last = row.entry, row
        gathered[row.algorithm] = row.value
    if last is not None:
        yield _entry(last, gathered)


def _with_details() -> sa.FromClause:
    return hash_value.outerjoin(
        hash_entry,
        (hash_value.c.list_id == hash_entry.c.list_id) & (hash_value.c.entry == hash_entry.c.entry),
    )


def _entry(row: Row, hashes: dict[str, bytes]) -> HashEntry:
    return HashEntry(hashes, row.category, row.quality, json.loads(row.extra or "{}"))


def revision(connection: sa.Connection) -> str:
    """Changes whenever a list is added or removed."""
    parts = (
        f"{item.name}:{item.kind}:{item.imported_at}:{item.file_sha256.hex()}"
        for item in all_lists(connection)
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def find_exact(
    connection: sa.Connection, algorithm: str, values: Sequence[bytes]
) -> Iterator[ListHit]:
    """Entries of lists that hold any of these values of a cryptographic hash."""
    for chunk in chunks(values):
        rows = connection.execute(
            _hits().where(hash_value.c.algorithm == algorithm, hash_value.c.value.in_(chunk))
        )
        yield from (_hit(row) for row in rows)


def exact_algorithms(connection: sa.Connection) -> list[str]:
    """The cryptographic hashes that occur on any list."""
    return [
        name
        for name in ALGORITHMS
        if name != "pdq"
        and connection.scalar(
            sa.select(hash_value.c.entry).where(hash_value.c.algorithm == name).limit(1)
        )
        is not None
    ]


def listed_pdq(connection: sa.Connection, quality: int) -> ListedPdq:
    """Every PDQ of every list, without those known to be of a lower quality."""
    known = sa.or_(hash_entry.c.quality.is_(None), hash_entry.c.quality >= quality)
    rows = connection.execute(
        sa.select(hash_value.c.value, hash_value.c.list_id, hash_value.c.entry)
        .select_from(_with_details())
        .where(hash_value.c.algorithm == "pdq", known)
        .order_by(hash_value.c.value, hash_value.c.list_id, hash_value.c.entry)
    ).all()
    return ListedPdq(
        np.frombuffer(b"".join(row.value for row in rows), dtype=np.uint8).reshape(-1, 32),
        np.array([row.list_id for row in rows], dtype=np.int64),
        np.array([row.entry for row in rows], dtype=np.int64),
    )


def hits(connection: sa.Connection, list_id: int, entries: Sequence[int]) -> Iterator[ListHit]:
    """What stands on a list at these entries, for their PDQ."""
    name, kind = connection.execute(
        sa.select(hash_list.c.name, hash_list.c.kind).where(hash_list.c.id == list_id)
    ).one()
    for chunk in chunks(entries):
        details = connection.execute(
            sa.select(hash_entry.c.entry, hash_entry.c.category).where(
                hash_entry.c.list_id == list_id, hash_entry.c.entry.in_(chunk)
            )
        )
        categories = {row.entry: row.category for row in details}
        for entry in chunk:
            yield ListHit(b"", name, ListKind(kind), entry, categories.get(entry))


def _hits() -> sa.Select[Any]:
    return (
        sa.select(
            hash_value.c.value,
            hash_value.c.entry,
            hash_list.c.name,
            hash_list.c.kind,
            hash_entry.c.category,
        )
        .select_from(_with_details().join(hash_list, hash_value.c.list_id == hash_list.c.id))
        .order_by(hash_list.c.name, hash_value.c.entry)
    )


def _hit(row: Row) -> ListHit:
    return ListHit(row.value, row.name, ListKind(row.kind), row.entry, row.category)
