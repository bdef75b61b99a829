"""Prints results: tables for people, JSON and CSV for programs. Text from evidence is escaped."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tamis.errors import TamisError
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def _written() -> Iterator[None]:
    """End quietly where whoever reads our output has left (``tamis queue | head``).

    Raises:
        TamisError: it cannot be written for another reason, such as a full disk.
    """
    try:
        yield
    except OSError as error:
        # What is still buffered must not raise again at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(0) from None
        raise TamisError(
            _("the output cannot be written: {reason}", reason=error.strerror)
        ) from None


def finish() -> None:
    """Write what is still buffered, while a failure can be told."""
    with _written():
        sys.stdout.flush()


def say(line: str = "") -> None:
    """Print a line of the result."""
    with _written():
        sys.stdout.write(line + "\n")


def remark(line: str) -> None:
    """Print a line beside the result, for the person who watches."""
    sys.stderr.write(line + "\n")


def as_json(value: object, *, lines: bool = False) -> str:
    """JSON of a result, indented or as one line."""
    # Lone surrogates cannot be written as UTF-8; escapes carry everything.
    text = json.dumps(value, ensure_ascii=False, indent=None if lines else 2, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 0) -> None:
    """Print a table; the first `right` columns are aligned to the right."""
    cells = [[printable_cell(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _drawn_table(headings, cells, right)
        return
    # Into a file or a pipe nothing is folded, and a line ends where its text does.
    lines = [list(headings), *cells]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        aligned = (
            blanks + cell if column < right else cell + blanks
            for column, cell in enumerate(line)
            for blanks in [" " * (widths[column] - cell_len(cell))]
        )
        say("  ".join(aligned).rstrip())


def _drawn_table(headings: Sequence[str], cells: Sequence[Sequence[str]], right: int) -> None:
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        drawn.add_column(
            Text(heading), justify="right" if position < right else "left", overflow="fold"
        )
    for row in cells:
        # As Text, never as markup: square brackets in a file name are only brackets.
        drawn.add_row(*(Text(cell) for cell in row))
    with _written():
        Console(highlight=False).print(drawn)


def printable_cell(value: object) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def shown(value: object) -> str:
    """A value that came out of a file, on one line and without anything a terminal obeys."""
    if isinstance(value, str):
        return printable(value)
    return printable(json.dumps(value, ensure_ascii=False, sort_keys=True))


def csv_line(values: Sequence[Any]) -> str:
    """One CSV line (RFC 4180); text a spreadsheet would run as a formula gets an apostrophe."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([_cell(value) for value in values])
    return buffer.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
