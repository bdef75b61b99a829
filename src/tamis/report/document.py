"""A report as a list of blocks, which HTML and PDF show alike: one text, two ways to print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title of the report."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.

    Args:
        text: plain; no markup is read.
        kind: ``plain``, ``lead`` (a summary), ``note`` (small print) or ``code``.
        term: what the paragraph explains, set in bold before it.
    """

    text: str
    kind: str = "plain"
    term: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        headings: of the columns.
        rows: of as many cells.
        caption: what it shows.
        text_columns: how many columns on the left hold text; the others hold numbers.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    text_columns: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot.

    Args:
        png: its bytes.
        text: the same in words, for who cannot see it.
    """

    png: bytes
    text: str


Block = Heading | Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    Args:
        title: of the document.
        language: ``en`` or ``fr``.
        footer: on every page of paper.
        blocks: in order.
    """

    title: str
    language: str
    footer: str
    blocks: tuple[Block, ...]
