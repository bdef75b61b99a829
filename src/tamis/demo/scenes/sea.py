"""Sea, coast and what swims in it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tamis.demo.scenes import light as hours
from tamis.demo.scenes.field import (
    Array,
    Generator,
    Pen,
    blur,
    cover,
    grid,
    mix,
    noise,
    rgb,
    sample,
    stencil,
    step,
    tile,
)
from tamis.demo.scenes.landscape import reflect
from tamis.demo.scenes.light import Light, sky
from tamis.demo.scenes.plants import branches


def lighthouse(rng: Generator, width: int, height: int, hour: Light = hours.DUSK) -> Array:
    """A lighthouse on a rocky cape above a moving sea."""
    horizon = 0.62
    aspect = width / height
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.5)
    x, y = grid(width, height)
    sea = step(horizon - 0.001, horizon + 0.001, y)
    cape_x = aspect * rng.uniform(0.22, 0.34)
    edge = noise(rng, width, 1, 150.0, octaves=8, gain=0.55)
    top = horizon - 0.14 + 0.2 * step(0.05, 0.42, np.abs(x - cape_x)) + 0.014 * edge
    rock = step(-0.0015, 0.0015, y - top) * step(0.002, -0.002, y - horizon - 0.05 - 0.012 * edge)
    reflect(rng, picture, sea, horizon, deep=rgb("12303c"), ripple=2.2)
    grain = noise(rng, width, height, 0.06, octaves=6, gain=0.75, stretch=1.6)
    face = np.clip(0.35 + 0.3 * grain - 1.2 * (y - top), 0.02, 1)
    stone = mix(rgb("1d1a1c"), rgb("8d7a6c") * hour.sun[0], face)
    turf = step(0.02, 0.0, y - top - 0.008 * grain)
    cover(picture, mix(stone, rgb("4d5a2a") * hour.sun[1] * 0.8, turf), rock)
    foam = step(0.25, 1.4, grain) * np.exp(-np.abs(y - horizon - 0.052 - 0.012 * edge) * 110)
    cover(picture, rgb("e8ecee") * 0.8, foam * step(0.46, 0.34, np.abs(x - cape_x)))
    _tower(picture, x, y, cape_x, horizon - 0.115, hour)
    _sails(rng, picture, aspect, horizon)
    birds(rng, picture, 9, aspect * 0.66, 0.24, spread=0.16)
    return picture


def _tower(picture: Array, x: Array, y: Array, centre: float, foot: float, hour: Light) -> None:
    """Paint a round tower with bands, gallery and lantern."""
    height, width = picture.shape[:2]
    tall = 0.36

    def outline(pen: Pen, unit: float) -> None:
        points = [(-0.046, 0.02), (-0.03, -tall), (0.03, -tall), (0.046, 0.02)]
        pen.polygon([((centre + a) * unit, (foot + b) * unit) for a, b in points], fill=255)

    def cap(pen: Pen, unit: float) -> None:
        for half, up in ((0.042, 0.0), (0.022, 0.075)):
            top = foot - tall - up
            box = [centre - half, top, centre + half, top + 0.012]
            pen.rectangle([v * unit for v in box], fill=255)
        roof = [(-0.026, -0.07), (0.0, -0.115), (0.026, -0.07)]
        pen.polygon([((centre + a) * unit, (foot - tall + b) * unit) for a, b in roof], fill=255)
        for a in (-0.036, -0.018, 0.0, 0.018, 0.036):
            line = [centre + a, foot - tall - 0.022, centre + a, foot - tall]
            pen.line([v * unit for v in line], fill=255, width=2)

    def lantern(pen: Pen, unit: float) -> None:
        box = [centre - 0.019, foot - tall - 0.066, centre + 0.019, foot - tall]
        pen.rectangle([v * unit for v in box], fill=255)

    around = np.clip((x - centre) / 0.042, -1, 1)
    side = 0.25 + 0.75 * np.clip(0.5 + 0.6 * around + 0.25 * np.sqrt(1 - around**2), 0, 1)
    band = (np.floor((foot - y) / 0.072) % 2 == 0) & (y < foot)
    paint = np.where(band[..., None] & (x[..., None] > -1), rgb("b3281e"), rgb("ece6da"))
    lit = side[..., None] * np.array(hour.sun, np.float32) * 0.8 + rgb(hour.shade) * 0.3
    cover(picture, paint * lit, stencil(width, height, outline))
    cover(picture, rgb("f8d890") * 1.6, stencil(width, height, lantern))
    cover(picture, rgb("2a1c1a"), stencil(width, height, cap))
    glow = np.exp(-np.hypot(x - centre, y - foot + tall + 0.035) / 0.03)
    picture += glow[..., None] * rgb("ffd890") * 0.5


def _sails(rng: Generator, picture: Array, aspect: float, horizon: float) -> None:
    """Put a few sailing boats near the horizon."""
    height, width = picture.shape[:2]
    boats = [(rng.uniform(0.5, 0.95) * aspect, rng.uniform(0.02, 0.09)) for _ in range(3)]

    def hulls(pen: Pen, unit: float) -> None:
        for x, size in boats:
            foot = horizon + size * 0.22
            points = [(-0.5, -0.1), (0.55, -0.12), (0.4, 0.02), (-0.4, 0.02)]
            pen.polygon([((x + a * size) * unit, (foot + b * size) * unit) for a, b in points], 255)

    def sails(pen: Pen, unit: float) -> None:
        for x, size in boats:
            foot = horizon + size * 0.22
            for points in (
                [(0.02, -0.16), (0.02, -1.3), (-0.42, -0.2)],
                [(0.06, -0.16), (0.06, -1.15), (0.5, -0.2)],
            ):
                pen.polygon(
                    [((x + a * size) * unit, (foot + b * size) * unit) for a, b in points], 255
                )

    cover(picture, rgb("f4e2d0") * 0.85, stencil(width, height, sails))
    cover(picture, rgb("2c1d22"), stencil(width, height, hulls))


def birds(
    rng: Generator, picture: Array, count: int, x: float, y: float, *, spread: float = 0.2
) -> None:
    """Let a flock of birds fly by."""
    height, width = picture.shape[:2]

    def flock(pen: Pen, unit: float) -> None:
        for _ in range(count):
            cx, cy = rng.normal(x, spread) * unit, rng.normal(y, spread * 0.4) * unit
            size, lift = rng.uniform(0.008, 0.02) * unit, rng.uniform(-0.1, 0.6)
            for side in (-1, 1):
                wing = [
                    (cx, cy - size * 0.08),
                    (cx + side * size * 0.5, cy - size * (0.25 + lift * 0.6)),
                    (cx + side * size * 1.25, cy - size * lift * 0.5),
                    (cx + side * size * 0.5, cy - size * lift * 0.5),
                    (cx, cy + size * 0.1),
                ]
                pen.polygon(wing, fill=255)

    cover(picture, rgb("20181c"), stencil(width, height, flock))


def beach(rng: Generator, width: int, height: int) -> Array:
    """A sandy beach with breaking waves and palm trees."""
    hour = Light("1f6ab8", "c4e2ee", (1.3, 1.22, 1.08), "6f8cae")
    horizon = 0.4
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.42, scale=1.2)
    x, y = grid(width, height)
    near = np.clip((y - horizon) / (1 - horizon), 0, 1)
    wind = tile(rng, 256, 6, octaves=6, gain=0.65)
    depth = 0.08 / (near + 0.04)
    waves = sample(wind, (x - 0.7) * depth * 2, np.broadcast_to(depth * 7, (height, width)))
    shore = 0.5 + 0.3 * (x / (width / height)) + 0.03 * np.sin(x * 5) + 0.015 * waves
    offshore = np.clip((shore - near) * 2.6, 0, 1)
    water = mix(rgb("9fe0d4"), rgb("0a5c8c"), offshore**0.7)
    water *= (1 + 0.16 * waves)[..., None]
    grain = noise(rng, width, height, 0.012, octaves=3, gain=0.9)
    dune = noise(rng, width, height, 0.25, octaves=4, stretch=3)
    sand = rgb("e6cfa0") * (1 + 0.05 * grain + 0.06 * dune)[..., None]
    wet = step(0.12, 0.0, near - shore)
    sand = mix(sand, rgb("a98d62"), wet * 0.8)
    ground = mix(water, sand, step(-0.004, 0.004, near - shore))
    for offset, strength in ((0.0, 1.0), (-0.09, 0.8), (-0.2, 0.55)):
        line = near - shore - offset - 0.02 * waves
        foam = np.exp(-((line / 0.012) ** 2)) + 0.6 * step(0.035, 0.0, -line) * step(
            0.0, 0.005, -line
        )
        cover(ground, rgb("fafdff"), np.clip(foam * strength * (0.75 + 0.3 * grain), 0, 1))
    cover(picture, ground, step(horizon - 0.001, horizon + 0.001, y))
    for palm_x, foot, tall in ((0.2, 0.86, 0.72), (0.36, 0.8, 0.5)):
        _palm(rng, picture, palm_x, foot, tall)
    return picture


def _palm(rng: Generator, picture: Array, x: float, foot: float, tall: float) -> None:
    """Paint a palm tree with its shadow on the sand."""
    height, width = picture.shape[:2]
    lean = rng.uniform(0.1, 0.25) * tall
    crown = (x + lean, foot - tall)

    def shade(pen: Pen, unit: float) -> None:
        line = [(x, foot), (x + tall * 0.7, foot + tall * 0.06)]
        pen.line([(a * unit, b * unit) for a, b in line], fill=255, width=int(0.014 * unit))
        for _ in range(12):
            a, b = rng.normal(x + tall * 0.75, 0.1), rng.normal(foot + tall * 0.065, 0.012)
            box = [a - 0.08, b - 0.006, a + 0.08, b + 0.006]
            pen.ellipse([v * unit for v in box], fill=255)

    def trunk(pen: Pen, unit: float) -> None:
        t = np.linspace(0, 1, 24)
        for a, b in pairwise(t):
            line = [(x + lean * s**1.7, foot - tall * s) for s in (a, b)]
            thick = (0.024 - 0.011 * a) * tall / 0.6 * unit
            pen.line([(p * unit, q * unit) for p, q in line], fill=255, width=int(thick))

    def fronds(pen: Pen, unit: float) -> None:
        for angle in np.linspace(-3.4, 0.3, 13):
            length, droop = tall * rng.uniform(0.38, 0.5), rng.uniform(0.14, 0.3) * tall
            t = np.linspace(0, 1, 40)
            px = crown[0] + np.cos(angle) * length * t
            py = crown[1] + np.sin(angle) * length * t * 0.75 + droop * t**2.2
            for i, s in enumerate(t):
                leaf = tall * 0.12 * np.sin(np.pi * min(1, s * 0.9 + 0.1))
                for side in (-1, 1):
                    tip = (px[i] + side * leaf * 0.35 + np.cos(angle) * leaf * 0.5, py[i] + leaf)
                    line = [px[i] * unit, py[i] * unit, tip[0] * unit, tip[1] * unit]
                    pen.line(
                        line, fill=int(rng.integers(110, 256)), width=max(2, int(0.003 * unit))
                    )

    cover(picture, rgb("8a7350") * 0.6, blur(stencil(width, height, shade), height / 300) * 0.55)
    cover(picture, rgb("6b5540"), stencil(width, height, trunk))
    mask = stencil(width, height, fronds)
    cover(picture, mix(rgb("12260c"), rgb("5f8a2a"), mask**2), np.minimum(mask * 1.5, 1))


def reef(rng: Generator, width: int, height: int) -> Array:
    """Fish over a sandy sea floor, with rays of light."""
    x, y = grid(width, height)
    aspect = width / height
    picture = mix(rgb("4fc0d8"), rgb("06284a"), np.clip(y * 1.05, 0, 1) ** 0.8 + 0 * x)
    angle = (x - aspect * 0.55) / (y + 0.5)
    fan = noise(rng, 1024, 1, 30.0, octaves=5)[0]
    rays = np.interp(angle, np.linspace(-2, 2, 1024), fan).astype(np.float32)
    picture += (np.clip(rays, 0, 2) * np.exp(-y * 2.4) * 0.16)[..., None] * rgb("d8fff4")
    floor_top = 0.74 + 0.03 * noise(rng, width, 1, 200.0, octaves=5)
    depth = 0.12 / np.clip(y - 0.6, 0.05, 1)
    net = tile(rng, 256, 8, octaves=2)
    caustic = 1 - np.abs(sample(net, x * depth * 2.5, depth * 3)) * 1.6
    sand = rgb("b0a884") * (0.42 + 0.5 * np.clip(caustic, 0, 1) ** 3)[..., None]
    floor = mix(sand, rgb("1d6a86"), np.clip(1.5 - (y - 0.66) * 4.5, 0, 0.9))
    cover(picture, floor, step(-0.01, 0.01, y - floor_top))
    _corals(rng, picture, aspect)
    count = 46
    sizes = np.sort(rng.uniform(0.02, 0.14, count))
    for size in sizes:
        place = rng.uniform(0.05, 0.95) * aspect, rng.uniform(0.12, 0.78)
        fish(rng, picture, *place, float(size))
    return picture


def _corals(rng: Generator, picture: Array, aspect: float) -> None:
    """Grow corals and sea fans on the floor."""
    height, width = picture.shape[:2]
    for colour in ("c2504a", "d88a3c", "7a4a8c", "3f8a6a"):
        places = [(rng.uniform(0, aspect), rng.uniform(0.84, 1.02)) for _ in range(3)]

        def draw(pen: Pen, unit: float, places: list[tuple[float, float]] = places) -> None:
            for x, foot in places:
                tall = rng.uniform(0.05, 0.1)
                for angle in (-2.2, -1.8, -1.4, -1.0):
                    branches(
                        pen,
                        rng,
                        x * unit,
                        foot * unit,
                        tall * 0.6 * unit,
                        angle,
                        tall * 0.14 * unit,
                        [],
                    )

        mask = stencil(width, height, draw)
        lit = blur(mask, height / 200)
        cover(picture, mix(rgb(colour), rgb(colour) * 0.35, lit) * 0.8, mask)


def fish(rng: Generator, picture: Array, x: float, y: float, size: float) -> None:
    """Paint one fish of length 2 × `size`, paler and bluer when small (far)."""
    height, width = picture.shape[:2]
    rows, columns = int(size * height * 1.3), int(size * height * 2.2)
    top, left = int(y * height) - rows // 2, int(x * height) - columns // 2
    if rows < 6 or top < 0 or left < 0 or top + rows > height or left + columns > width:
        return
    v, u = np.mgrid[-0.65 : 0.65 : rows * 1j, -1.1 : 1.1 : columns * 1j].astype(np.float32)
    if rng.random() < 0.5:
        u = -u
    profile = (
        float(rng.uniform(0.24, 0.37))
        * np.sqrt(np.clip(1 - ((u + 0.15) / 0.85) ** 2, 0, 1))
        * (1 - 0.25 * u)
    )
    body = step(0.02, -0.02, np.abs(v) - profile) * (np.abs(u + 0.15) < 0.85)
    tail = (
        step(0.03, -0.03, np.abs(v) - (u - 0.55) * 0.75)
        * (u > 0.55)
        * (u < 0.98 - 0.25 * (0.4 - np.abs(v)))
    )
    fin = step(0.02, -0.02, np.abs(v + 0.34) - 0.14 * np.clip(1 - (u / 0.45) ** 2, 0, 1)) * (
        np.abs(u) < 0.45
    )
    mask = np.maximum(np.maximum(body, tail), fin)
    hue = rgb(str(rng.choice(["f2b11c", "e8602c", "4a86d8", "d8d8e0", "f0d850"])))
    stripe = step(0.2, 0.5, np.sin(u * 9 + rng.uniform(0, 6)))
    colour = mix(hue, rgb("f4f2ea"), stripe * (0.9 if rng.random() < 0.6 else 0.1))
    colour = colour * (0.85 - 0.75 * v / 0.6 - 0.3 * np.abs(v) / 0.4)[..., None].clip(0.15, 1.3)
    eye = np.hypot(u + 0.72, v + 0.06)
    colour = mix(colour, np.full(3, 0.01), step(0.06, 0.045, eye))
    far = float(np.clip(1.25 - size * 9, 0.08, 0.85))
    colour = colour * (1 - far) + rgb("2a86aa") * far
    cover(picture[top : top + rows, left : left + columns], colour.astype(np.float32), mask)
