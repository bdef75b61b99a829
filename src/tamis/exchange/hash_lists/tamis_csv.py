"""Tamis's own CSV form of a hash list: lossless, safe in a spreadsheet, and never cut unnoticed.

The first line is a mark, the second may name the category scheme, the last counts the entries.
Free text that a spreadsheet would take for a formula is written with a leading apostrophe, which is
taken off again when the list is read.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, TextIO

from tamis.exchange.hash_lists.values import parse_opaque
from tamis.model import HashEntry, printable
from tamis.model.hash_list import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARK = "# tamis hash list 1"
COLUMNS = ("md5", "sha1", "sha256", "pdq", "quality", "category", "other", "extra")

_SCHEME = "# scheme: "
_END = re.compile(r"# end: (\d{1,18}) entries")
_FORMULA = "=+-@\t\r'"


def write_csv(entries: Iterable[HashEntry], file: TextIO, scheme: str = "") -> int:
    """Write the list and return the number of entries.

    Args:
        entries: written as they come.
        file: opened with ``newline=""`` and UTF-8.
        scheme: that the categories follow; empty if unknown.
    """
    file.write(f"{MARK}\r\n")
    if scheme:
        file.write(f"{_SCHEME}{printable(scheme)}\r\n")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for entry in entries:
        writer.writerow(_row(entry))
        count += 1
    file.write(f"# end: {count} entries\r\n")
    return count


def scheme_of(line: str) -> str:
    """The category scheme that the line after the mark names; empty where it names none."""
    return line.removeprefix(_SCHEME).strip() if line.startswith(_SCHEME) else ""


def is_end(row: list[str]) -> bool:
    """Say whether this is the last line."""
    return len(row) == 1 and _END.fullmatch(row[0]) is not None


def stated(row: list[str]) -> int:
    """The number of entries the last line states."""
    found = _END.fullmatch(row[0])
    return int(found[1]) if found else -1


def restored(entry: HashEntry, error: Callable[[str], Exception]) -> HashEntry:
    """Undo what writing did to free text, other fingerprints and other fields.

    Args:
        entry: as read by its columns.
        error: makes the error to raise where these columns are damaged.
    """
    category = entry.category
    if category is not None and category[:1] == "'" and category[1:2] in _FORMULA:
        category = category[1:]
    other = _object(entry.extra.get("other"), error)
    extra = _object(entry.extra.get("extra"), error)
    hashes = dict(entry.hashes)
    hashes.update((name, parse_opaque(str(value))) for name, value in other.items())
    return HashEntry(hashes, category, entry.quality, extra)


def _row(entry: HashEntry) -> list[str]:
    other = {name: value.hex() for name, value in entry.hashes.items() if name not in ALGORITHMS}
    return [
        *(entry.hashes[name].hex() if name in entry.hashes else "" for name in ALGORITHMS),
        "" if entry.quality is None else str(entry.quality),
        _safe(entry.category or ""),
        json.dumps(other) if other else "",
        json.dumps(entry.extra, default=str) if entry.extra else "",
    ]


def _safe(text: str) -> str:
    text = text.replace("\0", "\\x00")
    return f"'{text}" if text.startswith(tuple(_FORMULA)) else text


def _object(text: object, error: Callable[[str], Exception]) -> dict[str, object]:
    if not text:
        return {}
    try:
        value = json.loads(str(text), parse_constant=str)
    except (ValueError, RecursionError) as cause:
        raise error("damaged JSON in a column") from cause
    if not isinstance(value, dict):
        raise error("a column that should hold a JSON object does not")
    return value
