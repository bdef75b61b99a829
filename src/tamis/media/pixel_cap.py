"""The cap on the size of pictures, asked before memory for a single pixel is."""

from __future__ import annotations

from tamis.errors import DecodeError


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture that is empty or has more than `max_pixels` pixels.

    Raises:
        DecodeError: ``empty_picture`` or ``too_many_pixels``.
    """
    if width <= 0 or height <= 0:
        raise DecodeError("empty_picture", f"the header says {width} × {height} pixels")
    if width * height > max_pixels:
        raise DecodeError(
            "too_many_pixels", f"the header says {width} × {height} pixels, over {max_pixels}"
        )
