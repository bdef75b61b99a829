"""A report as one HTML file: it loads nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING

from tamis.report.document import Heading, Paragraph, Picture, Table

if TYPE_CHECKING:
    from tamis.report.document import Block, Document

_CSS = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, "DejaVu Sans", sans-serif; color: #1c1c1c; background: #fff;
  max-width: 52rem; margin: 2.5rem auto 4rem; padding: 0 1.25rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid #ccc; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .5rem 0; }
p.lead { font-size: 1.06rem; }
p.note { font-size: .88rem; color: #474747; }
p.code { font: .84rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: #f3f3f3;
  padding: .55rem .8rem; overflow-wrap: anywhere; }
figure { margin: 1.2rem 0; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .28rem .9rem .28rem 0; vertical-align: top; text-align: right; }
th { border-bottom: 1.5px solid #555; vertical-align: bottom; }
td { border-bottom: 1px solid #e2e2e2; }
.text { text-align: left; overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: .82rem; color: #474747; border-top: 1px solid #ccc;
  padding-top: .6rem; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } }
"""


def render(document: Document) -> bytes:
    """Return the file, UTF-8."""
    style = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; base-uri 'none'"
    body = "\n".join(_block(block) for block in document.blocks)
    text = (
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n"
        f"<main>\n{body}\n</main>\n<footer>{escape(document.footer)}</footer>\n</body>\n</html>\n"
    )
    return text.encode("utf-8", "backslashreplace")


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text, kind, term):
            before = f"<strong>{escape(term)}.</strong> " if term else ""
            return f'<p class="{escape(kind)}">{before}{escape(text)}</p>'
        case Table():
            return _table(block)
        case Picture(png, text):
            data = base64.b64encode(png).decode()
            return f'<figure><img src="data:image/png;base64,{data}" alt="{escape(text)}"></figure>'


def _table(table: Table) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f"<{tag}{scope}{_class(place, table)}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    lines = "\n".join(f"<tr>{row(cells, 'td')}</tr>" for cells in table.rows)
    return (
        f'<div class="wide"><table>{caption}<thead><tr>{row(table.headings, "th")}</tr></thead>'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _class(place: int, table: Table) -> str:
    return ' class="text"' if place < table.text_columns else ""
