"""Benign pictures made in code: hills, whole or with a region of other hills put in."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

from tamis.examinations.signal.scenes import hills, saved

BOX = (88, 64, 232, 208)
"""Of the region: left, top, right and bottom in pixels; an ellipse with a soft edge fills it."""
_SIZE = (320, 256)
_FIRST, _LATER = 80, 95


def kept() -> bytes:
    """Return hills that were a JPEG, stored without loss."""
    return saved(_once(), "PNG")


def kept_jpeg() -> bytes:
    """Return hills saved as JPEG twice, the second time finer."""
    return saved(_once(), "JPEG", quality=_LATER)


def pasted() -> bytes:
    """Return the hills with a region of others that were never a JPEG, stored without loss."""
    return saved(_with_region(), "PNG")


def pasted_jpeg() -> bytes:
    """Return the same as a JPEG file."""
    return saved(_with_region(), "JPEG", quality=_LATER)


def never() -> bytes:
    """Return hills that were never a JPEG."""
    return saved(hills(*_SIZE), "PNG")


def _once() -> Image.Image:
    with Image.open(io.BytesIO(saved(hills(*_SIZE), "JPEG", quality=_FIRST))) as picture:
        return picture.convert("RGB")


def _with_region() -> Image.Image:
    mask = Image.new("L", _SIZE)
    ImageDraw.Draw(mask).ellipse(BOX, fill=255)
    picture = _once()
    picture.paste(hills(*_SIZE, seed=8), (0, 0), mask.filter(ImageFilter.GaussianBlur(2)))
    return picture
