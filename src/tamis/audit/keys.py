"""The keys that sign audit records and checkpoints: Ed25519 (RFC 8032), one for each site."""

from __future__ import annotations

import fcntl
import os
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tamis.config import home
from tamis.errors import StoreError, UsageError
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_loaded: dict[Path, tuple[tuple[int, int], Ed25519PrivateKey]] = {}
"""By path: which file was read, and the key in it. Every record is signed; reading takes longer."""


class Signers:
    """Whose signatures count, and whose were met.

    Args:
        named: public keys that count beside the one of this site. Where there are none of either,
            the first key that is met counts, and no other.
    """

    def __init__(self, named: Iterable[bytes] = ()) -> None:
        site = _existing_site_key()
        own = [] if site is None else [site.public_key().public_bytes_raw()]
        self.trusted = frozenset([*own, *named])
        self.unknown = not self.trusted
        self._met: dict[bytes, Ed25519PublicKey] = {}

    @property
    def met(self) -> tuple[bytes, ...]:
        """The public keys that signed, in the order they were met."""
        return tuple(self._met)

    def fault(self, key: object, signature: object, message: bytes) -> str | None:
        """What is wrong with a signature of `message`; None where it holds."""
        if not isinstance(key, bytes) or not isinstance(signature, bytes):
            return _("the signature does not hold")
        if self.trusted and key not in self.trusted:
            return _(
                "signed with another key than this site's or those named: {key}", key=key.hex()
            )
        try:
            public = self._met.get(key) or Ed25519PublicKey.from_public_bytes(key)
            public.verify(signature, message)
        except (InvalidSignature, ValueError):
            return _("the signature does not hold")
        self._met[key] = public
        self.trusted = self.trusted or frozenset([key])
        return None


def parse(text: str) -> bytes:
    """A public key as a user writes it, in hexadecimal.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise UsageError(_("{key}: a key is written as 64 hexadecimal digits", key=text))
    return bytes.fromhex(text)


def site_key() -> Ed25519PrivateKey:
    """The private key of this site, made where there is none yet.

    Raises:
        StoreError: it cannot be read or written.
    """
    return _existing_site_key() or _make()


def _path() -> Path:
    return home() / "keys" / "audit-ed25519.pem"


def _existing_site_key() -> Ed25519PrivateKey | None:
    path = _path()
    try:
        found = path.stat()
        identity = (found.st_ino, found.st_mtime_ns)
        loaded, key = _loaded.get(path, (None, None))
        if key is None or loaded != identity:
            key = _parsed(path, path.read_bytes())
            _loaded[path] = (identity, key)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(_unreadable(path, error.strerror)) from error
    return key


def _parsed(path: Path, pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (TypeError, ValueError) as error:
        raise StoreError(_unreadable(path, error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(_unreadable(path, _("it is not an Ed25519 key")))
    return key


def _unreadable(path: Path, reason: object) -> str:
    return _(
        "{file}: the signing key of this site cannot be read: {reason}", file=path, reason=reason
    )


def _make() -> Ed25519PrivateKey:
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The lock of a folder goes with its descriptor. Whoever waits for it finds a whole key.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if key := _existing_site_key():
                return key
            key = Ed25519PrivateKey.generate()
            _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            _(
                "{file}: the signing key cannot be written: {reason}",
                file=path,
                reason=error.strerror,
            )
        ) from error
    return key


def _write(path: Path, pem: bytes) -> None:
    """Write the key whole or not at all: half a key would stop all work at this site."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
