"""Digests of what is stored, to be kept in the audit log and held against the tables later.

Of a table: every row is encoded, the rows of one media joined in the order of the primary key and
digested, and these digests sorted and digested once more, all with SHA-256. Row numbers do not
enter: a reference is what names the row it points at, the SHA-256 of a media, the plug-in and
location of a source. So the same evidence gives the same digests in every case, in whatever order
workers answered.

A value is encoded by its type and what it holds, so that no two rows look alike: ``n`` for NULL,
``i<digits>;`` for an integer, ``f`` and eight bytes (IEEE 754, big-endian) for a real number,
``t<length>:`` and UTF-8 for text, ``b<length>:`` and the bytes for a blob.

The queue keeps the digest of each of its rows beside it, so that a decision, which changes a few,
need not read the others. What is held against the log is made from the rows themselves.

A migration that changes one of these tables appends a record to the audit log with the digests
that hold from then on.
"""

from __future__ import annotations

import hashlib
import struct
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tamis.store.database import chunks, untyped
from tamis.store.schema import (
    PRIOR,
    assessment,
    case_info,
    elusion_place,
    elusion_test,
    examination_run,
    fingerprint,
    hash_entry,
    hash_list,
    hash_match,
    hash_value,
    media,
    media_file,
    observation,
    past_file,
    queue_place,
    source,
    stack,
    stage_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_OF_SCAN = (case_info, media_file, past_file, media, fingerprint, examination_run, observation)
_OF_STAGE = {"match": hash_match, "stack": stack, "assess": assessment, "queue": queue_place}
_OF_ELUSION = (elusion_test, elusion_place)

NEVER_RUN = {
    stage: {table.name: hashlib.sha256().hexdigest(), stage_run.name: ""}
    for stage, table in _OF_STAGE.items()
}
"""What `of_stage` gives for each stage before it ran."""

NEVER_DRAWN = {table.name: hashlib.sha256().hexdigest() for table in _OF_ELUSION}
"""What `of_elusion` gives before an elusion test was begun."""

NEVER_CHOSEN = {case_info.name: ""}
"""What `of_prior` gives before anybody chose a prior."""

_APART = {case_info.name: case_info.c.key != sa.literal_column(f"'{PRIOR}'")}
"""Of a table, the rows that its digest is over, where these are not all."""

_NAMED_BY = {media: ("sha256",), source: ("plugin", "location"), elusion_test: ("number",)}
"""What names a row of a table that others refer to by its number."""

_LEFT_OUT = {"id", queue_place.c.digest.name}
"""Columns that do not enter: row numbers, and what is made from the others."""

_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"n",
    int: lambda value: b"i%d;" % value,
    float: lambda value: b"f" + struct.pack(">d", value),
    str: lambda value: _delimited(b"t", value.encode()),
    bytes: lambda value: _delimited(b"b", value),
}


def of_scan(connection: sa.Connection) -> dict[str, str]:
    """The digest of every table that a scan writes, by table, in hexadecimal."""
    return {table.name: _of_table(connection, table) for table in _OF_SCAN}


def of_stage(connection: sa.Connection, stage: str) -> dict[str, str]:
    """The digests of what a stage made and of what it noted to have made it from, by table.

    Args:
        connection: to the case.
        stage: ``match``, ``stack``, ``assess`` or ``queue``.
    """
    inputs = connection.scalar(sa.select(stage_run.c.inputs).where(stage_run.c.stage == stage))
    return {
        _OF_STAGE[stage].name: _of_table(connection, _OF_STAGE[stage]),
        stage_run.name: "" if inputs is None else hashlib.sha256(inputs.encode()).hexdigest(),
    }


def of_queue(connection: sa.Connection) -> dict[str, str]:
    """What `of_stage` gives for the queue, from the digests that are kept of its rows."""
    kept = untyped([queue_place.c.digest]).order_by(queue_place.c.digest)
    noted = [row[0] for row in _tuples(connection, kept)]
    inputs = connection.scalar(sa.select(stage_run.c.inputs).where(stage_run.c.stage == "queue"))
    return {
        queue_place.name: hashlib.sha256(b"".join(noted)).hexdigest(),
        stage_run.name: "" if inputs is None else hashlib.sha256(inputs.encode()).hexdigest(),
    }


