"""One Media record of a VICS list, in all the ways programs write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.exchange.hash_lists.values import (
    algorithm,
    is_empty_content,
    normal,
    parse,
    parse_opaque,
)
from tamis.model import HashEntry
from tamis.model.hash_list import ALGORITHMS

if TYPE_CHECKING:
    from tamis.exchange.hash_lists.reading import Report

ALTERNATIVE = "AlternativeHashes"
QUALITY = "PDQQuality"

FLAGS = frozenset(
    (
        "VictimIdentified",
        "OffenderIdentified",
        "IsDistributed",
        "IsSuspected",
        "SelfGenerated",
        "IsPrecategorized",
    )
)
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def entry_of(record: dict[str, object], report: Report, place: str) -> HashEntry | None:
    """Make an entry of a Media record; a record without a usable fingerprint is noted instead.

    What a fingerprint field holds that is none stays among the other fields, with a warning. The
    fields that say yes or no become booleans where they clearly do; ``odata`` links are dropped.
    ``IsPrecategorized`` is a field like any other: exporters set it on everything.
    """
    hashes: dict[str, bytes] = {}
    extra: dict[str, object] = {}
    category: str | None = None
    quality: int | None = None
    for key, value in record.items():
        name = algorithm(key)
        if name is not None:
            if not _add(hashes, name, value, report, place):
                extra[key] = value
        elif key == ALTERNATIVE:
            unread = _alternatives(value, hashes, report, place)
            if unread:
                extra[key] = unread
        elif key == "Category":
            category = _category(value, report, place)
        elif key == QUALITY and isinstance(value, int) and 0 <= value <= 100:
            quality = value
        elif "odata." not in key:
            extra[key] = _truth(value) if key in FLAGS else value
    return _usable(HashEntry(hashes, category, quality, extra), report, place)


def _usable(entry: HashEntry, report: Report, place: str) -> HashEntry | None:
    hashes = {k: v for k, v in entry.hashes.items() if not is_empty_content(v)}
    if len(hashes) < len(entry.hashes):
        report.warn("digests of an empty file are left out", place)
    if not hashes.keys() & ALGORITHMS.keys():
        report.reject(place, "no fingerprint that Tamis matches")
        return None
    return HashEntry(hashes, entry.category, entry.quality, entry.extra)


def _add(hashes: dict[str, bytes], name: str, value: object, report: Report, place: str) -> bool:
    """Add a fingerprint unless it is empty; False if it is none."""
    if value is None or value == "":
        return True
    if not isinstance(value, str):
        report.warn(f"{name} is no text", place)
        return False
    try:
        fingerprint = parse(name, value.strip())
    except ValueError as error:
        report.warn(str(error), place)
        return False
    if hashes.setdefault(name, fingerprint) != fingerprint:
        report.warn(f"two values of {name} in one record; the first is used", place)
        return False
    return True


def _alternatives(
    value: object, hashes: dict[str, bytes], report: Report, place: str
) -> list[object]:
    """Add the fingerprints under ``AlternativeHashes``; return what could not be read."""
    if value is None:
        return []
    unread: list[object] = []
    for item in value if isinstance(value, list) else [value]:
        name, text = _named(item)
        if not name or normal(text) == normal(name):  # some exporters write the name twice
            report.warn(f"an item of {ALTERNATIVE} without name or value", place)
            unread.append(item)
            continue
        known = algorithm(name)
        if known is not None:
            if not _add(hashes, known, text, report, place):
                unread.append(item)
        elif hashes.setdefault(normal(name), parse_opaque(text)) != parse_opaque(text):
            unread.append(item)
    return unread


def _named(item: object) -> tuple[str, str]:
    if not isinstance(item, dict):
        return "", ""
    name, text = item.get("HashName"), item.get("HashValue")
    return (name, text.strip()) if isinstance(name, str) and isinstance(text, str) else ("", "")


def _category(value: object, report: Report, place: str) -> str | None:
    """The category as text; 0 is one, an empty text is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        report.warn("a category that is neither number nor text is left out", place)
        return None
    return str(int(value)) if value == int(value) else str(value)


def _truth(value: object) -> object:
    """A boolean where it is clearly one, else the value as it is."""
    if isinstance(value, bool | int | str):
        return _TRUTHS.get(str(value).strip().casefold(), value)
    return value
