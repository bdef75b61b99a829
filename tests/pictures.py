"""Benign pictures made in code, for tests of everything that lies behind decoding."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PARAMETERS = (
    "a lighthouse at dusk, oil painting\nNegative prompt: blurry\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512, Model: benign"
)


def field(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A smooth random field: another seed, another PDQ."""
    small = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def jpeg(
    seed: int, quality: int = 90, size: tuple[int, int] = (320, 240), **options: object
) -> bytes:
    """A JPEG file of `field`."""
    buffer = io.BytesIO()
    field(seed, size).save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def camera_jpeg(seed: int) -> bytes:
    """A JPEG file that says it comes from a camera."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Orfeo", "O-1"
    detail = exif.get_ifd(0x8769)
    detail[0x829A], detail[0x829D], detail[0x8827] = 1 / 125, 2.8, 200
    detail[0x9003], detail[0x920A] = "2024:05:01 10:00:00", 35.0
    return jpeg(seed, exif=exif)


def stamped_png(seed: int) -> bytes:
    """A PNG file that says it was made by Automatic1111."""
    text = PngInfo()
    text.add_text("parameters", PARAMETERS)
    buffer = io.BytesIO()
    field(seed).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def noise(seed: int, length: int) -> bytes:
    """Bytes that are no file of any kind."""
    return b"\x00\x01" + random.Random(seed).randbytes(length)
