"""Checks a case: the chain, its checkpoints, and whether the stored state is the recorded one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.audit import checkpoint, log
from tamis.errors import UsageError
from tamis.store import decisions, files, lists
from tamis.store.schema import audit

if TYPE_CHECKING:
    from tamis.audit.log import Head
    from tamis.store.database import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Args:
        fault: the first thing that does not hold; None where everything does.
        head: the end of the chain, to be kept elsewhere.
    """

    fault: str | None
    head: Head


def verify(store: Store, expected: str | None = None) -> Verification:
    """Check a case.

    Args:
        store: the case.
        expected: an end of the chain noted earlier, ``number:hash``.

    Raises:
        UsageError: `expected` is not of that form.
    """
    with store.read() as connection:
        fault = (
            log.first_fault(connection)
            or _noted_head(connection, expected)
            or checkpoint.first_fault(store, connection)
            or _decisions(connection)
            or _lists(connection)
            or _files(connection)
        )
        return Verification(fault, log.head(connection))


def _noted_head(connection: sa.Connection, expected: str | None) -> str | None:
    if expected is None:
        return None
    if not (parts := re.fullmatch(r"(\d+):([0-9a-f]{64})", expected)):
        raise UsageError(f"{expected}: an end of the chain is written as NUMBER:HASH")
    seq = int(parts[1])
    stored = connection.scalar(sa.select(audit.c.hash).where(audit.c.seq == seq))
    if stored is None:
        return f"audit record {seq}, noted earlier, is missing"
    return None if stored.hex() == parts[2] else f"audit record {seq} is not the one noted earlier"


def _decisions(connection: sa.Connection) -> str | None:
    told = {
        record.seq: (
            record.body["sha256"],
            record.body["category"],
            record.body["origin"],
            record.body["note"],
            record.actor,
        )
        for record in log.records(connection)
        if record.verb == "decide"
    }
    for _, made in decisions.all_decisions(connection):
        seen = (made.sha256.hex(), made.category, made.origin, made.note, made.actor)
        if told.pop(made.audit_seq, None) != seen:
            return f"the decision on {made.sha256.hex()} is not the one in the audit log"
    if told:
        seq = min(told)
        return f"the decision of audit record {seq} is missing"
    return None


def _lists(connection: sa.Connection) -> str | None:
    told: dict[str, tuple[str, int]] = {}
    for record in log.records(connection):
        if record.verb == "lists.import":
            told[record.body["name"]] = (record.body["file_sha256"], record.body["entries"])
        elif record.verb == "lists.remove":
            told.pop(record.body["name"], None)
    stored = {
        item.name: (item.file_sha256.hex(), item.entries) for item in lists.all_lists(connection)
    }
    for name in sorted(told.keys() | stored.keys()):
        if told.get(name) != stored.get(name):
            return f"the hash list {name} is not the one in the audit log"
    return None


def _files(connection: sa.Connection) -> str | None:
    """Hold the state of all files against the last scan, unless one was cut off since."""
    last = None
    for record in log.records(connection):
        if record.verb in {"scan.start", "scan.end"}:
            last = record
    if last is None or last.verb == "scan.start":
        return None
    if files.state_digest(connection) != last.body["state"]:
        return f"the media files are not in the state recorded by audit record {last.seq}"
    return None
