"""The air: balloons, the night sky, mist in a wood."""

from __future__ import annotations

import numpy as np

from tamis.demo.scenes.field import (
    Array,
    Generator,
    cover,
    grid,
    mix,
    noise,
    rgb,
    step,
)
from tamis.demo.scenes.landscape import reflect
from tamis.demo.scenes.light import Light, sky
from tamis.demo.scenes.plants import spruces

DAWN = Light("5a8cc8", "f8dcb8", (1.3, 1.06, 0.8), "6f7ca0", 0.15, 0.3, 0.55, "fff0dc", "b0a4b0")


def balloons(rng: Generator, width: int, height: int) -> Array:
    """Hot-air balloons over misty hills at dawn."""
    horizon = 0.72
    aspect = width / height
    picture = sky(rng, width, height, DAWN, horizon=horizon, clouds=0.28)
    _layers(rng, picture, DAWN, first=0.62, count=5, near="2f3f2a")
    sizes = np.sort(rng.uniform(0.03, 0.15, 8))
    places = rng.permutation(8)
    for size, place in zip(sizes, places, strict=True):
        x = aspect * (0.08 + 0.12 * place) + rng.uniform(-0.03, 0.03)
        _balloon(rng, picture, x, float(rng.uniform(0.14, 0.6 - size)), float(size))
    return picture


def _layers(
    rng: Generator, picture: Array, light: Light, *, first: float, count: int, near: str
) -> None:
    """Lay wooded ridges one before the other, each clearer than the one behind."""
    height, width = picture.shape[:2]
    y = grid(width, height)[1]
    grain = noise(rng, width, height, 0.015, octaves=3, gain=0.8)
    for layer in range(count):
        part = (layer + 1) / count
        edge = first + 0.34 * part**1.3 - 0.03
        line = edge + (0.035 + 0.02 * part) * noise(rng, width, 1, 260.0, octaves=4)
        line += 0.006 * part * noise(rng, width, 1, 14.0, octaves=4, gain=0.7)
        mask = step(-0.001, 0.001, y - line)
        clear = 0.12 + 0.88 * part**1.4
        colour = rgb(near) * clear + rgb(light.horizon) * (1 - clear)
        below = np.clip((y - line) / 0.16, 0, 1)
        tone = colour * (1 + 0.25 * part * grain)[..., None]
        tone = mix(tone, rgb(light.horizon) * 0.94, below * 0.75 * (1 - 0.55 * part))
        cover(picture, tone, mask)


def _balloon(rng: Generator, picture: Array, x: float, y: float, radius: float) -> None:
    """Paint a hot-air balloon with its basket; y is the middle of the envelope."""
    height, width = picture.shape[:2]
    x0, x1 = max(0, int((x - radius * 1.1) * height)), min(width, int((x + radius * 1.1) * height))
    y0, y1 = max(0, int((y - radius * 1.1) * height)), min(height, int((y + radius * 1.9) * height))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    part = picture[y0:y1, x0:x1]
    u = ((np.arange(x0, x1, dtype=np.float32) + 0.5) / height - x)[None, :] / radius
    v = ((np.arange(y0, y1, dtype=np.float32) + 0.5) / height - y)[:, None] / radius
    profile = np.where(
        v < 0.1,
        np.sqrt(np.clip(1 - v * v, 0, 1)),
        0.995 * np.cos(np.clip((v - 0.1) / 1.25, 0, 1) * 1.4) ** 0.9,
    )
    soft = 1.2 / (radius * height)
    mask = step(soft, -soft, np.abs(u) - profile) * step(1.12, 1.1, v) * (v > -1)
    around = np.clip(u / np.maximum(profile, 0.05), -1, 1)
    gore = np.floor(np.arcsin(around) / np.pi * 12 + 6).astype(np.int32)
    first, second = rng.choice(
        ["c8302c", "f0b820", "2c6cb0", "f4ece0", "3c8c5c", "e87030", "7a3c8c"], 2, replace=False
    )
    band = np.abs(v + 0.1) < 0.2
    colour = np.where(((gore % 2 == 0) ^ band)[..., None], rgb(str(first)), rgb(str(second)))
    facing = np.clip(-around * 0.6 - np.clip(v, -1, 1) * 0.35 + 0.5 * np.sqrt(1 - around**2), 0, 1)
    seam = 1 - 0.18 * step(0.4, 0.5, np.abs((np.arcsin(around) / np.pi * 12) % 1 - 0.5))
    lit = colour * ((0.22 + 0.95 * facing) * seam)[..., None] * np.array(DAWN.sun, np.float32)
    far = float(np.clip(0.55 - radius * 3.6, 0, 0.5))
    air = rgb(DAWN.horizon)
    cover(part, (lit * (1 - far) + air * far).astype(np.float32), mask)
    basket = (np.abs(u) < 0.12) * (v > 1.42) * (v < 1.66)
    ropes = step(0.02, 0.01, np.abs(np.abs(u) - 0.11 - 0.06 * (1.42 - v))) * (v > 1.08) * (v < 1.45)
    cover(
        part,
        (rgb("4a2e1a") * (1 - far) + air * far).astype(np.float32),
        np.maximum(basket, ropes).astype(np.float32),
    )


