"""Hash lists: fingerprints with a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ListKind(StrEnum):
    """What it means to be on a list."""

    ILLEGAL = "illegal"
    BENIGN = "benign"
    GENERATED = "generated"
    PROTECTED = "protected"


ALGORITHMS: dict[str, int] = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
"""Fingerprints Tamis matches, with their length in bytes."""


@dataclass(frozen=True, slots=True)
class HashEntry:
    """One entry of a hash list: fingerprints of one content, and what the list says of it.

    Args:
        hashes: algorithm (a key of `ALGORITHMS`, or any other name kept but not matched, such as
            ``photodna``) to value.
        category: as written in the list; a number or word of the scheme the list follows.
        quality: PDQ quality where the list has one.
        extra: all other fields of the entry, kept word for word.
    """

    hashes: dict[str, bytes]
    category: str | None = None
    quality: int | None = None
    extra: dict[str, object] = field(default_factory=dict)
