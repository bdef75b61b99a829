"""Truth files: of which pictures it is known how they came to be.

A CSV file in UTF-8, comma, semicolon or tab between the columns (a spreadsheet chooses), with a
heading: `origin`, and `sha256` or `path` or both; `group` if wanted. Other columns are left alone.
Where a row has a SHA-256, that names the media, and its path is for people.
"""

from __future__ import annotations

import csv
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

ORIGINS = ("capture", "synthetic", "hybrid", "graphic")
_DELIMITERS = ",;\t"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one picture.

    Args:
        path: of a media file, as the queue prints it; empty where the SHA-256 alone names it.
        sha256: of the media; None where the path names it.
        origin: one of `ORIGINS`.
        group: what belongs together, such as a camera or a generator; may be empty.
        line: where it is written, from 1.
    """

    path: str
    sha256: bytes | None
    origin: str
    group: str
    line: int


def read(path: Path) -> list[Truth]:
    """Return the rows of a truth file in their order; one that is said twice stands once.

    Raises:
        TruthError: the file cannot be read or is not as it should be; names file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found = list(_rows(path, lines.read()))
    except OSError as error:
        raise _error(path, 0, error.strerror or type(error).__name__) from None
    except UnicodeDecodeError:
        raise _error(path, 0, _("it is not text in UTF-8")) from None
    if not found:
        raise _error(path, 0, _("it names no picture"))
    return _once(path, found)


def _rows(path: Path, text: str) -> Iterator[Truth]:
    heading = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_heading(path, names)
        begin = reader.line_num
        for cells in reader:
            line, begin = begin + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                if len(cells) > len(names):
                    reason = _("it has {number} cells, the heading {names}", **_sizes(cells, names))
                    raise _error(path, line, reason)
                yield _truth(path, line, dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        raise _error(path, reader.line_num, str(error)) from None


def _sizes(cells: list[str], names: list[str]) -> dict[str, int]:
    return {"number": len(cells), "names": len(names)}


def _check_heading(path: Path, names: list[str]) -> None:
    for name in ("origin", "sha256", "path", "group"):
        if names.count(name) > 1:
            raise _error(path, 1, _("the column {name} is there twice", name=name))
    if "origin" not in names:
        raise _error(path, 1, _("the column {name} is missing", name="origin"))
    if "sha256" not in names and "path" not in names:
        raise _error(path, 1, _("the columns sha256 and path are missing: one is needed"))


def _truth(path: Path, line: int, row: dict[str, str]) -> Truth:
    origin = row.get("origin", "").strip().lower()
    if origin not in ORIGINS:
        reason = _(
            "the origin is {found}, and none of {allowed}",
            found=repr(printable(origin)),
            allowed=", ".join(ORIGINS),
        )
        raise _error(path, line, reason)
    digest, file = row.get("sha256", "").strip(), row.get("path", "")
    if digest and not _SHA256.fullmatch(digest):
        raise _error(path, line, _("{found} is no SHA-256", found=repr(printable(digest))))
    if not digest and not file:
        raise _error(path, line, _("it has neither a SHA-256 nor a path"))
    sha256 = bytes.fromhex(digest) if digest else None
    return Truth(file, sha256, origin, row.get("group", "").strip(), line)


def _once(path: Path, rows: list[Truth]) -> list[Truth]:
    """Leave out what was said before.

    Raises:
        TruthError: one picture has two origins.
    """
    first: dict[object, Truth] = {}
    for row in rows:
        key = row.path if row.sha256 is None else row.sha256
        check_same(path, first.setdefault(key, row), row)
    return list(first.values())


def check_same(path: Path, one: Truth, other: Truth) -> None:
    """Refuse two rows about the same picture that contradict each other.

    Raises:
        TruthError: they do; names file and lines.
    """
    if one.origin != other.origin:
        reason = _(
            "the same picture is {origin} here and {before} in line {line}",
            origin=other.origin,
            before=one.origin,
            line=one.line,
        )
        raise _error(path, other.line, reason)


def _error(path: Path, line: int, reason: str) -> TruthError:
    """Return an error that names the file, and the line where there is one."""
    name = printable(str(path))
    if not line:
        return TruthError(_("{file}: {reason}", file=name, reason=reason))
    return TruthError(_("{file}, line {line}: {reason}", file=name, line=line, reason=reason))
