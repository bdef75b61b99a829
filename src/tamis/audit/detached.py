"""Signs files that leave the house: a statement beside them, with their digests, who and when.

The statement is ``signature.json``. Its signature (Ed25519, by the key of the site) is over the
line ``tamis detached signature``, a zero byte, and the statement without its signature in canonical
form (RFC 8785); so anybody can check it without Tamis. What was signed can be made again byte by
byte, and is not dated; the statement is.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import rfc8785

from tamis.audit import keys
from tamis.audit.log import actor
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

FILE = "signature.json"
_DOMAIN = b"tamis detached signature\0"
_LARGEST = 1 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found.

    Args:
        fault: the first thing that does not hold; None where everything does.
        statement: what was signed; empty where it cannot be read.
        known: the key is that of this site, or one of those named.
    """

    fault: str | None
    statement: Mapping[str, Any]
    known: bool


def signed(contents: Mapping[str, bytes]) -> bytes:
    """Return the statement of some files, by name, signed with the key of the site.

    Raises:
        StoreError: the key cannot be read or written.
    """
    private = keys.site_key()
    statement: dict[str, Any] = {
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()},
        "signed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "signed_by": actor(),
        "key": private.public_key().public_bytes_raw().hex(),
    }
    statement["signature"] = private.sign(_message(statement)).hex()
    return json.dumps(statement, indent=1, sort_keys=True).encode() + b"\n"


def verify(folder: Path, trusted: Sequence[str] = (), expected: Collection[str] = ()) -> Verified:
    """Hold a folder against its statement.

    Args:
        folder: with the files and their ``signature.json``.
        trusted: public keys in hexadecimal whose signatures count beside this site's. Without any,
            where this site has no key, whatever key signed counts, and `Verified.known` is False.
        expected: names of files that must be among those signed.

    Raises:
        UsageError: one of `trusted` is no key.
        StoreError: the key of this site cannot be read.
    """
    signers = keys.Signers(keys.parse(text) for text in trusted)
    known = not signers.unknown
    statement, fault = _read(folder / FILE)
    if fault is None:
        key, signature = (bytes.fromhex(statement[name]) for name in ("key", "signature"))
        unsigned = {name: value for name, value in statement.items() if name != "signature"}
        fault = signers.fault(key, signature, _message(unsigned))
        fault = fault and _("{file}: {fault}", file=FILE, fault=fault)
    for name in sorted(set(expected) - statement.get("files", {}).keys()):
        fault = fault or _("{file}: is not among the files that were signed", file=name)
    for name, digest in sorted(statement.get("files", {}).items()):
        fault = fault or _differs(folder / name, name, digest)
    return Verified(fault, statement, known)


def _message(statement: Mapping[str, Any]) -> bytes:
    return _DOMAIN + rfc8785.dumps(dict(statement))


def _read(path: Path) -> tuple[dict[str, Any], str | None]:
    """Return a statement, or what is wrong with it."""
    try:
        with path.open("rb") as stream:
            value = json.loads(stream.read(_LARGEST))
        _check(value)
    except OSError as error:
        return {}, _("{file}: cannot be read: {reason}", file=FILE, reason=error.strerror)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}, _("{file}: is no statement of signed files", file=FILE)
    return value, None


def _check(value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    for name, pattern in (("key", "[0-9a-f]{64}"), ("signature", "[0-9a-f]{128}")):
        if not re.fullmatch(pattern, value[name]):
            raise ValueError(name)
    for name, digest in value["files"].items():
        # A name that leads out of the folder is none that was signed here.
        if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z]+)+", name):
            raise ValueError(name)
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError(digest)
    rfc8785.dumps(value)


def _differs(path: Path, name: str, digest: str) -> str | None:
    found = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                found.update(piece)
    except OSError as error:
        reason = printable(str(error.strerror))
        return _("{file}: cannot be read: {reason}", file=name, reason=reason)
    if found.hexdigest() != digest:
        return _("{file}: is not what was signed", file=name)
    return None
