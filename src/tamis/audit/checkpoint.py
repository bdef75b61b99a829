"""Signed checkpoints: the end of the chain, signed with the key of the site, beside the case.

The records of the chain are signed themselves; what they cannot tell is that the last of them were
cut off. A checkpoint does, as long as it is out of reach of whoever cuts: a copy on paper, in a
report, on another machine.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.audit import keys
from tamis.audit.log import GENESIS, Head, head
from tamis.errors import StoreError
from tamis.i18n import _
from tamis.store.schema import audit

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.audit.keys import Signers
    from tamis.store.database import Store

FILE = "checkpoints.jsonl"

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed end of the chain."""

    head: Head
    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What the file of checkpoints holds.

    Args:
        lines: every line that has an end.
        torn: whether something without an end follows: the line being written when the power went.
    """

    lines: tuple[bytes, ...]
    torn: bool


def sign(store: Store) -> Checkpoint:
    """Sign the present end of the chain and append it to the checkpoints of the case.

    The caller holds the writer's lock of the case.

    Raises:
        StoreError: the key or the file cannot be read or written.
    """
    with store.read() as connection:
        present = head(connection)
    store.settle()
    private = keys.site_key()
    public = private.public_key().public_bytes_raw()
    checkpoint = Checkpoint(present, public, private.sign(_message(present)))
    line = {
        "seq": present.seq,
        "hash": present.hash.hex(),
        "key": public.hex(),
        "signature": checkpoint.signature.hex(),
    }
    try:
        _append(store.folder / FILE, json.dumps(line).encode() + b"\n")
    except OSError as error:
        raise StoreError(f"{store.folder / FILE}: {error.strerror}") from error
    return checkpoint


def read(folder: Path) -> Written:
    """Read the checkpoints of a case.

    To be done before the snapshot of the database they are held against is taken: what is signed
    in between would be an end that the snapshot does not hold.

    Raises:
        StoreError: the file is there and cannot be read.
    """
    try:
        *lines, rest = (folder / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        return Written((), torn=False)
    except OSError as error:
        raise StoreError(f"{folder / FILE}: {error.strerror}") from error
    return Written(tuple(lines), torn=bool(rest))


def first_fault(
    written: Written, connection: sa.Connection, end: Head, signers: Signers, notes: list[str]
) -> str | None:
    """Hold every checkpoint against the chain.

    Args:
        written: read before `connection` began its snapshot.
        connection: to the case, in that snapshot.
        end: of the chain, which holds.
        signers: whose signatures count.
        notes: what is worth telling without being a fault is added here.

    Returns:
        What is wrong with the first checkpoint that does not hold, or with all of them.
    """
    signed = 0
    for number, line in enumerate(written.lines, start=1):
        checkpoint = _parse(line)
        fault = _("not readable") if checkpoint is None else _fault(checkpoint, connection, signers)
        if checkpoint is None or fault:
            return _("{file} line {number}: {fault}", file=FILE, number=number, fault=fault)
        signed = max(signed, checkpoint.head.seq)
    if end.seq and not signed:
        return _(
            "{file} holds no checkpoint of the {number} audit records", file=FILE, number=end.seq
        )
    if written.torn:
        notes.append(_("the last line of {file} was cut off while it was written", file=FILE))
    if after := end.seq - signed:
        notes.append(_("{number} audit records follow the last checkpoint", number=after))
    return None


def _fault(checkpoint: Checkpoint, connection: sa.Connection, signers: Signers) -> str | None:
    present = checkpoint.head
    if fault := signers.fault(checkpoint.key, checkpoint.signature, _message(present)):
        return fault
    stored = connection.scalar(sa.select(audit.c.hash).where(audit.c.seq == present.seq))
    if present.seq == 0:
        stored = GENESIS
    if stored is None:
        return _("audit record {seq} and what followed were cut off", seq=present.seq)
    if stored != present.hash:
        return _("audit record {seq} is not the one that was signed", seq=present.seq)
    return None


def _parse(line: bytes) -> Checkpoint | None:
    try:
        value = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    seq = value.get("seq")
    digest = _unhex(value.get("hash"), len(GENESIS))
    key = _unhex(value.get("key"), keys.KEY_BYTES)
    signature = _unhex(value.get("signature"), keys.SIGNATURE_BYTES)
    if type(seq) is not int or not 0 <= seq <= _LARGEST or not (digest and key and signature):
        return None
    return Checkpoint(Head(seq, digest), key, signature)


def _unhex(value: object, length: int) -> bytes | None:
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * length}}}", value):
        return None
    return bytes.fromhex(value)


def _append(path: Path, line: bytes) -> None:
    """Append a line, in place of one that was cut off while it was written, and make it stay."""
    with path.open("a+b") as stream:
        stream.seek(0)
        *_whole, torn = stream.read().rsplit(b"\n", 1)
        stream.truncate(stream.tell() - len(torn))
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())


def _message(present: Head) -> bytes:
    return b"tamis audit checkpoint\0" + present.seq.to_bytes(8, "big") + present.hash
