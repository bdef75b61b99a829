"""The ground: pebbles, and fields from the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.demo.scenes.field import (
    Array,
    Generator,
    blur,
    cover,
    grid,
    mix,
    noise,
    rgb,
    scaled,
    step,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


STONES = ("8a8480", "5c5a5c", "b0a498", "7a5a48", "9c8a6c", "c8c4bc", "4a5058", "a87860")
CROPS = ("6f8c34", "b8a850", "8a6c44", "4c7030", "a4b458", "d0bc74", "7c9a4c", "94804c")


def cells(
    rng: Generator, width: int, height: int, size: float
) -> tuple[Array, Array, NDArray[np.int32]]:
    """Return a cellular texture (Worley, SIGGRAPH 1996): nearest and second distance, and cell.

    Args:
        rng: source of chance.
        width: in pixels.
        height: in pixels.
        size: of a cell in picture heights; distances are in cells.
    """
    x, y = grid(width, height)
    x, y = x / np.float32(size), y / np.float32(size)
    across = int(x.max()) + 4
    points = rng.uniform(0.08, 0.92, (int(y.max()) + 4, across, 2)).astype(np.float32)
    column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    first = np.full((height, width), 9.0, np.float32)
    second = first.copy()
    owner = np.zeros((height, width), np.int32)
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            point = points[row + down, column + right]
            dx = point[..., 0] + np.float32(right - 1) - (x - column)
            dy = point[..., 1] + np.float32(down - 1) - (y - row)
            distance = np.sqrt(dx * dx + dy * dy)
            nearer = distance < first
            second = np.where(nearer, first, np.minimum(second, distance))
            owner = np.where(nearer, (row + down) * across + column + right, owner)
            first = np.where(nearer, distance, first)
    return first, second, owner


def pebbles(rng: Generator, width: int, height: int) -> Array:
    """Wet pebbles on a shore."""
    wide, high = width // 2, height // 2
    warp = noise(rng, wide, high, 0.2, octaves=3)
    layers = []
    for size in (0.16, 0.085):
        first, second, owner = cells(rng, wide, high, size)
        dome = np.sqrt(np.clip(1 - (first / np.maximum(second, 1e-3)) ** 2.2, 0, 1))
        layers.append((np.minimum(dome, step(0.02, 0.3, second - first) * 1.0), owner, size))
    big = (layers[0][0] > 0.35) & (np.sin(layers[0][1] * 12.9) > -0.3)
    dome = np.where(big, layers[0][0], layers[1][0] * 0.7)
    owner = np.where(big, layers[0][1], layers[1][1] + 5000)
    palette = np.stack([rgb(stone) for stone in STONES])
    chance = (np.sin(owner * 78.233) * 43758.5) % 1
    colour = (
        palette[(chance * 7.99).astype(np.int32)] * (0.75 + 0.5 * ((chance * 57) % 1))[..., None]
    )
    colour = scaled(colour.astype(np.float32), width, height)
    relief = scaled((dome * 0.07 * high).astype(np.float32), width, height) * 2
    grain = noise(rng, width, height, 0.02, octaves=4, gain=0.9)
    vein = step(0.12, 0.0, np.abs(scaled(warp, width, height) + 0.2 * grain)) * 0.5
    relief = blur(relief, 2.0)
    dy, dx = np.gradient(relief)
    up = 1 / np.sqrt(1 + dx * dx + dy * dy)
    sun = np.clip((dx * 0.6 + dy * 0.5) * up + 0.62 * up, 0, 1)
    shine = np.clip((dx * 0.36 + dy * 0.3 + 0.88) * up, 0, 1) ** 60
    gap = step(0.0, 0.05 * high, relief)
    lit = mix(colour, rgb("dcd6cc"), vein) * (1 + 0.12 * grain)[..., None]
    lit = lit * (sun * 1.25 + 0.16)[..., None] * np.array((1.1, 1.03, 0.94), np.float32)
    lit = lit * (0.12 + 0.88 * gap)[..., None] + (0.4 * shine * gap)[..., None]
    return np.asarray(lit, np.float32)


def farmland(rng: Generator, width: int, height: int) -> Array:
    """Fields, hedges, a road and a river from the air."""
    x, y = grid(width, height)
    first, second, owner = cells(rng, width // 2, height // 2, 0.2)
    fine = noise(rng, width, height, 0.02, octaves=4, gain=0.8)
    broad = noise(rng, width, height, 0.4, octaves=4)
    kinds = np.stack([rgb(crop) for crop in CROPS])
    owner = np.repeat(np.repeat(owner, 2, 0), 2, 1)
    owner = np.pad(owner, ((0, height - owner.shape[0]), (0, width - owner.shape[1])), mode="edge")
    chance = (np.sin(owner * 12.9898) * 43758.5) % 1
    angle = chance * 9.4
    rows = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (260 + 200 * chance))
    picture = kinds[(chance * 7.99).astype(np.int32)]
    picture = picture * (0.9 + 0.1 * rows + 0.06 * fine + 0.07 * broad)[..., None]
    border = scaled(second - first, width, height)
    hedge = step(0.075, 0.03, border + 0.012 * fine)
    shade = step(0.1, 0.05, np.roll(border, (6, 8), (0, 1)))
    picture *= (1 - 0.45 * shade)[..., None]
    cover(picture, mix(rgb("16260f"), rgb("4a6628"), np.clip(0.5 + 0.3 * fine, 0, 1)), hedge)
    wood = step(0.95, 1.2, broad + 0.12 * fine)
    cover(picture, mix(rgb("12220e"), rgb("3f5c26"), np.clip(0.45 + 0.3 * fine, 0, 1)), wood)
    bends = noise(rng, 1, height, 0.5, octaves=3) * 0.14
    river = np.abs(x - 0.32 * width / height - bends - 0.35 * (y - 0.5))
    cover(picture, rgb("8c8458"), step(0.05, 0.044, river + 0.002 * fine))
    water = mix(rgb("1c4450"), rgb("5c8c98"), np.clip(0.4 + 0.2 * broad, 0, 1))
    cover(picture, water, step(0.042, 0.038, river + 0.002 * fine))
    lane = np.abs(y - 0.66 + 0.16 * (x - 0.8) - 0.03 * np.sin(x * 5))
    cover(picture, rgb("c4beb0"), step(0.0115, 0.0095, lane))
    cover(picture, rgb("6c6a68"), step(0.0085, 0.0075, lane))
    _farm(rng, picture, width / height)
    return np.asarray(picture * np.array((1.15, 1.05, 0.9), np.float32), np.float32)


def _farm(rng: Generator, picture: Array, aspect: float) -> None:
    """Paint farm houses with their shadows beside the road."""
    height = picture.shape[0]
    for _ in range(9):
        x, y = rng.uniform(0.55, 0.9) * aspect, rng.uniform(0.42, 0.72)
        w, h = rng.uniform(0.02, 0.045), rng.uniform(0.014, 0.024)
        x0, y0, dw, dh = (int(v * height) for v in (x, y, w, h))
        cast = max(2, dh // 2)
        picture[y0 + cast : y0 + dh + cast, x0 + cast : x0 + dw + cast] *= 0.4
        roof = rgb(str(rng.choice(["a4482c", "8c3c28", "7c7470", "b86040"])))
        picture[y0 : y0 + dh // 2, x0 : x0 + dw] = roof * 1.25
        picture[y0 + dh // 2 : y0 + dh, x0 : x0 + dw] = roof * 0.7
