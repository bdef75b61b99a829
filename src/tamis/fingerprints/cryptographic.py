"""MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of a file in one read.

MD5 and SHA-1 no longer withstand a deliberate collision; they are made because the field's hash
lists are keyed by them. Identity within a case rests on SHA-256 alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tamis.model import Digests

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK = 1 << 20


def digest(stream: BinaryIO, *, keep: int, head: bytes = b"") -> tuple[Digests, bytes | None]:
    """Read `stream` to its end and return its digests.

    Args:
        stream: at the beginning of the file, or behind `head`; need not be seekable.
        keep: also return the bytes where there are at most this many, so that an image is read
            once; else None.
        head: what was read of the file already, to find out what it is.

    Raises:
        OSError: reading failed.
    """
    md5 = hashlib.md5(usedforsecurity=False)
    sha1 = hashlib.sha1(usedforsecurity=False)
    sha256 = hashlib.sha256(usedforsecurity=False)
    size = 0
    kept: list[bytes] = []
    chunk = head or stream.read(_CHUNK)
    while chunk:
        md5.update(chunk)
        sha1.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
        if size <= keep:
            kept.append(chunk)
        else:
            kept.clear()
        chunk = stream.read(_CHUNK)
    digests = Digests(md5.digest(), sha1.digest(), sha256.digest(), size)
    return digests, b"".join(kept) if size <= keep else None
