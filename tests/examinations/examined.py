"""Examine the bytes of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.media.sniff import sniff
from tamis.model import Content

if TYPE_CHECKING:
    from tamis.examination import Examination


def content(data: bytes) -> Content:
    """The content an examination would be given."""
    sniffed = sniff(data[:65536])
    return Content(data, sniffed.format, sniffed.mime, sniffed.kind)


def examine(examination: Examination, data: bytes) -> dict[str, object]:
    """What is observed, by name."""
    return {item.name: item.value for item in examination.examine(content(data))}
