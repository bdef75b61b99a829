"""A report as a PDF file for paper and archives: the same bytes for the same report."""

from __future__ import annotations

import io
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, SimpleDocTemplate, Spacer
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from tamis.report.document import Heading, Paragraph, Picture, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamis.report.document import Block, Document

_MARGIN = 20 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_FONTS = {"Tamis": "DejaVuSans.ttf", "Tamis-Bold": "DejaVuSans-Bold.ttf"}
_MONO = {"Tamis-Mono": "DejaVuSansMono.ttf"}
_GREY = colors.HexColor("#c9c9c9")
_CELL = 7.5
"""Size of the letters in tables, in points."""
_PADDING = 8.0
_LONGEST_WORD = 50 * mm
_LONGEST_NUMBER = 42 * mm


@cache
def _styles() -> dict[str, ParagraphStyle]:
    """Register the fonts, which come with matplotlib and have every character we use."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name, file in (_FONTS | _MONO).items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily("Tamis", normal="Tamis", bold="Tamis-Bold")
    plain = ParagraphStyle("plain", fontName="Tamis", fontSize=9, leading=13, spaceAfter=5)

    def made(name: str, **values: Any) -> ParagraphStyle:  # noqa: ANN401 - of reportlab
        return ParagraphStyle(name, parent=plain, **values)

    heading = {"fontName": "Tamis-Bold", "keepWithNext": 1}
    return {
        "plain": plain,
        "lead": made("lead", fontSize=10, leading=14.5),
        "note": made("note", fontSize=7.5, leading=10.5, textColor=colors.HexColor("#474747")),
        "code": made(
            "code",
            fontName="Tamis-Mono",
            fontSize=7.5,
            leading=11,
            backColor=colors.HexColor("#f3f3f3"),
            borderPadding=4,
            spaceBefore=5,
            spaceAfter=8,
            wordWrap="CJK",
        ),
        "h1": made("h1", fontSize=19, leading=23, spaceAfter=10, **heading),
        "h2": made("h2", fontSize=13, leading=16, spaceBefore=16, spaceAfter=5, **heading),
        "h3": made("h3", fontSize=10, leading=13, spaceBefore=9, spaceAfter=3, **heading),
        "text": made("text", fontSize=_CELL, leading=10, spaceAfter=0),
        "number": made("number", fontSize=_CELL, leading=10, spaceAfter=0, alignment=2),
        "caption": made("caption", fontName="Tamis-Bold", fontSize=8, leading=11, keepWithNext=1),
    }


def render(document: Document) -> bytes:
    """Return the file."""
    buffer = io.BytesIO()
    made = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=document.title,
        author="Tamis",
        lang=document.language,
        invariant=1,
    )

    def footer(canvas: Any, _made: Any) -> None:  # noqa: ANN401 - of reportlab
        _styles()
        canvas.setFont("Tamis", 6.5)
        canvas.setFillColor(colors.HexColor("#474747"))
        canvas.drawString(_MARGIN, 11 * mm, document.footer)
        canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, str(canvas.getPageNumber()))

    made.build(list(_story(document.blocks)), onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def _story(blocks: Sequence[Block]) -> Iterator[Any]:
    """Yield what is set; what explains a table or a plot stays on its page."""
    for block, after in zip_longest(blocks, blocks[1:]):
        for shown in _shown(block):
            if isinstance(block, Paragraph) and isinstance(after, Table | Picture):
                shown.keepWithNext = 1
            yield shown


def _shown(block: Block) -> Iterator[Any]:
    styles = _styles()
    match block:
        case Heading(text, level):
            yield Text(_plain(text), styles[f"h{level}"])
        case Paragraph(text, kind, term):
            before = f'<font name="Tamis-Bold">{_plain(term)}.</font> ' if term else ""
            yield Text(before + _plain(text), styles[kind])
        case Table():
            yield from _table(block)
        case Picture(png, _):
            image = Image(io.BytesIO(png), _WIDTH, _WIDTH)
            image.drawHeight = _WIDTH * image.imageHeight / image.imageWidth
            image.spaceBefore = image.spaceAfter = 2 * mm
            yield image


def _plain(text: str) -> str:
    """Escape text, so that reportlab reads no markup in it."""
    return escape(text.encode("utf-8", "backslashreplace").decode())


def _table(table: Table) -> Iterator[Any]:
    styles = _styles()

    def row(cells: tuple[str, ...], *, bold: bool = False) -> list[Text]:
        return [
            Text(
                f'<font name="Tamis-Bold">{_plain(cell)}</font>' if bold else _plain(cell),
                styles["text" if place < table.text_columns else "number"],
            )
            for place, cell in enumerate(cells)
        ]

    if table.caption:
        yield Text(_plain(table.caption), styles["caption"])
    grid = Grid(
        [row(table.headings, bold=True), *(row(cells) for cells in table.rows)],
        colWidths=_widths(table),
        repeatRows=1,
        hAlign="LEFT",
    )
    grid.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, 0), 0.9, colors.HexColor("#555555")),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, _GREY),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    yield grid
    yield Spacer(1, 4 * mm)


def _widths(table: Table) -> list[float]:
    """Give each column what its longest cell takes; where that is too much, less to texts.

    No column of text is narrower than its longest word, none of numbers than a number and its
    interval.
    """
    columns = list(zip(table.headings, *table.rows, strict=True))
    natural = [max(_length(cell) for cell in column) + _PADDING for column in columns]
    least = [
        min(_longest_word(column), _LONGEST_WORD) + _PADDING
        if place < table.text_columns
        else min(width, _LONGEST_NUMBER)
        for place, (column, width) in enumerate(zip(columns, natural, strict=True))
    ]
    surplus = sum(natural) - sum(least)
    spare = _WIDTH - sum(least)
    share = 1.0 if surplus <= spare else max(spare, 0.0) / surplus
    return [low + share * (high - low) for low, high in zip(least, natural, strict=True)]


def _longest_word(column: Sequence[str]) -> float:
    return max(_length(word) for cell in column for word in cell.split() or [""])


def _length(text: str) -> float:
    return float(pdfmetrics.stringWidth(text, "Tamis-Bold", _CELL))