def aurora(rng: Generator, width: int, height: int) -> Array:
    """Northern lights and stars above a lake."""
    horizon = 0.66
    x, y = grid(width, height)
    rise = np.clip((horizon - y) / horizon, 0, 1)
    picture = mix(rgb("1c3a4c"), rgb("050a1c"), rise**0.6 + 0 * x)
    _stars(rng, picture, horizon)
    for colour, top, gain in (("38f0a0", 0.46, 0.75), ("50d8c8", 0.36, 0.45), ("a050d8", 0.3, 0.4)):
        line = top + 0.1 * noise(rng, width, 1, 500.0, octaves=3) * np.float32(0.8)
        curtain = np.exp(0.9 * noise(rng, width, 1, 90.0, octaves=6, gain=0.7))
        above = (line - y) / 0.34
        light = np.where(above > 0, np.exp(-above * 2.6), np.exp(above * 26)) * curtain
        picture += (light * gain * 0.4)[..., None] * rgb(colour)
    ridge = noise(rng, width, 1, 380.0, octaves=8, gain=0.52)
    mountains = horizon - np.clip(0.09 + 0.04 * ridge, 0.012, 0.2)
    ground = step(-0.001, 0.001, y - mountains)
    rock = noise(rng, width, height, 0.08, octaves=5, gain=0.6)
    snow = mix(
        rgb("0a1218"), rgb("4c7478"), np.clip(0.35 + 0.35 * rock - 6 * (y - mountains), 0, 1)
    )
    cover(picture, snow, ground)
    water = step(horizon - 0.001, horizon + 0.002, y)
    reflect(rng, picture, water, horizon, deep=rgb("03080e"), ripple=0.5)
    aspect = width / height
    trees = []
    for _ in range(40):
        side = rng.random()
        place = side**2 * 0.42 if rng.random() < 0.5 else 1 - side**2 * 0.42
        trees.append(
            (
                place * aspect,
                rng.uniform(0.96, 1.03),
                rng.uniform(0.1, 0.42) * (1.1 - 1.3 * min(place, 1 - place)),
            )
        )
    cover(picture, rgb("04080a"), spruces(rng, width, height, trees))
    return picture


def _stars(rng: Generator, picture: Array, horizon: float) -> None:
    """Sprinkle stars and the Milky Way, in place."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    band = np.exp(-(((y - 0.15 - 0.35 * (x - 0.3)) / 0.12) ** 2))
    cloud = noise(rng, width, height, 0.2, octaves=6, gain=0.65)
    picture += (band * np.clip(0.5 + 0.4 * cloud, 0, 2) * 0.035)[..., None] * rgb("d8d0ff")
    count = int(2600 * width / height / 1.5)
    rows = (rng.random(count) * horizon * height).astype(np.int64)
    columns = rng.integers(1, width - 1, count)
    strength = (rng.pareto(1.6, count) * 0.05).clip(0.02, 1.4).astype(np.float32)
    tint = mix(rgb("ffd8b0"), rgb("c0d8ff"), rng.random(count).astype(np.float32))
    np.add.at(picture, (rows, columns), tint * strength[:, None])
    np.add.at(picture, (rows, columns + 1), tint * strength[:, None] * 0.5)


def misty_wood(rng: Generator, width: int, height: int) -> Array:
    """Spruces in the mist, row behind row, light falling through."""
    aspect = width / height
    x, y = grid(width, height)
    light = rgb("dfe4dc")
    beam = np.exp(-(((x - aspect * 0.62) / 0.4) ** 2) - ((y - 0.25) / 0.45) ** 2)
    picture = mix(rgb("8a9c9c"), rgb("f6efd8"), beam)
    for layer in range(6):
        part = (layer + 1) / 6
        mask = spruces(rng, width, height, _row(rng, aspect, layer))
        tone = mix(light * 0.9, rgb("141f18"), np.full((1, 1), 0.1 + 0.85 * part**1.8))
        mist = np.clip((y - 0.45 - 0.25 * part) * 2.2, 0, 0.8) * (1 - part * 0.75)
        cover(picture, np.broadcast_to(mix(tone, light * 0.85, mist), picture.shape), mask)
        fog = step(0.45, 0.95, y) * 0.26 * (1 - 0.6 * part)
        drift = noise(rng, width, height, 0.4, octaves=3, stretch=3)
        cover(picture, light * 0.88, np.clip(fog * (1 + 0.3 * drift), 0, 1))
    grain = noise(rng, width, height, 0.03, octaves=5, gain=0.75, stretch=3)
    floor = step(-0.01, 0.01, y - 0.9 - 0.02 * noise(rng, width, 1, 200.0, octaves=6))
    cover(picture, mix(rgb("141c10"), rgb("5f6c34"), np.clip(0.4 + 0.3 * grain, 0, 1)), floor)
    fan = noise(rng, 512, 1, 24.0, octaves=4)[0]
    rays = np.interp((x - aspect * 0.62) / (y + 0.35), np.linspace(-3, 3, 512), fan)
    picture += (np.clip(rays, 0, 2) * 0.1 * np.exp(-y * 1.6))[..., None] * rgb("fff0c8")
    return picture


def _row(rng: Generator, aspect: float, layer: int) -> list[tuple[float, float, float]]:
    """Return one row of trees for `spruces`; the two nearest leave a clearing in the middle."""
    part = (layer + 1) / 6
    foot = 0.62 + 0.38 * part**1.6
    trees = [
        (
            rng.uniform(-0.05, aspect + 0.05),
            foot + rng.uniform(-0.02, 0.03),
            rng.uniform(0.25, 0.45) + 0.55 * part * rng.uniform(0.4, 1.0),
        )
        for _ in range(26 - 3 * layer)
    ]
    if layer < 4:
        return trees
    return [tree for tree in trees if abs(tree[0] - aspect * 0.58) > 0.24][: 8 - layer]
