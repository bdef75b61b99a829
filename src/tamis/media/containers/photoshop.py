"""Photoshop image resources, and the IPTC Information Interchange Model (IIM 4.2) within."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.media.containers.findings import Findings

_SIGNATURES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_IPTC, _XMP = 0x0404, 0x0424
_MAX_DATASETS = 2048


def read_resources(view: memoryview, found: Findings) -> None:
    """Collect IPTC and XMP from a run of ``8BIM`` resources."""
    position = 0
    while position + 12 <= len(view):
        if bytes(view[position : position + 4]) not in _SIGNATURES:
            found.problem("photoshop: no resource where one should be")
            return
        if not found.next_part("photoshop resources"):
            return
        identifier = int.from_bytes(view[position + 4 : position + 6], "big")
        name = view[position + 6] + 1
        head = position + 6 + name + name % 2
        size = int.from_bytes(view[head : head + 4], "big")
        start = head + 4
        if start + size > len(view):
            found.problem(f"photoshop: resource {identifier:#06x} has a wrong length")
            return
        if identifier == _IPTC:
            found.add_iptc(view[start : start + size])
        elif identifier == _XMP:
            found.add_xmp(view[start : start + size])
        position = start + size + size % 2


def read_datasets(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (record, dataset, value) of an IPTC-IIM block, until it ends or stops making sense."""
    position = 0
    for _ in range(_MAX_DATASETS):
        if position + 5 > len(block) or block[position] != 0x1C:
            return
        record, dataset = block[position + 1], block[position + 2]
        size = int.from_bytes(block[position + 3 : position + 5], "big")
        position += 5
        if size & 0x8000:  # extended dataset: the length field has this many bytes
            width = size & 0x7FFF
            if width > 4:
                return
            size = int.from_bytes(block[position : position + width], "big")
            position += width
        if position + size > len(block):
            return
        yield record, dataset, block[position : position + size]
        position += size
