"""Checks a case: the chain, its signatures and checkpoints, and that the stored state is recorded.

Everything Tamis wrote is held against the newest record that tells of it; and what a scan or stage
found when it began against what the one before it left, so that no change that was made in between
passes for its work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tamis.audit import checkpoint, keys, log
from tamis.errors import UsageError
from tamis.i18n import _
from tamis.model import printable
from tamis.store import decisions, digests
from tamis.store.schema import TRIGGERS, audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tamis.audit.checkpoint import Written
    from tamis.audit.keys import Signers
    from tamis.audit.log import Head, Record
    from tamis.store.database import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Args:
        fault: the first thing that does not hold; None where everything does.
        head: the end of the chain as far as it holds, to be kept elsewhere.
        keys: the public keys that signed what holds, in the order they were met.
        notes: what is worth telling without being a fault.
    """

    fault: str | None
    head: Head
    keys: tuple[bytes, ...]
    notes: tuple[str, ...]


def verify(store: Store, expected: str | None = None, trusted: Sequence[str] = ()) -> Verification:
    """Check a case as it stands at one moment, while others may write to it.

    Args:
        store: the case.
        expected: an end of the chain noted earlier, ``number:hash``.
        trusted: public keys in hexadecimal whose signatures count beside this site's. Without them,
            where this site has no key yet, any one key counts, and a note says so.

    Raises:
        UsageError: `expected` or one of `trusted` is not of that form.
        StoreError: the case or the key of this site cannot be read at all.
    """
    noted = _parse_head(expected)
    signers = keys.Signers(keys.parse(text) for text in trusted)
    written = checkpoint.read(store.folder)
    notes: list[str] = []
    with store.read() as connection:
        fault, end = log.check(connection, signers)
        for check in _checks(connection, noted, written, end, signers, notes):
            fault = fault or _held(check)
    if signers.unknown and signers.met:
        notes.append(
            _("this site has no key: compare the key that signed with that of the site of the case")
        )
    return Verification(fault, end, signers.met, tuple(notes))


def _checks(
    connection: sa.Connection,
    noted: Head | None,
    written: Written,
    end: Head,
    signers: Signers,
    notes: list[str],
) -> Iterator[Callable[[], str | None]]:
    yield partial(_triggers, connection)
    yield partial(_noted_head, connection, noted)
    yield partial(checkpoint.first_fault, written, connection, end, signers, notes)
    yield partial(_decisions, connection)
    yield partial(_lists, connection)
    yield partial(_scans, connection, notes)
    for stage, never_run in digests.NEVER_RUN.items():
        stored = partial(digests.of_stage, connection, stage)
        yield partial(_left, connection, stage, never_run, stored, notes)
    drawn = partial(digests.of_elusion, connection)
    yield partial(_left, connection, "elusion.draw", digests.NEVER_DRAWN, drawn, notes)
    chosen = partial(digests.of_prior, connection)
    yield partial(_left, connection, "prior.use", digests.NEVER_CHOSEN, chosen, notes)


def _held(check: Callable[[], str | None]) -> str | None:
    """Carry out a check; what whoever edits a database leaves there may be of any type."""
    try:
        return check()
    except (DBAPIError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        return _("what is stored is not readable: {reason}", reason=printable(str(reason)))


def _parse_head(text: str | None) -> Head | None:
    if text is None:
        return None
    if not (parts := re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)):
        raise UsageError(_("{head}: an end of the chain is written as NUMBER:HASH", head=text))
    return log.Head(int(parts[1]), bytes.fromhex(parts[2]))


def _triggers(connection: sa.Connection) -> str | None:
    """Nothing but Tamis may keep its log from being changed, or act when it writes."""
    found = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    )
    stored = {row.name: row.sql for row in found}
    for name in sorted(stored.keys() | TRIGGERS.keys(), key=str):
        if name not in stored:
            return _("the trigger {name} is missing", name=name)
        if stored[name] != TRIGGERS.get(name):
            return _("the trigger {name} is not one of Tamis", name=printable(str(name)))
    return None


