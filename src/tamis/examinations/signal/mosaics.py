"""Benign pictures made in code: noise as a sensor under a colour filter array would give it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE = 256


def scene(side: int = _SIDE, seed: int = 1) -> NDArray[np.float32]:
    """Return a coarse texture with fine noise, float32 in 0 to 255, shape (side, side, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.normal(128, 25, (side // 16 + 1, side // 16 + 1, 3))
    fine = coarse.repeat(16, axis=0).repeat(16, axis=1)[:side, :side]
    return np.clip(fine + random.normal(0, 12, fine.shape), 0, 255).astype(np.float32)


def demosaiced(colours: NDArray[np.float32], green: int = 1) -> NDArray[np.uint8]:
    """Return what is left when one colour of each pixel is measured, the others interpolated.

    Bayer's array, bilinear interpolation. Beyond the edge the picture repeats, which keeps the
    lattice where the sides are even.

    Args:
        colours: shape (h, w, 3), even sides.
        green: sum of row and column, modulo 2, of the pixels where green is measured.
    """
    height, width = colours.shape[:2]
    rows, columns = np.indices((height, width))
    is_green = (rows + columns) % 2 == green
    measured = (~is_green & (rows % 2 == 0), is_green, ~is_green & (rows % 2 == 1))
    planes = [_filled(colours[:, :, plane], known) for plane, known in enumerate(measured)]
    return np.rint(np.stack(planes, axis=2)).astype(np.uint8)


def _filled(plane: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a plane with the mean of the known neighbours, near ones twice, where not known."""
    values, weights = np.where(known, plane, 0), known.astype(np.float32)
    for axis in (0, 1):
        values = 2 * values + np.roll(values, 1, axis) + np.roll(values, -1, axis)
        weights = 2 * weights + np.roll(weights, 1, axis) + np.roll(weights, -1, axis)
    filled: NDArray[np.float32] = np.where(known, plane, values / weights)
    return filled


def saved(pixels: NDArray[np.uint8], kind: str, quality: int = 95) -> bytes:
    """Return pixels as a file in a Pillow format; `quality` is for JPEG."""
    buffer = io.BytesIO()
    options = {"quality": quality} if kind == "JPEG" else {}
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def resized(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return a picture in another size, Lanczos."""
    height, width = (round(side * factor) for side in pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    result: NDArray[np.uint8] = np.asarray(image)
    return result
