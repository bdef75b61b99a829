"""Generated pictures for the tests of fingerprints: closed formulas, the same on every machine."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from tamis.model import Content


def scene(width: int = 640, height: int = 480, seed: int = 1) -> NDArray[np.uint8]:
    """Hills, a sun and a wall with windows in colour, uint8 (height, width, 3)."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    picture = np.empty((height, width, 3))
    for channel in range(3):
        plane = 110 + 40 * np.sin(3 * x + seed + channel) + 30 * np.cos(5 * y - seed)
        for k in range(2, 12):
            turn = seed * 1.7 + k * 2.3 + channel * 0.2
            wave = 2 * np.pi * k * (x * np.cos(turn) + y * np.sin(turn)) * 1.3
            plane += 70 / k * np.sin(wave + turn)
        picture[:, :, channel] = plane
    sun = (x - 0.2 - 0.05 * seed % 0.5) ** 2 + (y - 0.2) ** 2 < 0.01
    picture[sun] = (250, 220, 120)
    windows = (x > 0.6) & (y > 0.35) & (np.sin(60 * x) > 0.2) & (np.cos(50 * y + seed) > 0)
    picture[windows] *= 0.35
    return np.clip(picture, 0, 255).astype(np.uint8)


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def decoded(data: bytes, *, strict: bool = False) -> Content:
    return decode(data, sniff(data[:65536]), max_pixels=100_000_000, strict=strict)


def bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
