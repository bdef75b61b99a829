"""Sky, clouds and air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tamis.demo.scenes.field import (
    Array,
    Generator,
    cover,
    grid,
    mix,
    rgb,
    sample,
    scaled,
    step,
    tile,
)


@dataclass(frozen=True, slots=True)
class Light:
    """The light of an hour of the day.

    Args:
        zenith: colour of the sky above.
        horizon: colour of the sky at the horizon, and of the haze.
        sun: colour of direct sunlight; its strength too.
        shade: colour of the light in shadows.
        sun_x: where the sun stands, in picture heights from the left.
        sun_y: likewise from the top; beyond the picture where negative.
        glow: how far the glow round the sun reaches, in picture heights.
        cloud: colour of the lit side of clouds.
        cloud_shade: colour of their far side.
        disc: radius of the sun where it is seen, in picture heights.
    """

    zenith: str
    horizon: str
    sun: tuple[float, float, float]
    shade: str
    sun_x: float = 0.3
    sun_y: float = -0.5
    glow: float = 0.35
    cloud: str = "ffffff"
    cloud_shade: str = "9aa6b4"
    disc: float = 0.0


NOON = Light("2a62b0", "b4d0e8", (1.25, 1.18, 1.05), "5f7fa8")
MORNING = Light(
    "4a7cba", "f2dcc0", (1.35, 1.08, 0.78), "65789c", 0.2, 0.12, 0.5, "fff3e0", "a79fa8"
)
DUSK = Light(
    "263a6e", "f6a35c", (1.4, 0.72, 0.36), "4a4a74", 0.9, 0.5, 0.5, "ffb27a", "5d4a63", 0.018
)
OVERCAST = Light(
    "8f9aa6", "cfd4d8", (0.55, 0.56, 0.58), "8a929c", 0.7, -0.8, 0.9, "dfe3e6", "868e97"
)
WINTER = Light("5b8fce", "e4ecf4", (1.2, 1.1, 0.98), "6f8fc0", 1.2, 0.1, 0.5, "ffffff", "b4bfd0")


def sky(
    rng: Generator,
    width: int,
    height: int,
    light: Light,
    *,
    horizon: float,
    clouds: float = 0.45,
    scale: float = 1.0,
) -> Array:
    """Return a sky with a sun, its glow, and a layer of clouds in perspective.

    Args:
        rng: source of chance.
        width: in pixels.
        height: in pixels.
        light: the hour.
        horizon: its y.
        clouds: part of the sky that they cover, 0 to 1.
        scale: their size.
    """
    x, y = grid(width, height)
    rise = np.clip((np.float32(horizon) - y) / np.float32(max(horizon, 0.2)), 0, 1)
    column = mix(rgb(light.horizon), rgb(light.zenith), rise[:, 0] ** np.float32(0.65))
    picture = np.repeat(column[:, None, :], width, axis=1)
    distance = np.hypot(x - np.float32(light.sun_x), (y - np.float32(light.sun_y)) * 1.15)
    sun = np.array(light.sun, np.float32)
    glow = np.exp(-distance / np.float32(light.glow * 0.45))
    picture += glow[..., None] * sun * np.float32(0.42)
    if light.disc:
        picture += step(light.disc * 1.15, light.disc, distance)[..., None] * sun * 3
        picture += np.exp(-distance / np.float32(light.disc * 2))[..., None] * sun * 0.8
    if clouds > 0:
        _clouds(rng, picture, light, horizon=horizon, cover_part=clouds, scale=scale)
    return picture


def _clouds(
    rng: Generator, picture: Array, light: Light, *, horizon: float, cover_part: float, scale: float
) -> None:
    """Paint a layer of clouds seen in perspective on the sky above the horizon."""
    rows = min(picture.shape[0], int(horizon * picture.shape[0]))
    if rows < 4:
        return
    height, width = picture.shape[:2]
    half = (width // 2 + 1, rows // 2 + 1)
    x = (np.arange(half[0], dtype=np.float32) * 2 + 1)[None, :] / height - width / height / 2
    up = np.float32(horizon) - (np.arange(half[1], dtype=np.float32) * 2 + 1)[:, None] / height
    reach = np.float32(0.22 / scale) / (np.maximum(up, 0.002) + np.float32(0.12))
    texture = tile(rng, 512, 3, octaves=8, gain=0.56)
    u, v = x * reach * 1.6 + 0.37, np.broadcast_to(reach, (half[1], half[0])) * 1.6
    body = sample(texture, u, v)
    toward = np.float32(0.03) * np.tanh(np.float32(light.sun_x) - (x + width / height / 2))
    lit = body - sample(texture, u + toward, v - np.float32(0.022))
    edge = float(np.quantile(texture, 1 - cover_part))
    part = step(edge - 0.05, edge + 1.1, body) * step(0.0, 0.09, up)
    density = np.clip(scaled(part, width, rows), 0, 1)
    shade = np.clip(0.52 + 0.75 * scaled(lit, width, rows) - 0.3 * density, 0, 1)
    colour = mix(rgb(light.cloud_shade), rgb(light.cloud), shade)
    colour *= 0.6 + 0.4 * np.array(light.sun, np.float32)
    cover(picture[:rows], colour, np.minimum(density * 1.35, 0.96))


def haze(picture: Array, light: Light, depth: Array, strength: float) -> None:
    """Lay the air between: `depth` is a field of distances, in place."""
    clear = np.exp(-depth * np.float32(strength))
    air = rgb(light.horizon) * 0.92
    cover(picture, air, 1 - clear)
