"""A piece of a picture that a detector was shown, and what it said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

_LEAST_SCALE, _MOST_SCALE = 1 / 64, 64.0
_KEYS = ("x", "y", "width", "height", "scale", "logit")


@dataclass(frozen=True, slots=True)
class Tile:
    """What a detector says of one piece of a picture.

    Args:
        x: left of the piece, in pixels of the picture as it is stored.
        y: top of it, likewise.
        width: pixels of the picture.
        height: likewise.
        scale: by which the picture was resized for it: 0.5 for half its size.
        logit: above 0 says synthetic.
    """

    x: int
    y: int
    width: int
    height: int
    scale: float
    logit: float

    def as_value(self) -> dict[str, object]:
        """Return what an observation keeps of it."""
        return {
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "scale": self.scale,
            "logit": round(self.logit, 3),
        }


def tile_of(value: object) -> Tile:
    """Return the tile an observation keeps.

    Raises:
        ValueError: it is none.
    """
    parts = [value.get(key) for key in _KEYS] if isinstance(value, dict) else []
    numbers = [part for part in parts if isinstance(part, int | float)]
    if len(numbers) != len(_KEYS) or not all(math.isfinite(number) for number in numbers):
        raise ValueError("a tile lacks a number")
    x, y, width, height, scale, logit = numbers
    whole = all(number == int(number) for number in (x, y, width, height))
    if not whole or min(width, height) < 1 or not _LEAST_SCALE <= scale <= _MOST_SCALE:
        raise ValueError("a tile is not a rectangle of pixels")
    return Tile(int(x), int(y), int(width), int(height), float(scale), float(logit))
