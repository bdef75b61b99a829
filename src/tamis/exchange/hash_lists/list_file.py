"""Opening a hash list: its encoding, and bounds on what is read at a time."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.exchange.hash_lists.reading import Report

LONGEST_LINE = 1 << 20
"""Characters in a line."""

LONGEST_RECORD = 64 << 20
"""Bytes in a record."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding(head: bytes) -> str:
    """The encoding of a text that begins with `head`: UTF-8 unless a byte order mark differs."""
    return "utf-16" if head.startswith(_UTF16) else "utf-8-sig"


class Measured:
    """A text file as UTF-8 without byte order mark, with an eye on how much one record takes."""

    def __init__(self, file: BinaryIO, report: Report) -> None:
        self.position = 0
        self._file = file
        self._report = report
        self._marked = 0
        head = file.read(4)
        file.seek(0)
        self._recode = None
        if head.startswith(_UTF16):
            self._recode = codecs.getincrementaldecoder("utf-16")()
        elif head.startswith(codecs.BOM_UTF8):
            file.seek(len(codecs.BOM_UTF8))

    def mark(self) -> None:
        """A record begins here."""
        self._marked = self.position

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; empty only at the end.

        Raises:
            HashListError: the record is too long, or the text damaged UTF-16.
        """
        if self.position - self._marked > LONGEST_RECORD:
            raise self._report.error(
                f"byte {self._marked}", f"a record of more than {LONGEST_RECORD >> 20} MiB"
            )
        data = self._file.read(size)
        self.position += len(data)
        if self._recode is None:
            return data
        try:
            text = self._recode.decode(data, final=not data)
            while data and not text:
                data = self._file.read(size)
                self.position += len(data)
                text = self._recode.decode(data, final=not data)
            return text.encode()
        except UnicodeError as error:
            raise self._report.error(f"byte {self.position}", "damaged UTF-16") from error


@contextmanager
def open_lines(path: Path, report: Report) -> Iterator[Lines]:
    """Open a text for reading line by line."""
    with path.open("rb") as file:
        head = file.read(4)
    with path.open(encoding=encoding(head), errors="surrogateescape", newline="") as text:
        yield Lines(text, report)


class Lines:
    r"""The lines of a text, with their line ends, one at a time.

    Bytes that are no UTF-8 become ``\xNN``, with a warning.
    """

    def __init__(self, text: TextIO, report: Report) -> None:
        self.number = 0
        self.ended = True
        """The last line read had a line end."""
        self._text = text
        self._report = report
        self._used = 0

    def mark(self) -> None:
        """A record begins here."""
        self._used = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line.

        Raises:
            HashListError: it or its record is too long, or it is no text.
        """
        try:
            line = self._text.readline(LONGEST_LINE + 1)
        except UnicodeError as error:
            raise self._report.error(f"line {self.number + 1}", "damaged UTF-16") from error
        if not line:
            raise StopIteration
        self.number += 1
        place = f"line {self.number}"
        self._used += len(line)
        if len(line) > LONGEST_LINE:
            raise self._report.error(place, f"longer than {LONGEST_LINE} characters")
        if self._used > LONGEST_RECORD:
            raise self._report.error(place, "a record that does not end; is a quote missing?")
        if "\0" in line:
            raise self._report.error(place, "a NUL byte: this is no text")
        self.ended = line.endswith(("\n", "\r"))
        return line if line.isascii() else self._clean(line, place)

    def _clean(self, line: str, place: str) -> str:
        try:
            line.encode()
        except UnicodeEncodeError:
            self._report.warn("not UTF-8; the bytes that are not are shown as \\xNN", place)
            return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        return line
