"""Fields: the two-dimensional float arrays that scenes are painted with.

A *field* has the shape (h, w), a *picture* (h, w, 3) in linear light with sRGB primaries; both
are float32 wherever they last. Lengths are in units of the picture height, y grows downwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable

Array = NDArray[np.floating[Any]]
Generator = np.random.Generator
Pen = ImageDraw.ImageDraw


def stream(seed: int, *names: str) -> Generator:
    """Return the random stream of `seed` that bears these names, independent of all others."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def rgb(code: str) -> Array:
    """Return the linear light of an sRGB colour written ``rrggbb`` (IEC 61966-2-1)."""
    encoded = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def grid(width: int, height: int) -> tuple[Array, Array]:
    """Return x (0 to the aspect ratio) as a row and y (0 to 1) as a column."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / height
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    return x[None, :], y[:, None]


def step(low: float, high: float, value: Array) -> Array:
    """Rise smoothly from 0 at `low` to 1 at `high`; `low` may be the larger one."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    result: Array = t * t * (3 - 2 * t)
    return result


def mix(first: Array, second: Array, amount: Array) -> Array:
    """Return colours between two colours or pictures; `amount` is a field."""
    shape = np.broadcast_shapes(first.shape[:-1], second.shape[:-1], amount.shape)
    result = np.empty((*shape, 3), np.float32)
    for i in range(3):  # plane by plane: an inner loop over three colours is slow
        start = first[..., i]
        result[..., i] = start + (second[..., i] - start) * amount
    return result


def cover(picture: Array, colour: Array, mask: Array) -> None:
    """Paint a colour or a picture over `picture` where `mask` is, in place.

    Both may have a single row or column for all.
    """
    mask = np.broadcast_to(mask, picture.shape[:2])
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return
    span = slice(int(rows[0]), int(rows[-1]) + 1)
    colour = np.broadcast_to(colour, picture.shape)[span]
    picture, mask = picture[span], mask[span]
    for i in range(3):
        plane = picture[..., i]
        plane += (colour[..., i] - plane) * mask


def scaled(field: Array, width: int, height: int, *, smooth: bool = True) -> Array:
    """Return a field or picture resampled to another size (bicubic or, if not smooth, area)."""
    if field.ndim == 3:
        planes = [
            scaled(np.ascontiguousarray(field[..., i]), width, height, smooth=smooth)
            for i in range(field.shape[2])
        ]
        return np.stack(planes, axis=-1)
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.BOX
    return np.asarray(Image.fromarray(field).resize((width, height), method), np.float32)


def _binomial(field: Array) -> Array:
    """Smooth by (1 4 6 4 1) / 16 along both axes."""
    for axis in (0, 1):
        padded = np.pad(
            field, [(2, 2) if i == axis else (0, 0) for i in range(field.ndim)], mode="edge"
        )
        n = field.shape[axis]
        a, b, c, d, e = (padded[i : i + n] if axis == 0 else padded[:, i : i + n] for i in range(5))
        field = (a + e + 4 * (b + d) + 6 * c) * np.float32(1 / 16)
    return field


def blur(field: Array, radius: float) -> Array:
    """Blur by about a Gaussian of `radius` pixels: reduced, smoothed and enlarged again."""
    factor = max(1, round(radius / 1.5))
    if factor == 1:
        return _binomial(field)
    height, width = field.shape[:2]
    small = scaled(field, max(2, width // factor), max(2, height // factor), smooth=False)
    return scaled(_binomial(_binomial(small)), width, height)


def noise(
    rng: Generator,
    width: int,
    height: int,
    cell: float,
    *,
    octaves: int = 5,
    gain: float = 0.5,
    stretch: float = 1.0,
) -> Array:
    """Return fractal value noise of mean 0 and standard deviation 1.

    Args:
        rng: source of chance.
        width: in pixels.
        height: in pixels.
        cell: size of the largest features, as a part of the height.
        octaves: each half the size of the one before.
        gain: strength of each octave against the one before.
        stretch: how much wider than high the features are.
    """
    total = np.zeros((height, width), np.float32)
    strength = 1.0
    for octave in range(octaves):
        pixels = cell * height / 2**octave
        if pixels < 1:
            break
        columns, rows = width / (pixels * stretch), height / pixels
        lattice = rng.standard_normal((int(rows) + 5, int(columns) + 5), np.float32)
        box = (1.5, 1.5, 1.5 + columns, 1.5 + rows)
        layer = Image.fromarray(lattice).resize((width, height), Image.Resampling.BICUBIC, box)
        total += np.float32(strength) * np.asarray(layer)
        strength *= gain
    total -= total.mean()
    total /= max(float(total.std()), 1e-6)
    return total


def octave(rng: Generator, size: int, cells: int) -> Array:
    """Return one octave of value noise that repeats at the edges, shape (size, size)."""
    lattice = np.pad(rng.standard_normal((cells, cells), np.float32), 3, mode="wrap")
    box = (3, 3, 3 + cells, 3 + cells)
    return np.asarray(
        Image.fromarray(lattice).resize((size, size), Image.Resampling.BICUBIC, box), np.float32
    )


def tile(rng: Generator, size: int, cells: int, *, octaves: int = 7, gain: float = 0.5) -> Array:
    """Return fractal noise that repeats at the edges: mean 0, deviation 1, (size, size)."""
    total = np.zeros((size, size), np.float32)
    strength = 1.0
    for _ in range(octaves):
        if cells > size // 2:
            break
        total += np.float32(strength) * octave(rng, size, cells)
        strength *= gain
        cells *= 2
    total -= total.mean()
    total /= max(float(total.std()), 1e-6)
    return total


def sample(texture: Array, u: Array, v: Array) -> Array:
    """Look up a repeating texture, bilinearly; u and v run from 0 to 1 over it."""
    rows, columns = texture.shape[:2]
    u, v = np.broadcast_arrays(u, v)
    x = (u - np.floor(u)).astype(np.float32) * np.float32(columns)
    y = (v - np.floor(v)).astype(np.float32) * np.float32(rows)
    left, top = x.astype(np.int32), y.astype(np.int32)
    fx, fy = x - left, y - top
    edge = [(0, 2), (0, 2)] + [(0, 0)] * (texture.ndim - 2)
    flat = np.pad(texture, edge, mode="wrap").reshape(-1, *texture.shape[2:])
    index = top * (columns + 2) + left
    if texture.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    result: Array = flat.take(index, 0)
    result += (flat.take(index + 1, 0) - result) * fx
    index += columns + 2
    lower = flat.take(index, 0)
    lower += (flat.take(index + 1, 0) - lower) * fx
    result += (lower - result) * fy
    return result


def stencil(width: int, height: int, draw: Callable[[Pen, float], None]) -> Array:
    """Return a mask drawn at twice the size and reduced.

    `draw` receives the pen and the number of its pixels in one picture height.
    """
    plane = Image.new("L", (2 * width, 2 * height))
    draw(ImageDraw.Draw(plane), 2.0 * height)
    return np.asarray(plane.reduce(2), np.float32) * np.float32(1 / 255)
