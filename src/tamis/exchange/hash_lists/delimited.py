"""Hash lists as text: one hash per line, or columns separated by comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.exchange.hash_lists import tamis_csv
from tamis.exchange.hash_lists.columns import MOST_COLUMNS, Columns
from tamis.exchange.hash_lists.list_file import LONGEST_LINE, open_lines
from tamis.exchange.hash_lists.reading import short
from tamis.exchange.hash_lists.values import (
    BY_LENGTH,
    algorithm,
    is_empty_content,
    normal,
    parse,
)
from tamis.model import HashEntry
from tamis.model.hash_list import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.exchange.hash_lists.list_file import Lines
    from tamis.exchange.hash_lists.reading import Report

_DELIMITERS = ",;\t|"
_NO_CUT = "the last line has no line end: if the list was cut off there, nothing else shows it"
_CUT = "the list is cut off within its last line (if it is complete, end that line)"


@dataclass(frozen=True, slots=True)
class Rules:
    """How one format differs from another.

    Args:
        of_64_digits: algorithm of 64 hex digits that nothing else names.
        no_match: categories, as `normal` writes them, by which a list says a record is wrong.
        scheme: category scheme.
    """

    of_64_digits: str = "sha256"
    no_match: frozenset[str] = frozenset()
    scheme: str = ""


def read_delimited(path: Path, report: Report, rules: Rules) -> Iterator[HashEntry]:
    """Read a delimited list, with or without a header.

    Raises:
        HashListError: a line is damaged or the list is cut off.
        OSError: it cannot be read.
    """
    csv.field_size_limit(LONGEST_LINE)
    report.scheme = rules.scheme
    with open_lines(path, report) as lines:
        yield from _List(lines, report, rules).entries()


def header_of(path: Path, report: Report) -> list[str] | None:
    """The header of the list, or None if it has none that names a fingerprint."""
    with open_lines(path, report) as lines:
        first = _first_line(lines, report)
        if first.rstrip() == tamis_csv.MARK:
            first = _after_mark(lines, report)
        found = _header(first, report)
        return None if found is None else _split(first, found[1])


class _List:
    """One pass over a delimited list."""

    def __init__(self, lines: Lines, report: Report, rules: Rules) -> None:
        self._lines = lines
        self._report = report
        self._rules = rules
        self._seen: set[str] = set()
        self._entries = 0
        self._is_tamis = False

    def entries(self) -> Iterator[HashEntry]:
        first = _first_line(self._lines, self._report)
        self._is_tamis = first.rstrip() == tamis_csv.MARK
        if self._is_tamis:
            first = _after_mark(self._lines, self._report)
        found = _header(first, self._report)
        if found is None and self._is_tamis:
            raise self._error("the header is missing")
        rows = self._rows(*found) if found else self._rows_without_header(first)
        for entry in rows:
            self._entries += 1
            yield entry
        if not self._lines.ended:
            self._report.warn(_NO_CUT, self._place)

    @property
    def _place(self) -> str:
        return f"line {self._lines.number}"

    def _error(self, reason: str) -> Exception:
        return self._report.error(self._place, short(reason))

    def _rows(self, columns: Columns, delimiter: str) -> Iterator[HashEntry]:
        reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        while (row := self._next(reader)) is not None:
            if self._is_tamis and tamis_csv.is_end(row):
                self._check_end(row)
                return
            if not row or _is_comment(row, columns):
                continue
            entry = self._entry(self._fitted(row, columns), columns)
            if entry is not None:
                yield tamis_csv.restored(entry, self._error) if self._is_tamis else entry
        if self._is_tamis:
            raise self._error("the list is cut off: its last line, which counts it, is missing")

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        self._lines.mark()
        try:
            return next(reader, None)
        except csv.Error as error:
            raise self._error(str(error)) from error

    def _check_end(self, row: list[str]) -> None:
        stated = tamis_csv.stated(row)
        if stated != self._entries + self._report.rejected or not self._lines.ended:
            raise self._error(f"the list states {stated} entries and holds {self._entries}")
        if any(line.strip() for line in self._lines):
            raise self._error("there is more after the end of the list")

    def _fitted(self, row: list[str], columns: Columns) -> list[str]:
        while len(row) > columns.width and not row[-1].strip():
            row.pop()
        if len(row) != columns.width:
            cut = "" if self._lines.ended else f"; {_CUT}"
            raise self._error(f"{len(row)} fields instead of {columns.width}{cut}")
        if not (self._lines.ended or row[-1]):  # a fingerprint may have stood there
            raise self._error(_CUT)
        return row

    def _entry(self, row: list[str], columns: Columns) -> HashEntry | None:
        category = row[columns.category] if columns.category is not None else ""
        category = category if self._is_tamis else category.strip()
        if normal(category) in self._rules.no_match:
            self._report.reject(self._place, f"the list itself says it is no match: {category}")
            return None
        hashes: dict[str, bytes] = {}
        for index, name in columns.hashes.items():
            if text := row[index].strip():
                hashes[name] = self._parse(name, text)
        if columns.any_hash is not None and (text := row[columns.any_hash].strip()):
            kind = row[columns.kind].strip() if columns.kind is not None else ""
            named = algorithm(kind) if kind else self._by_length(text)
            if named is None:
                self._report.reject(self._place, f"no fingerprint of a file: {kind}")
                return None
            hashes[named] = self._parse(named, text)
        extra: dict[str, object] = {
            name: row[index] for index, name in columns.others.items() if row[index]
        }
        return self._usable(HashEntry(hashes, category or None, self._quality(row, columns), extra))

    def _rows_without_header(self, first: str) -> Iterator[HashEntry]:
        delimiter = next((d for d in _DELIMITERS if _hash_first(_split(first, d))), None)
        line: str | None = first
        while line is not None:
            self._lines.mark()
            if line.strip() and not line.startswith("#"):
                entry = self._line(_split(line, delimiter))
                if entry is not None:
                    yield entry
            line = next(self._lines, None)

    def _line(self, row: list[str]) -> HashEntry | None:
        text = row[0].strip()
        name = self._by_length(text)
        hashes = {name: self._parse(name, text)}
        quality = None
        rest = row[1:]
        if name == "pdq" and rest and rest[0].strip().isdecimal() and len(rest[0].strip()) <= 3:
            quality = self._in_range(rest.pop(0))
        extra: dict[str, object] = {
            f"column {number}": value.strip()
            for number, value in enumerate(rest, len(row) - len(rest) + 1)
            if value.strip()
        }
        return self._usable(HashEntry(hashes, None, quality, extra))

    def _by_length(self, text: str) -> str:
        name = BY_LENGTH.get(len(text), "")
        if name == "sha256":
            name = self._rules.of_64_digits
        if not name:
            raise self._error(f"no hash of a known length: {text}")
        if self._seen and name not in self._seen and not self._lines.ended:
            raise self._error(_CUT)  # a SHA-256 cut short looks like a SHA-1
        self._seen.add(name)
        return name

    def _parse(self, name: str, text: str) -> bytes:
        try:
            return parse(name, text)
        except ValueError as error:
            raise self._error(f"{error}: {text}") from error

    def _quality(self, row: list[str], columns: Columns) -> int | None:
        text = row[columns.quality].strip() if columns.quality is not None else ""
        return self._in_range(text) if text else None

    def _in_range(self, text: str) -> int:
        number = text.strip()
        if not number.isdecimal() or len(number) > 3 or int(number) > 100:
            raise self._error(f"a quality that is no number from 0 to 100: {text}")
        return int(number)

    def _usable(self, entry: HashEntry) -> HashEntry | None:
        hashes = {k: v for k, v in entry.hashes.items() if not is_empty_content(v)}
        if len(hashes) < len(entry.hashes):
            self._report.warn("digests of an empty file are left out", self._place)
        if not hashes.keys() & ALGORITHMS.keys():
            if not self._lines.ended:
                raise self._error(_CUT)
            self._report.reject(self._place, "no fingerprint that Tamis matches")
            return None
        return HashEntry(hashes, entry.category, entry.quality, entry.extra)


def _first_line(lines: Lines, report: Report) -> str:
    """The first line that says something."""
    for line in lines:
        if line.rstrip() == tamis_csv.MARK or (line.strip() and not line.startswith("#")):
            return line
    raise report.error("", "holds no hash")


def _after_mark(lines: Lines, report: Report) -> str:
    """The header of a list in Tamis's own form; notes the category scheme."""
    line = next(lines, "")
    if scheme := tamis_csv.scheme_of(line):
        report.scheme = short(scheme)
        line = next(lines, "")
    return line


def _header(first: str, report: Report) -> tuple[Columns, str] | None:
    """What the header says and what separates it; None if it is none."""
    best: tuple[Columns, str] | None = None
    for delimiter in _DELIMITERS:
        names = _split(first, delimiter)
        if len(names) > MOST_COLUMNS:
            raise report.error("header", f"more than {MOST_COLUMNS} columns")
        try:
            columns = Columns.of(names)
        except ValueError as error:
            raise report.error("header", str(error)) from error
        if columns is not None and (best is None or columns.width > best[0].width):
            best = columns, delimiter
    return best


def _split(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:  # as md5sum writes: the hash, spaces, perhaps a star, the name
        digest, _, name = line.strip().partition(" ")
        return [digest, name.lstrip(" *")]
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _hash_first(row: list[str]) -> bool:
    return len(row) > 1 and len(row[0].strip()) in BY_LENGTH


def _is_comment(row: list[str], columns: Columns) -> bool:
    return row[0].startswith("#") and (len(row) != columns.width or 0 in columns.hashes)
