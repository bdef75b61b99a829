"""Pictures with text on and beneath them, in the bitmap font that Pillow brings along.

A font of outlines would be drawn differently by another version of its library; a bitmap is the
same everywhere. It holds Latin-1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.ImageDraw import ImageDraw as Draw

INK = (235, 235, 235)
PAPER = (24, 24, 24)
LINE = 13
"""Height of a line, pixels."""

_MARGIN = 6


@cache
def font() -> ImageFont.ImageFont:
    """Return the font."""
    return ImageFont.load_default_imagefont()


def extent(text: str) -> tuple[int, int]:
    """Return width and height of a line of text, pixels."""
    box = font().getbbox(text)
    return int(box[2]), int(box[3])


def write(draw: Draw, place: tuple[int, int], text: str, colour: tuple[int, int, int]) -> None:
    """Draw a line of text, its upper left corner at `place`."""
    draw.text(place, text, fill=colour, font=font())


def captioned(picture: NDArray[np.uint8], lines: Sequence[str]) -> NDArray[np.uint8]:
    """Return a picture with lines of text beneath; wider where the text needs it.

    Args:
        picture: shape (h, w, 3).
        lines: in Latin-1.

    Returns:
        shape (h + lines, at least w, 3).
    """
    height, width = picture.shape[:2]
    widest = max((extent(line)[0] for line in lines), default=0)
    size = (max(width, widest + 2 * _MARGIN), height + len(lines) * LINE + 2 * _MARGIN)
    whole = Image.new("RGB", size, PAPER)
    whole.paste(Image.fromarray(picture), (0, 0))
    draw = ImageDraw.Draw(whole)
    for number, line in enumerate(lines):
        write(draw, (_MARGIN, height + _MARGIN + number * LINE), line, INK)
    return np.asarray(whole)
