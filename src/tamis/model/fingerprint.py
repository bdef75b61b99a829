"""Fingerprints of a media."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """Cryptographic digests of the bytes of a file, made in one read, and its size in bytes."""

    md5: bytes
    sha1: bytes
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class FingerprintValue:
    """A perceptual fingerprint.

    Args:
        kind: its name, e.g. ``pdq``.
        version: of the method that made it.
        variants: one value per orientation searched; the first is the picture as displayed.
        quality: 0 to 100 where the method has one; below its own threshold the fingerprint is
            stored but never matched.
    """

    kind: str
    version: str
    variants: tuple[bytes, ...]
    quality: int | None
