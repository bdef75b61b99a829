"""Fingerprints as hash lists write them."""

from __future__ import annotations

import base64
import binascii

from tamis.model.hash_list import ALGORITHMS

BY_LENGTH: dict[int, str] = {32: "md5", 40: "sha1", 64: "sha256"}
"""Length in hex digits to algorithm; a PDQ is as long as a SHA-256 and must be named."""

PHOTODNA_BYTES = 144

_NAMES: dict[str, str] = {
    **{f"{form}{name}{end}": name for name in ("md5", "sha1", "sha256", "pdq", "photodna")
       for form in ("", "hash", "file", "photo", "image", "video", "picture")
       for end in ("", "hash", "sum", "value", "digest")},
    "pdna": "photodna",
    "pdqhex": "pdq",
}  # fmt: skip
_EMPTY = frozenset(
    bytes.fromhex(digest)
    for digest in (
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
)


def normal(name: str) -> str:
    """A column or property name without what writers disagree on: case, spaces, punctuation."""
    return "".join(character for character in name.casefold() if character.isalnum())


def algorithm(name: str) -> str | None:
    """The algorithm that goes by `name`, as in ``MD5 Hash``, ``SHA-1``, ``HASH_PDQ``; or None."""
    return _NAMES.get(normal(name))


def parse(name: str, text: str) -> bytes:
    """A fingerprint of the algorithm `name` from hex digits, or base64 for PhotoDNA.

    Raises:
        ValueError: it is damaged; the message says how.
    """
    if name == "photodna":
        return _photodna(text)
    size = ALGORITHMS[name]
    if len(text) != 2 * size:
        raise ValueError(f"{name} has {len(text)} characters instead of {2 * size}")
    return _hex(name, text)


def parse_opaque(text: str) -> bytes:
    """A fingerprint of an unknown algorithm: hex digits, or the text as it is."""
    try:
        return _hex("", text)
    except ValueError:
        return text.encode()


def is_empty_content(digest: bytes) -> bool:
    """Say whether this is the digest of a file of no bytes, which says nothing about a picture."""
    return digest in _EMPTY


def _hex(name: str, text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError as error:  # also for characters that are not ASCII
        raise ValueError(f"{name} is not made of hex digits") from error


def _photodna(text: str) -> bytes:
    if len(text) == 2 * PHOTODNA_BYTES:
        return _hex("photodna", text)
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("photodna is neither base64 nor hex digits") from error
    if len(value) != PHOTODNA_BYTES:
        raise ValueError(f"photodna has {len(value)} bytes instead of {PHOTODNA_BYTES}")
    return value
