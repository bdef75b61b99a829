"""Flowers: close-ups and fields."""

from __future__ import annotations

import numpy as np

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
    scaled,
    stencil,
    step,
    tile,
)
from tamis.demo.scenes.light import Light, haze, sky

GOLDEN_ANGLE = 2.399963


def bokeh(rng: Generator, width: int, height: int, dark: str, bright: str) -> Array:
    """Return an out-of-focus background of leaves and specks of light."""
    w, h = width // 4, height // 4
    field = noise(rng, w, h, 0.35, octaves=3, gain=0.6)
    picture = mix(rgb(dark), rgb(bright), np.clip(0.4 + 0.26 * field, 0, 1))
    x, y = grid(w, h)
    for _ in range(34):
        cx, cy = rng.uniform(0, w / h), rng.uniform(0, 0.9)
        r, gain = rng.uniform(0.02, 0.07), rng.uniform(0.04, 0.22)
        disc = step(r, r * 0.88, np.hypot(x - cx, y - cy))
        cover(picture, rgb("f4f6c8"), disc * gain)
    return scaled(blur(picture, 2.0), width, height)


def flower(
    rng: Generator,
    picture: Array,
    x: float,
    y: float,
    radius: float,
    *,
    petals: int,
    colours: tuple[str, str],
    heart: tuple[str, str],
    heart_part: float = 0.3,
    tilt: float = 0.85,
) -> None:
    """Paint a composite flower seen nearly from the front, in two rings of petals.

    The florets of the heart stand at the golden angle (Vogel, *Mathematical Biosciences* 44, 1979).
    """
    height, width = picture.shape[:2]
    x0, x1 = max(0, int((x - radius) * height)), min(width, int((x + radius) * height))
    y0, y1 = max(0, int((y - radius) * height)), min(height, int((y + radius) * height))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return
    part = picture[y0:y1, x0:x1]
    px = ((np.arange(x0, x1, dtype=np.float32) + 0.5) / height - x)[None, :] / radius
    py = ((np.arange(y0, y1, dtype=np.float32) + 0.5) / height - y)[:, None] / (radius * tilt)
    reach, angle = np.hypot(px, py), np.arctan2(py, px)
    soft = 1.6 / (radius * height)
    for ring, (size, turn) in enumerate(((0.98, 0.0), (0.9, 0.5), (0.78, 0.25))):
        phase = (angle / (2 * np.pi) * petals + turn + rng.uniform(0, 1)) % petals
        number, across = np.floor(phase).astype(np.int32), (phase % 1) * 2 - 1
        length = size * rng.uniform(0.86, 1.0, petals).astype(np.float32)[number % petals]
        along = reach / length
        wide = 0.96 * np.sqrt(np.clip(np.sin(np.clip(along, 0, 1) ** 1.6 * np.pi), 0, 1))
        mask = step(soft * petals * 0.35 + 0.02, -0.02, np.abs(across) - wide) * step(
            1 + soft, 1 - soft, along
        )
        vein = 0.05 * np.sin(across * 16) + 0.04 * np.sin(across * 37 + number)
        light = 0.62 + 0.36 * along - 0.3 * across**2 * np.sign(across + 0.3) + vein
        light = light * (0.66 + 0.17 * ring) * (1 - 0.16 * np.sin(angle))
        tone = mix(rgb(colours[0]), rgb(colours[1]), np.clip(along**1.4, 0, 1))
        shadow = step(1.22, 0.9, along) * step(0.5, -0.1, np.abs(across) - wide - 0.2)
        part *= (1 - 0.4 * shadow * (1 - mask) * (ring > 0))[..., None]
        cover(part, tone * np.clip(light, 0.05, 1.3)[..., None], mask)
    _heart(part, px, py, heart_part, heart)


