"""Mountains, lakes, dunes, hills."""

from __future__ import annotations

import numpy as np

from tamis.demo.scenes import light as hours
from tamis.demo.scenes.field import (
    Array,
    Generator,
    blur,
    cover,
    grid,
    mix,
    noise,
    rgb,
    sample,
    step,
    tile,
)
from tamis.demo.scenes.light import Light, haze, sky
from tamis.demo.scenes.plants import foliage_colour, leafy_tree, meadow, spruces
from tamis.demo.scenes.terrain import SIZE, look, normals, ridges, shadow


def alpine_lake(
    rng: Generator, width: int, height: int, hour: Light = hours.NOON, snow: float = 0.62
) -> Array:
    """A mountain lake: ridges, woods up to the tree line, snow above, and their reflection."""
    relief, level, horizon = 0.26, 0.2, 0.56
    land = _valley(rng)
    ground = np.maximum(land, level)
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.4)
    colour = _alpine_colour(rng, land, relief, hour, snow, level)
    view = look(
        ground,
        relief,
        width=width,
        rows=height,
        eye=(0.5, 0.0, relief * level + 0.012),
        horizon=horizon,
        zoom=0.95,
    )
    surface = sample(colour, view.u, view.v)
    surface *= (1 + 0.16 * sample(tile(rng, 512, 64, octaves=3), view.u * 9, view.v * 9))[..., None]
    surface *= 1.15
    haze(surface, hour, view.depth, 0.42)
    water = step(level + 0.004, level + 0.001, sample(land, view.u, view.v)) * view.mask
    cover(picture, surface, view.mask)
    reflect(rng, picture, water, horizon, deep=rgb("0c2f3a"), ripple=0.45)
    _bank(rng, picture, hour)
    return picture


def _bank(rng: Generator, picture: Array, hour: Light) -> None:
    """A wooded bank in front, on one side."""
    height, width = picture.shape[:2]
    aspect = width / height
    side = 1 if rng.random() < 0.5 else -1
    trees = []
    for _ in range(26):
        away = min(abs(rng.normal(0, 0.22)), 0.5)
        foot = 0.905 + 0.12 * away + rng.uniform(0.0, 0.05)
        tall = rng.uniform(0.18, 0.52) - 0.3 * away
        trees.append((away if side < 0 else aspect - away, foot, max(tall, 0.07)))
    trees.sort(key=lambda tree: tree[1])
    mask = spruces(rng, width, height, trees)
    cover(
        picture,
        foliage_colour(rng, mask, rgb("0c160d"), rgb("33452a") * hour.sun[0], grain=0.01),
        mask,
    )
    x, y = grid(width, height)
    from_side = x if side < 0 else aspect - x
    edge = 0.9 + 0.12 * from_side + 0.012 * noise(rng, width, 1, 60.0, octaves=7)
    ground = step(-0.002, 0.002, y - edge)
    soil = mix(
        rgb("20280f"),
        rgb("6d6a3c") * hour.sun[0],
        np.clip(0.4 + 0.3 * noise(rng, width, height, 0.03, gain=0.8, stretch=3), 0, 1),
    )
    cover(picture, soil, ground)
    meadow(
        rng,
        picture,
        0.99,
        blades=700,
        tall=0.07,
        dark=rgb("141f0c"),
        bright=rgb("8a8f4a") * hour.sun[0],
    )


def _valley(rng: Generator) -> Array:
    """A mountain range with a valley in the middle that a lake can fill."""
    side = np.abs(np.linspace(-0.5, 0.5, SIZE, dtype=np.float32))[None, :]
    away = np.linspace(0, 1, SIZE, dtype=np.float32)[:, None]
    wall = step(0.02, 0.5, side + 0.03 * tile(rng, SIZE, 3, octaves=5))
    far = step(0.35, 0.85, away)
    rise = np.clip(wall * (0.15 + 0.6 * away) + far * 0.75, 0.0, 1.0)
    peaks = ridges(rng, 5, sharpness=1.4)
    land: Array = 0.19 + peaks * rise * 0.9 - 0.05 * (1 - rise) + 0.01 * tile(rng, SIZE, 12)
    return land


def _alpine_colour(
    rng: Generator, land: Array, relief: float, hour: Light, snow: float, level: float
) -> Array:
    """Light and colour of the range, on the height field."""
    right, up, away = normals(land, relief)
    slope = 0.55
    sun = np.clip(-right * 0.82 + up * 0.5 - away * 0.28, 0, 1) * shadow(land, relief, slope)
    rough = tile(rng, SIZE, 24, octaves=5, gain=0.7)
    stone = mix(rgb("6f675f"), rgb("a29a90"), np.clip(0.5 + 0.3 * rough, 0, 1))
    wood = mix(rgb("1c2e17"), rgb("3f5426"), np.clip(0.4 + 0.35 * rough, 0, 1))
    height = land + 0.025 * rough
    green = mix(wood, rgb("6f7f3c"), step(0.0, 0.6, rough + 2 * up - 1.6))
    colour = mix(stone, green, step(snow * 0.82, snow * 0.6, height) * step(0.62, 0.8, up))
    colour = mix(colour, rgb("f2f5fa"), step(snow - 0.05, snow + 0.06, height + 0.3 * (up - 0.8)))
    colour = mix(colour, rgb("9a917c"), step(level + 0.014, level + 0.004, height))
    colour *= sun[..., None] * np.array(hour.sun, np.float32) + rgb(hour.shade) * (
        0.28 + 0.42 * up[..., None]
    )
    return colour


