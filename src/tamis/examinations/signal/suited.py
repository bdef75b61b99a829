"""Whether a network may be asked: stricter than what other numbers from the pixels need.

A network answers whatever it is shown. Of pictures that are unlike all it was measured with, its
answer is worth nothing, so it is not asked, and the reason is said instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamis.examinations.provenance.metadata import read_metadata
from tamis.examinations.signal.applicable import look
from tamis.examinations.signal.kind import Kind

if TYPE_CHECKING:
    from tamis.model import Content

WIDEST = 3
"""A picture with a side more than this many times the other was joined from several."""
OPAQUE = 255
_SCANNERS = re.compile(
    r"scan|perfection|coolscan|opticfilm|vuescan|silverfast|flextight|\bls-?\d{2,4}\b",
    re.IGNORECASE,
)
_WEBP_FLAGS, _WEBP_ALPHA = 20, 0x10


def unsuited(content: Content) -> list[str]:
    """Return why no network is to be asked; empty where it may.

    Besides the reasons of `look`: ``over_exposed``, ``panorama``, ``transparent`` (what lies under
    transparent pixels was never seen by anybody), ``scanned`` (as the metadata say: a print may
    show either) and ``samples`` (no pixels of eight bits in colour, or too many).
    """
    first = look(content)
    reasons = list(first.reasons)
    if first.kind is Kind.OVER_EXPOSED:
        reasons.append("over_exposed")
    if max(content.width, content.height) > WIDEST * min(content.width, content.height):
        reasons.append("panorama")
    if _is_transparent(content):
        reasons.append("transparent")
    if _is_scanned(content):
        reasons.append("scanned")
    if not reasons and content.rgb is None:
        reasons.append("samples")
    return reasons


def _is_transparent(content: Content) -> bool:
    if content.format == "webp" and content.data[12:16] == b"VP8X":
        return bool(content.data[_WEBP_FLAGS] & _WEBP_ALPHA)
    pixels = content.pixels
    if pixels is None or pixels.shape[2] < 4:
        return False
    return bool(pixels[:, :, 3].min(initial=OPAQUE) < OPAQUE)


def _is_scanned(content: Content) -> bool:
    exif = read_metadata(content).exif
    return any(_SCANNERS.search(exif.text(tag)) for tag in ("Model", "Software"))
