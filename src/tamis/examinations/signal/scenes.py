"""Benign pictures made in code: hills under a sky, and a chart."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw


def hills(width: int = 320, height: int = 256, seed: int = 7) -> Image.Image:
    """Return hills under a sky, with the fine grain of a sensor; no two pixels were interpolated.

    The relief is noise whose power falls with the square of the frequency, as in photographs.
    """
    random = np.random.default_rng(seed)
    down, right = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    fall = 1 / np.maximum(np.hypot(down, right), 1 / max(width, height)) ** 1.2
    colours = []
    for tint in (0.9, 1.0, 0.8):
        noise = np.fft.ifft2(np.fft.fft2(random.standard_normal((height, width))) * fall).real
        noise *= 30 / noise.std()
        sky = np.linspace(60, -40, height)[:, None]
        colours.append(120 * tint + noise + sky + random.normal(0, 1.5, (height, width)))
    pixels = np.clip(np.stack(colours, axis=2), 2, 253).round().astype(np.uint8)
    return Image.fromarray(pixels)


def untouched() -> bytes:
    """Return the hills as a PNG file."""
    return saved(hills(), "PNG")


def once_jpeg() -> bytes:
    """Return the hills as a PNG file, after JPEG at quality 85 and a crop by 3 and 5 pixels."""
    with Image.open(io.BytesIO(saved(hills(), "JPEG", quality=85))) as again:
        return saved(again.crop((3, 5, *again.size)), "PNG")


def enlarged() -> bytes:
    """Return the hills enlarged by a half, as a PNG file."""
    return saved(hills().resize((480, 384), Image.Resampling.BICUBIC), "PNG")


def chart() -> bytes:
    """Return a chart of bars as a PNG file."""
    picture = Image.new("RGB", (320, 240), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for number, top in enumerate((180, 120, 150, 60, 90, 140)):
        left = 30 + 45 * number
        draw.rectangle((left, top, left + 30, 220), fill=(31, 119, 180))
    for number in range(6):
        draw.text((30 + 45 * number, 224), f"{2000 + number}", fill=(0, 0, 0))
    return saved(picture, "PNG")


def tiny() -> bytes:
    """Return hills of 64 × 48 pixels as a PNG file."""
    return saved(hills(64, 48), "PNG")


def saved(picture: Image.Image, kind: str, **options: int | str) -> bytes:
    """Return a picture as a file in a Pillow format."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
