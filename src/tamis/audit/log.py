"""Appends to the audit log and checks its chain.

Each record carries the SHA-256 of the record before it and of its own canonical form (RFC 8785),
so that an edited, deleted, reordered or inserted record breaks the chain, and the signature of the
site over that hash, so that nobody without the key can make a record or the chain anew. Whoever
cuts off its end is caught by the signed checkpoints (`tamis.audit.checkpoint`).
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
from sqlalchemy.exc import DBAPIError

from tamis.audit import keys
from tamis.i18n import _
from tamis.model import printable
from tamis.store.database import untyped
from tamis.store.schema import audit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tamis.audit.keys import Signers
    from tamis.store.database import Row

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


def append(connection: sa.Connection, verb: str, body: Mapping[str, Any]) -> Record:
    """Append a signed record inside the caller's transaction and return it.

    Args:
        connection: a write transaction; the record stands or falls with what it describes.
        verb: what was done, dotted: ``scan.start``.
        body: JSON-compatible details; no content of evidence.

    Raises:
        StoreError: the key of this site cannot be read or written.
    """
    last = head(connection)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    seq, who, details = last.seq + 1, actor(), dict(body)
    digest = _hash(last.hash, seq, at, who, verb, details)
    key = keys.site_key()
    connection.execute(
        sa.insert(audit).values(
            seq=seq,
            at=at,
            actor=who,
            verb=verb,
            body=rfc8785.dumps(details).decode(),
            prev=last.hash,
            hash=digest,
            key=key.public_key().public_bytes_raw(),
            signature=key.sign(_message(digest)),
        )
    )
    return Record(seq, at, who, verb, details, digest)


def actor() -> str:
    """Who acts: the name of the account on this machine."""
    try:
        return printable(getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def records(connection: sa.Connection, verbs: Collection[str]) -> Iterator[Record]:
    """The records with one of these verbs, in order."""
    rows = sa.select(audit).where(audit.c.verb.in_(verbs)).order_by(audit.c.seq)
    for row in connection.execute(rows):
        yield Record(row.seq, row.at, row.actor, row.verb, json.loads(row.body), row.hash)


def check(connection: sa.Connection, signers: Signers) -> tuple[str | None, Head]:
    """Check the whole chain.

    Returns:
        What is wrong with the first record that does not hold, and the end of what holds.
    """
    end = Head(0, GENESIS)
    try:
        # As the database holds them: whoever edits it may store what the schema does not expect.
        for row in connection.execute(untyped(audit.c).order_by(audit.c.seq)):
            if fault := _fault(row, end, signers):
                return fault, end
            end = Head(row.seq, row.hash)
    except DBAPIError as error:
        return _unreadable(end.seq + 1, error.orig), end
    return None, end


def _fault(row: Row, last: Head, signers: Signers) -> str | None:
    if row.seq != last.seq + 1:
        return _(
            "audit record {seq} is missing (the next one is {next})", seq=last.seq + 1, next=row.seq
        )
    if row.prev != last.hash:
        return _("audit record {seq} does not follow record {last}", seq=row.seq, last=last.seq)
    try:
        body = json.loads(row.body)
        computed = _hash(last.hash, row.seq, row.at, row.actor, row.verb, body)
        canonical = rfc8785.dumps(body).decode()
    except (ValueError, TypeError, RecursionError) as error:
        return _unreadable(row.seq, error)
    if (computed, canonical) != (row.hash, row.body):
        return _("audit record {seq} was changed", seq=row.seq)
    if wrong := signers.fault(row.key, row.signature, _message(computed)):
        return _("audit record {seq}: {fault}", seq=row.seq, fault=wrong)
    return None


def _unreadable(seq: int, reason: object) -> str:
    return _("audit record {seq} is not readable: {reason}", seq=seq, reason=printable(str(reason)))


def _hash(previous: bytes, seq: int, at: str, who: str, verb: str, body: dict[str, Any]) -> bytes:
    entry: dict[str, Any] = {"seq": seq, "at": at, "actor": who, "verb": verb, "body": body}
    return hashlib.sha256(previous + rfc8785.dumps(entry)).digest()


def _message(digest: bytes) -> bytes:
    return b"tamis audit record\0" + digest