def _heart(part: Array, px: Array, py: Array, size: float, colours: tuple[str, str]) -> None:
    """Paint the heart of a flower: florets in a spiral, raised in the middle."""
    rows, columns = part.shape[:2]
    count = 420
    n = np.arange(count)
    r, a = np.sqrt((n + 0.5) / count) * size, n * GOLDEN_ANGLE
    to_x = np.interp(np.cos(a) * r, px[0], np.arange(columns) + 0.5)
    to_y = np.interp(np.sin(a) * r * 0.95, py[:, 0], np.arange(rows) + 0.5)
    dot = size / np.sqrt(count) * columns * 0.5

    def draw(pen: Pen, _: float, scale: float) -> None:
        for cx, cy in zip(to_x, to_y, strict=True):
            box = [
                2 * (cx - dot * scale),
                2 * (cy - dot * scale),
                2 * (cx + dot * scale),
                2 * (cy + dot * scale),
            ]
            pen.ellipse(box, fill=255)

    reach = np.hypot(px, py) / size
    base = (
        mix(rgb(colours[1]), rgb(colours[0]), np.clip(reach, 0, 1) ** 2)
        * (0.55 + 0.3 * np.clip(-py / size - 0.3 * px / size, -1, 1))[..., None]
    )
    part *= (1 - 0.5 * step(1.5, 1.0, reach))[..., None]
    cover(part, base * 0.35, step(1.03, 0.97, reach))
    cover(part, base, stencil(columns, rows, lambda pen, u: draw(pen, u, 1.05)))
    cover(part, base * 2.1, stencil(columns, rows, lambda pen, u: draw(pen, u, 0.5)) * 0.8)


def _stem(rng: Generator, picture: Array, x: float, y: float, thick: float) -> None:
    """Paint a stem from a flower out of the picture below."""
    height, width = picture.shape[:2]
    lean = rng.uniform(-0.12, 0.12)

    def draw(pen: Pen, unit: float) -> None:
        t = np.linspace(0, 1, 14)
        points = [((x + lean * s * s) * unit, (y + (1.02 - y) * s) * unit) for s in t]
        pen.line(points, fill=255, width=max(2, int(thick * unit)), joint="curve")

    mask = stencil(width, height, draw)
    cover(picture, mix(rgb("2a4416"), rgb("7c9c44"), blur(mask, height / 150)), mask)


def daisies(rng: Generator, width: int, height: int) -> Array:
    """Daisies close to the lens, the meadow out of focus behind them."""
    aspect = width / height
    picture = bokeh(rng, width, height, "16300e", "8cb04a")
    for _ in range(7):
        place = rng.uniform(0.05, 0.95) * aspect, rng.uniform(0.15, 0.7)
        _stem(rng, picture, *place, 0.008)
        flower(
            rng,
            picture,
            *place,
            rng.uniform(0.06, 0.1),
            petals=18,
            colours=("d8d4c0", "fdfcf4"),
            heart=("c88a10", "f2c020"),
        )
    picture = blur(picture, height / 90)
    for x, y, radius in ((0.3, 0.42, 0.27), (0.72, 0.58, 0.23), (0.9, 0.2, 0.14)):
        place = x * aspect + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.05, 0.05)
        _stem(rng, picture, *place, 0.014)
        flower(
            rng,
            picture,
            *place,
            radius,
            petals=21,
            colours=("c8c8b8", "ffffff"),
            heart=("b87808", "f8cc28"),
            tilt=rng.uniform(0.75, 0.95),
        )
    return picture


def sunflower(rng: Generator, width: int, height: int) -> Array:
    """One large sunflower against a blurred field."""
    aspect = width / height
    picture = bokeh(rng, width, height, "24481c", "a8c0d8")
    _stem(rng, picture, aspect * 0.5, 0.5, 0.03)
    flower(
        rng,
        picture,
        aspect * 0.5,
        0.47,
        0.44,
        petals=24,
        colours=("c86808", "ffc810"),
        heart=("6a3410", "2c1608"),
        heart_part=0.42,
        tilt=0.95,
    )
    return picture


