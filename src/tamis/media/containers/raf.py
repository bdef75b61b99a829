"""Fujifilm RAF: a header that points to a complete JPEG file, which holds the metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.media.containers import jpeg

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

_SIGNATURE = b"FUJIFILMCCD-RAW "
_POINTER = 84
"""Of the JPEG file: its offset and its length, four bytes each, big-endian."""


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata of the JPEG file within a RAF file."""
    if bytes(view[: len(_SIGNATURE)]) != _SIGNATURE or len(view) < _POINTER + 8:
        found.problem("raf: no header")
        return
    start = int.from_bytes(view[_POINTER : _POINTER + 4], "big")
    size = int.from_bytes(view[_POINTER + 4 : _POINTER + 8], "big")
    if start < _POINTER + 8 or start + size > len(view):
        found.problem("raf: the JPEG file lies outside the file")
        return
    jpeg.walk(view[start : start + size], found)
