"""Signed checkpoints: the end of the chain, signed with Ed25519 (RFC 8032), kept beside the case.

A chain alone does not stop somebody who recomputes all of it, or cuts off its end. A checkpoint
does, as long as the signing key (in the site's folder) or a copy of the checkpoint (on paper, in a
report, on another machine) is out of that person's reach.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tamis.audit.log import Head, head
from tamis.config import home
from tamis.errors import StoreError
from tamis.store.schema import audit

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store

FILE = "checkpoints.jsonl"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed end of the chain."""

    head: Head
    key: bytes
    signature: bytes


def sign(store: Store) -> Checkpoint:
    """Sign the present end of the chain and append it to the checkpoints of the case."""
    with store.read() as connection:
        present = head(connection)
    private = _site_key()
    checkpoint = Checkpoint(
        present, private.public_key().public_bytes_raw(), private.sign(_message(present))
    )
    line = {
        "seq": present.seq,
        "hash": present.hash.hex(),
        "key": checkpoint.key.hex(),
        "signature": checkpoint.signature.hex(),
    }
    try:
        with (store.folder / FILE).open("a", encoding="ascii") as stream:
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError(f"{store.folder / FILE}: {error.strerror}") from error
    return checkpoint


def first_fault(store: Store, connection: sa.Connection) -> str | None:
    """Hold every checkpoint against the chain; return what is wrong with the first that fails."""
    path = store.folder / FILE
    if not path.is_file():
        return None if head(connection).seq == 0 else f"{FILE} is missing"
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            checkpoint = _parse(line)
        except (ValueError, KeyError, TypeError):
            if number == len(lines):
                continue  # the line being written when the power went
            return f"{FILE} line {number} is not readable"
        if fault := _fault(checkpoint, connection):
            return f"{FILE} line {number}: {fault}"
    return None


def _fault(checkpoint: Checkpoint, connection: sa.Connection) -> str | None:
    public = Ed25519PublicKey.from_public_bytes(checkpoint.key)
    try:
        public.verify(checkpoint.signature, _message(checkpoint.head))
    except InvalidSignature:
        return "the signature does not hold"
    site = _existing_site_key()
    if site and site.public_key().public_bytes_raw() != checkpoint.key:
        return "signed with another key than this site's"
    stored = connection.scalar(sa.select(audit.c.hash).where(audit.c.seq == checkpoint.head.seq))
    if checkpoint.head.seq and stored is None:
        return f"audit record {checkpoint.head.seq} and what followed were cut off"
    if stored is not None and stored != checkpoint.head.hash:
        return f"audit record {checkpoint.head.seq} is not the one that was signed"
    return None


def _parse(line: str) -> Checkpoint:
    value = json.loads(line)
    return Checkpoint(
        Head(int(value["seq"]), bytes.fromhex(value["hash"])),
        bytes.fromhex(value["key"]),
        bytes.fromhex(value["signature"]),
    )


def _message(present: Head) -> bytes:
    return b"tamis audit checkpoint\0" + present.seq.to_bytes(8, "big") + present.hash


def _key_path() -> Path:
    return home() / "keys" / "audit-ed25519.pem"


def _existing_site_key() -> Ed25519PrivateKey | None:
    path = _key_path()
    if not path.is_file():
        return None
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: the signing key of this site cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(f"{path}: is not an Ed25519 key")
    return key


def _site_key() -> Ed25519PrivateKey:
    if key := _existing_site_key():
        return key
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = _key_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
    except FileExistsError:
        return _site_key()  # another process was faster
    except OSError as error:
        raise StoreError(f"{path}: cannot write the signing key: {error.strerror}") from error
    return key