def _noted_head(connection: sa.Connection, noted: Head | None) -> str | None:
    if noted is None or noted == log.Head(0, log.GENESIS):
        return None
    stored = connection.scalar(sa.select(audit.c.hash).where(audit.c.seq == noted.seq))
    if stored is None:
        return _("audit record {seq}, noted earlier, is missing", seq=noted.seq)
    if stored != noted.hash:
        return _("audit record {seq} is not the one noted earlier", seq=noted.seq)
    return None


def _decisions(connection: sa.Connection) -> str | None:
    told = {record.seq: record for record in log.records(connection, ["decide"])}
    last = 0
    for _media, made in decisions.all_decisions(connection):
        record = told.pop(made.audit_seq, None)
        # The newest decision counts, so that their order matters too.
        if record is None or made.audit_seq < last or made != _decided(record):
            return _(
                "the decision on {sha256} is not the one in the audit log", sha256=made.sha256.hex()
            )
        last = made.audit_seq
    if told:
        return _("the decision of audit record {seq} is missing", seq=min(told))
    return None


def _decided(record: Record) -> decisions.Decision:
    return decisions.Decision(
        bytes.fromhex(record.body["sha256"]),
        record.body["category"],
        record.body["origin"],
        record.body["note"],
        record.actor,
        record.at,
        record.seq,
    )


def _lists(connection: sa.Connection) -> str | None:
    told: dict[str, str] = {}
    for record in log.records(connection, ["lists.import", "lists.remove"]):
        if record.verb == "lists.import":
            told[record.body["name"]] = record.body["digest"]
        else:
            told.pop(record.body["name"], None)
    stored = digests.of_lists(connection)
    for name in sorted(told.keys() | stored.keys()):
        if told.get(name) != stored.get(name):
            return _("the hash list {name} is not the one in the audit log", name=printable(name))
    return None


def _scans(connection: sa.Connection, notes: list[str]) -> str | None:
    """Hold what scans wrote against the last of them, unless it was cut off."""
    last = None
    for record in log.records(connection, ["scan.start", "scan.end"]):
        if last is not None and (last.verb, record.verb) == ("scan.end", "scan.start"):
            table = _differs(last.body["after"], record.body["before"])
            if table:
                return _changed_between(table, last, record)
        last = record
    if last is None:
        return None
    if last.verb == "scan.start":
        notes.append(
            _(
                "a scan was cut off after audit record {seq}, or is running: what it has taken in "
                "cannot be held against the audit log before `tamis scan` has ended",
                seq=last.seq,
            )
        )
        return None
    if table := _differs(last.body["after"], digests.of_scan(connection)):
        return _changed_since(table, last)
    return None


def _left(
    connection: sa.Connection,
    verb: str,
    first: dict[str, str],
    stored: Callable[[], dict[str, str]],
    notes: list[str],
) -> str | None:
    """Hold the tables of a stage, or of elusion tests, against the last record of this verb."""
    last, left = None, first
    for record in log.records(connection, [verb]):
        if table := _differs(left, record.body.get("before", left)):
            return _changed_between(table, last, record)
        last, left = record, record.body["after"]
    now = stored()
    if verb == "queue" and last is not None and now == first:
        # It follows from the rest, and is made as a whole when the case is next worked on.
        notes.append(_("the queue is not there, and has to be made anew: `tamis queue` does"))
    elif table := _differs(left, now):
        return _changed_since(table, last)
    return None


def _differs(told: dict[str, str], stored: dict[str, str]) -> str | None:
    """The first table whose digests are not equal."""
    names = sorted(told.keys() | stored.keys())
    return next((name for name in names if told.get(name) != stored.get(name)), None)


def _changed_between(table: str, last: Record | None, record: Record) -> str:
    return _(
        "the table {table} was changed between audit records {last} and {seq}",
        table=table,
        last=last.seq if last else 0,
        seq=record.seq,
    )


def _changed_since(table: str, last: Record | None) -> str:
    return _(
        "the table {table} is not as audit record {seq} left it",
        table=table,
        seq=last.seq if last else 0,
    )
