"""Truth files: what pictures are known to be, as a laboratory writes it down.

A CSV file with a header. ``origin`` is ``capture``, ``synthetic``, ``hybrid`` or ``graphic``; a
picture is named by ``path`` or ``sha256``, or both, which then must agree; ``group`` says what
belongs together (a camera, a generator), ``condition`` how it came about (*as found*, *messenger*).
What is wrong is named with file and line, since a label that was misread is worse than none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.errors import TruthError
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAPTURE, SYNTHETIC = "capture", "synthetic"
ORIGINS = (CAPTURE, SYNTHETIC, "hybrid", "graphic")
COLUMNS = ("path", "sha256", "origin", "group", "condition")
_LARGEST = 256 << 20


@dataclass(frozen=True, slots=True)
class TruthRow:
    """What one line says; a cell that is not there is empty.

    Args:
        line: in the file, from 1.
        path: of the picture, as it is written.
        sha256: in lower case hexadecimal.
        origin: one of `ORIGINS`.
        group: what it belongs to.
        condition: how it came about.
    """

    line: int
    path: str
    sha256: str
    origin: str
    group: str
    condition: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth file.

    Args:
        file: as it is named in messages.
        sha256: of its bytes, in hexadecimal.
        rows: one to a picture, as far as the file tells.
        repeated: lines that say what an earlier one says, and do not count.
        unused: columns that mean nothing here: perhaps misspelt.
    """

    file: str
    sha256: str
    rows: tuple[TruthRow, ...]
    repeated: tuple[int, ...]
    unused: tuple[str, ...]


def read(path: Path) -> Truth:
    """Read a truth file.

    Raises:
        TruthError: it cannot be read, lacks a column, or a line is not what it should be.
    """
    file = printable(str(path))
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise TruthError(
            _("{file}: cannot be read: {reason}", file=file, reason=error.strerror)
        ) from error
    if len(data) > _LARGEST:
        raise TruthError(_("{file}: is too large for a truth file", file=file))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TruthError(_at(file, line, _("is not UTF-8"))) from error
    lines = _lines(file, text)
    header = [cell.strip().lower() for cell in next(lines, (0, []))[1]]
    _check_header(file, header)
    rows, repeated = _distinct(file, [_row(file, header, *line) for line in lines])
    if not rows:
        raise TruthError(_("{file}: names no picture", file=file))
    unused = tuple(printable(name) for name in header if name and name not in COLUMNS)
    return Truth(file, hashlib.sha256(data).hexdigest(), rows, repeated, unused)


def _at(file: str, line: int, what: str) -> str:
    return _("{file} line {number}: {fault}", file=file, number=line, fault=what)


def _lines(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not blank; spreadsheets of some countries write semicolons."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TruthError(_at(file, reader.line_num, str(error))) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _check_header(file: str, header: list[str]) -> None:
    known = ", ".join(COLUMNS)
    if "origin" not in header:
        fault = _("the column origin is missing; known are {known}", known=known)
        raise TruthError(_at(file, 1, fault))
    if not {"path", "sha256"} & set(header):
        fault = _("a column path or sha256 is missing; known are {known}", known=known)
        raise TruthError(_at(file, 1, fault))
    for name in COLUMNS:
        if header.count(name) > 1:
            raise TruthError(_at(file, 1, _("the column {name} is there twice", name=name)))


def _row(file: str, header: list[str], line: int, cells: list[str]) -> TruthRow:
    if len(cells) != len(header):
        fault = _(
            "{number} cells where the header has {columns}", number=len(cells), columns=len(header)
        )
        raise TruthError(_at(file, line, fault))
    given = dict(zip(header, cells, strict=True))
    origin = given["origin"].strip().lower()
    if origin not in ORIGINS:
        fault = _(
            "the origin {origin} is unknown; known are {known}",
            origin=printable(repr(given["origin"])),
            known=", ".join(ORIGINS),
        )
        raise TruthError(_at(file, line, fault))
    sha256 = given.get("sha256", "").strip().lower()
    if sha256 and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise TruthError(_at(file, line, _("a SHA-256 has 64 hexadecimal digits")))
    path = given.get("path", "")
    if not sha256 and not path.strip():
        raise TruthError(_at(file, line, _("neither path nor SHA-256")))
    if "\0" in path:
        raise TruthError(_at(file, line, _("a path cannot hold a zero byte")))
    group, condition = (given.get(name, "").strip() for name in ("group", "condition"))
    return TruthRow(line, path, sha256, origin, group, condition)


def _distinct(file: str, rows: list[TruthRow]) -> tuple[tuple[TruthRow, ...], tuple[int, ...]]:
    """Return the first line on each picture, and the lines that repeat one."""
    first: dict[tuple[str, str], TruthRow] = {}
    repeated = []
    for row in rows:
        before = first.setdefault((row.sha256, "" if row.sha256 else row.path), row)
        if before is not row:
            refuse_contradiction(file, before, row)
            repeated.append(row.line)
    return tuple(first.values()), tuple(repeated)


def refuse_contradiction(file: str, before: TruthRow, row: TruthRow) -> None:
    """Make sure that two lines on one picture say the same.

    Raises:
        TruthError: they do not.
    """
    if before.origin != row.origin:
        fault = _(
            "says {origin} of a picture of which line {line} says {before}",
            origin=row.origin,
            line=before.line,
            before=before.origin,
        )
        raise TruthError(_at(file, row.line, fault))
