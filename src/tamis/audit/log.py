"""Appends to the audit log and checks its chain.

Each record carries the SHA-256 of the record before it and of its own canonical form (RFC 8785),
so that an edited, deleted, reordered or inserted record breaks the chain. Whoever can rewrite the
whole chain is caught by the signed checkpoints (`tamis.audit.checkpoint`).
"""

from __future__ import annotations

import getpass
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import rfc8785
import sqlalchemy as sa

from tamis.model import printable
from tamis.store.schema import audit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many records, and the hash of the last one."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the log."""

    seq: int
    at: str
    actor: str
    verb: str
    body: dict[str, Any]
    hash: bytes


def head(connection: sa.Connection) -> Head:
    """The end of the chain; (0, 32 zero bytes) for an empty log."""
    row = connection.execute(
        sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def append(connection: sa.Connection, verb: str, body: Mapping[str, Any]) -> int:
    """Append a record inside the caller's transaction and return its number.

    Args:
        connection: a write transaction; the record stands or falls with what it describes.
        verb: what was done, dotted: ``scan.start``.
        body: JSON-compatible details; no content of evidence.
    """
    last = head(connection)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    record = (last.seq + 1, at, actor(), verb, dict(body))
    connection.execute(
        sa.insert(audit).values(
            seq=record[0],
            at=at,
            actor=record[2],
            verb=verb,
            body=rfc8785.dumps(record[4]).decode(),
            prev=last.hash,
            hash=_hash(last.hash, *record),
        )
    )
    return record[0]


def actor() -> str:
    """Who acts: the name of the account on this machine."""
    try:
        return printable(getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def records(connection: sa.Connection) -> Iterator[Record]:
    """All records in order."""
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq)):
        yield Record(row.seq, row.at, row.actor, row.verb, json.loads(row.body), row.hash)


def first_fault(connection: sa.Connection) -> str | None:
    """Check the whole chain; return what is wrong with the first record that does not hold."""
    previous, expected = GENESIS, 1
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq)):
        if row.seq != expected:
            return f"audit record {expected} is missing (the next one is {row.seq})"
        if row.prev != previous:
            return f"audit record {row.seq} does not follow record {row.seq - 1}"
        try:
            body = json.loads(row.body)
            computed = _hash(previous, row.seq, row.at, row.actor, row.verb, body)
        except (ValueError, TypeError, RecursionError):
            return f"audit record {row.seq} is not readable"
        if computed != row.hash or rfc8785.dumps(body).decode() != row.body:
            return f"audit record {row.seq} was changed"
        previous, expected = row.hash, expected + 1
    return None


def _hash(previous: bytes, seq: int, at: str, who: str, verb: str, body: dict[str, Any]) -> bytes:
    entry: dict[str, Any] = {"seq": seq, "at": at, "actor": who, "verb": verb, "body": body}
    return hashlib.sha256(previous + rfc8785.dumps(entry)).digest()