def note_queue(connection: sa.Connection, media_ids: Sequence[int] | None = None) -> None:
    """Keep the digests of the rows of the queue, or of those of some stacks."""
    for part in [None] if media_ids is None else chunks(media_ids):
        found = _by_key(connection, queue_place, part)
        statement = (
            sa.update(queue_place)
            .where(queue_place.c.media_id == sa.bindparam("key"))
            .values(digest=sa.bindparam("found"))
        )
        if found:
            rows = [{"key": key, "found": value} for key, value in found.items()]
            connection.execute(statement, rows)


def of_elusion(connection: sa.Connection) -> dict[str, str]:
    """The digests of all elusion tests and of the tails they are about, by table."""
    return {table.name: _of_table(connection, table) for table in _OF_ELUSION}


def of_prior(connection: sa.Connection) -> dict[str, str]:
    """The digest of the choice of the prior; empty before there was one."""
    statement = sa.select(case_info.c.value).where(case_info.c.key == PRIOR)
    value = connection.scalar(statement)
    return {case_info.name: "" if value is None else hashlib.sha256(value.encode()).hexdigest()}


def of_lists(connection: sa.Connection, name: str | None = None) -> dict[str, str]:
    """The digest of every hash list, or of the one of this name, by name, in hexadecimal.

    It is over the row of the list, then its hashes, then its entries, each table in the order of
    its primary key and without the number of the list.
    """
    numbered = sa.select(hash_list.c.id, hash_list.c.name)
    if name is not None:
        numbered = numbered.where(hash_list.c.name == name)
    names = {row.id: row.name for row in connection.execute(numbered)}
    hashers = {number: hashlib.sha256() for number in names}
    for table, number in (
        (hash_list, hash_list.c.id),
        (hash_value, hash_value.c.list_id),
        (hash_entry, hash_entry.c.list_id),
    ):
        columns = [number, *(column for column in table.c if column is not number)]
        rows = untyped(columns).select_from(table).order_by(*table.primary_key)
        if name is not None:
            rows = rows.where(number.in_(names))
        for row in connection.execute(rows):
            if row[0] in hashers:
                hashers[row[0]].update(_encoded(row[1:]))
    return {names[number]: hasher.hexdigest() for number, hasher in hashers.items()}


def _of_table(connection: sa.Connection, table: sa.Table) -> str:
    return hashlib.sha256(b"".join(sorted(_by_key(connection, table).values()))).hexdigest()


def _by_key(
    connection: sa.Connection, table: sa.Table, keys: Sequence[int] | None = None
) -> dict[Any, bytes]:
    """The digest of the rows of each media, or of some, by the first column of the key."""
    key = next(iter(table.primary_key))
    columns: list[sa.ColumnElement[Any]] = [key]
    joined: sa.FromClause = table
    for column in table.c:
        if column.foreign_keys:
            pointed_at = next(iter(column.foreign_keys)).column
            named = pointed_at.table.alias()
            joined = joined.outerjoin(named, column == named.c[pointed_at.name])
            columns += [named.c[name] for name in _NAMED_BY[pointed_at.table]]
        elif column.name not in _LEFT_OUT:
            columns.append(column)
    statement = untyped(columns).select_from(joined).order_by(*table.primary_key)
    if (condition := _APART.get(table.name)) is not None:
        statement = statement.where(condition)
    if keys is not None:
        statement = statement.where(key.in_(keys))
    return {
        first: hashlib.sha256(b"".join([_encoded(row[1:]) for row in group])).digest()
        for first, group in groupby(_tuples(connection, statement), key=itemgetter(0))
    }


def _tuples(connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver gives them, in two thirds of the time SQLAlchemy takes for its own."""
    cursor = connection.connection.cursor()
    literal = {"literal_binds": True}
    cursor.execute(str(statement.compile(connection, compile_kwargs=literal)))
    while rows := cursor.fetchmany(10_000):
        yield from rows


def _encoded(values: Sequence[Any]) -> bytes:
    return b"".join([_ENCODERS[type(value)](value) for value in values])


def _delimited(mark: bytes, value: bytes) -> bytes:
    return b"%b%d:%b" % (mark, len(value), value)