def reflect(
    rng: Generator,
    picture: Array,
    water: Array,
    horizon: float,
    *,
    deep: Array,
    ripple: float = 1.0,
) -> None:
    """Turn the part under `water` into a rippled mirror of what stands above the horizon."""
    rows, columns = picture.shape[:2]
    first = int(horizon * rows)
    x, y = np.arange(columns)[None, :], np.arange(first, rows)[:, None]
    near = (y - first) / max(rows - first, 1)
    depth = 0.06 / (near.astype(np.float32) + 0.03)
    waves = tile(rng, 256, 8, octaves=5, gain=0.6)
    u = ((x - columns / 2) / rows).astype(np.float32) * depth
    tilt = sample(waves, u * 3, np.broadcast_to(depth * 9, u.shape))
    swing = (ripple * tilt * (0.004 + 0.03 * near) * rows).astype(np.int32)
    mirror = np.clip(2 * first - y + swing * 2, 0, first - 1)
    aside = np.clip(x + swing // 3, 0, columns - 1)
    image = picture[mirror, aside]
    fresnel = np.clip(0.9 - 0.55 * near, 0, 1).astype(np.float32) + np.zeros_like(tilt)
    sheen = mix(deep * (1 + 0.2 * tilt[..., None]), image * 0.94, fresnel)
    cover(picture[first:], sheen, water[first:])


def dunes(rng: Generator, width: int, height: int) -> Array:
    """Sand dunes in low light, with wind ripples."""
    hour = Light("3f74b5", "f0d9b8", (1.5, 1.12, 0.74), "8a7a86", -0.2, 0.2, 0.6)
    relief, horizon = 0.1, 0.42
    swell = tile(rng, SIZE, 2, octaves=3, gain=0.4)
    across = np.arange(SIZE, dtype=np.float32)[None, :] / SIZE
    phase = (across * 5 + 0.22 * swell + 0.07 * tile(rng, SIZE, 5, octaves=2)) % 1
    crest = np.where(phase < 0.7, phase / 0.7, (1 - phase) / 0.3)
    land = blur(np.pad(crest**1.3 * (0.6 + 0.25 * swell), 12, mode="wrap"), 2.0)[12:-12, 12:-12]
    land = np.clip(0.3 + 0.55 * land + 0.06 * tile(rng, SIZE, 4, octaves=4), 0, 1)
    right, up, away_normal = normals(land, relief)
    sun = np.clip(-right * 0.9 + up * 0.35 - away_normal * 0.2, 0, 1) * shadow(land, relief, 0.32)
    colour = rgb("d9a866") * (
        sun[..., None] * np.array(hour.sun, np.float32) * 1.25 + rgb(hour.shade) * 0.55
    )
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.16, scale=0.7)
    view = look(
        land,
        relief,
        width=width,
        rows=height,
        eye=(0.46, 0.1, relief * 0.98),
        horizon=horizon,
        reach=1.4,
    )
    surface = sample(colour, view.u, view.v)
    wind = sample(swell, view.u * 3, view.v * 3)
    ripples = np.sin(view.u * 900 + wind * 14 + view.v * 260) * np.exp(-view.depth * 9)
    grain = tile(rng, 512, 128, octaves=2)
    speckle = sample(grain, view.u * 40, view.v * 40) * np.exp(-view.depth * 7)
    surface *= (1 + 0.09 * ripples + 0.05 * speckle)[..., None]
    haze(surface, hour, view.depth, 0.55)
    cover(picture, surface, view.mask)
    return picture


def rolling_hills(
    rng: Generator,
    width: int,
    height: int,
    hour: Light = hours.MORNING,
    leaves: tuple[str, str] = ("16250f", "73882c"),
) -> Array:
    """Green hills with woods and hedges in the morning, and a tree in front."""
    relief, horizon = 0.09, 0.46
    land = np.clip(0.5 + 0.2 * tile(rng, SIZE, 3, octaves=3, gain=0.35), 0, 1)
    woods = step(0.35, 0.6, tile(rng, SIZE, 8, octaves=5))
    canopy = tile(rng, SIZE, 96, octaves=3, gain=0.7)
    land = land + woods * (0.05 + 0.018 * canopy)
    right, up, away = normals(land, relief)
    sun = np.clip(-right * 0.75 + up * 0.55 - away * 0.25, 0, 1.2) * shadow(land, relief, 0.25)
    fields = tile(rng, SIZE, 6, octaves=2)
    stripes = np.sin(np.arange(SIZE, dtype=np.float32) * 0.9)[None, :] * step(0.3, 0.5, fields)
    green = mix(rgb("5d7a2e"), rgb("b3a24c"), step(0.2, 0.5, fields) * 0.8)
    green *= (1 + 0.08 * stripes + 0.05 * canopy)[..., None]
    colour = mix(green, rgb("22381a"), woods)
    colour *= sun[..., None] * np.array(hour.sun, np.float32) * 1.2 + rgb(hour.shade) * 0.45
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.35)
    view = look(
        land, relief, width=width, rows=height, eye=(0.5, 0.05, relief * 0.95), horizon=horizon
    )
    surface = sample(colour, view.u, view.v)
    grass = sample(tile(rng, 512, 128, octaves=2), view.u * 30, view.v * 30)
    surface *= (1 + 0.22 * grass * np.exp(-view.depth * 6))[..., None]
    haze(surface, hour, view.depth, 0.9)
    cover(picture, surface, view.mask)
    aspect = width / height
    trunk, crown = leafy_tree(rng, width, height, aspect * 0.74, 0.9, 0.72)
    cover(picture, rgb("2b2118") * 0.9, trunk)
    cover(picture, foliage_colour(rng, crown, rgb(leaves[0]), rgb(leaves[1]) * 1.2), crown)
    meadow(
        rng, picture, 0.86, blades=1500, tall=0.09, dark=rgb("1d3012"), bright=rgb("8c9c40") * 1.1
    )
    return picture