def tulips(rng: Generator, width: int, height: int) -> Array:
    """A field of tulips in coloured rows, a windmill at its end."""
    hour = Light("3f7cc0", "d8e6ee", (1.25, 1.16, 1.0), "6f8cb0", 0.2, -0.2)
    horizon = 0.42
    aspect = width / height
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.5, scale=1.3)
    x, y = grid(width, height)
    depth = 0.22 / np.maximum(y - horizon, 0.002)
    across = (x - aspect * 0.45) * depth
    bed = np.floor(across / 0.42)
    inside = np.abs((across / 0.42) % 1 - 0.5)
    kinds = np.stack([rgb(c) for c in ["c81e2c", "f2c414", "e86a9c", "f4efe4", "8c2a7c", "f0782c"]])
    order = rng.permutation(64) % 6
    hue = kinds[order[bed.astype(np.int32) % 64]]
    heads = sample(tile(rng, 512, 64, octaves=2), across * 1.1, np.log(depth) * 2.4)
    size = sample(tile(rng, 512, 200, octaves=1), across * 1.1, np.log(depth) * 2.4)
    bloom = step(-0.3, 0.5, heads + 0.4 * size)
    stem = rgb("2c4f1a") * (0.75 + 0.3 * size)[..., None]
    field = mix(stem, hue * np.clip(0.72 + 0.24 * heads, 0.2, 1.3)[..., None], bloom)
    path = step(0.4, 0.44, inside)
    soil = rgb("6a4e34") * (0.8 + 0.12 * heads)[..., None]
    field = mix(field, soil, path) * np.array(hour.sun, np.float32) * 0.95
    haze(field, hour, np.minimum(depth, 60), 0.035)
    cover(picture, field, step(horizon - 0.001, horizon + 0.002, y))
    trees = step(-0.004, 0.004, y - horizon + 0.018 + 0.008 * noise(rng, width, 1, 40.0, octaves=7))
    cover(picture, rgb("42583a") * 0.9, trees * step(horizon + 0.003, horizon, y))
    _windmill(picture, aspect * 0.72, horizon + 0.01, 0.26, float(rng.uniform(0.1, 1.4)))
    return picture


def _windmill(picture: Array, x: float, foot: float, tall: float, turn: float) -> None:
    """Paint a windmill."""
    height, width = picture.shape[:2]
    hub = (x, foot - tall * 0.82)

    def polygon(pen: Pen, unit: float, points: list[tuple[float, float]]) -> None:
        pen.polygon(
            [((x + a * tall) * unit, (foot + b * tall) * unit) for a, b in points], fill=255
        )

    def body(pen: Pen, unit: float) -> None:
        polygon(pen, unit, [(-0.22, 0), (-0.12, -0.75), (0.12, -0.75), (0.22, 0)])

    def cap(pen: Pen, unit: float) -> None:
        polygon(
            pen, unit, [(-0.14, -0.74), (-0.1, -0.88), (0.0, -0.95), (0.1, -0.88), (0.14, -0.74)]
        )
        polygon(pen, unit, [(-0.3, -0.3), (0.3, -0.3), (0.3, -0.28), (-0.3, -0.28)])

    def sails(pen: Pen, unit: float) -> None:
        for quarter in range(4):
            a = turn + quarter * np.pi / 2
            c, s = np.cos(a) * tall, np.sin(a) * tall
            ends = (hub[0] + c * 0.72, hub[1] + s * 0.72)
            pen.line(
                [hub[0] * unit, hub[1] * unit, ends[0] * unit, ends[1] * unit],
                255,
                width=int(0.012 * tall * unit) + 2,
            )
            for part in np.linspace(0.14, 0.7, 15):
                p = (hub[0] + c * part, hub[1] + s * part)
                q = (p[0] - s * 0.14, p[1] + c * 0.14)
                pen.line([p[0] * unit, p[1] * unit, q[0] * unit, q[1] * unit], 255, width=2)
            rim = [
                (hub[0] + c * part - s * 0.14, hub[1] + s * part + c * 0.14) for part in (0.14, 0.7)
            ]
            pen.line([(a * unit, b * unit) for a, b in rim], 255, width=3)

    px, _ = grid(width, height)
    side = 0.5 + 0.6 * np.clip((x - px) / (tall * 0.3) + 0.4, 0, 1)
    cover(picture, rgb("b89878") * side[..., None], stencil(width, height, body))
    cover(picture, rgb("4a3424"), stencil(width, height, cap))
    cover(picture, rgb("5c4634"), stencil(width, height, sails))
