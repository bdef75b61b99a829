"""Cities: a skyline, a street, a house front."""

from __future__ import annotations

import numpy as np

from tamis.demo.scenes.field import (
    Array,
    Generator,
    Pen,
    cover,
    grid,
    mix,
    noise,
    rgb,
    stencil,
    step,
)
from tamis.demo.scenes.landscape import reflect
from tamis.demo.scenes.light import Light, sky

NIGHTFALL = Light(
    "16224e", "e08a68", (0.9, 0.5, 0.36), "3a3f66", 0.5, 0.62, 0.7, "c07f7a", "3f3a58"
)

PLASTERS = ("d8b48c", "c9866a", "e2d6bc", "b4a08e", "d9a05c", "9aa8a0", "e6c8b4", "a8705a")


def skyline(rng: Generator, width: int, height: int) -> Array:
    """Towers by a river at nightfall, windows lit."""
    horizon = 0.66
    picture = sky(rng, width, height, NIGHTFALL, horizon=horizon, clouds=0.35)
    foot = int(horizon * height)
    for layer, (count, tallest, tone) in enumerate(
        ((26, 0.36, "6a5a78"), (20, 0.5, "3a3852"), (16, 0.4, "1d1f30"))
    ):
        for _ in range(count):
            wide = int(rng.uniform(0.035, 0.085) * height)
            left = int(rng.uniform(-0.02, width / height) * height)
            bump = 1 - 0.5 * abs(left / width - 0.45)
            tall = int(tallest * bump * rng.uniform(0.3, 1.0) * height)
            _tower(rng, picture, left, wide, foot, tall, rgb(tone), layer)
    y = grid(width, height)[1]
    water = step(horizon, horizon + 0.003, y)
    reflect(rng, picture, water, horizon, deep=rgb("0a1026"), ripple=1.0)
    quay = step(0.004, 0.0015, np.abs(y - horizon - 0.002))
    cover(picture, rgb("15131c"), quay)
    _bridge(picture, width / height, horizon)
    return picture


def _tower(
    rng: Generator,
    picture: Array,
    left: int,
    wide: int,
    foot: int,
    tall: int,
    tone: Array,
    layer: int,
) -> None:
    """Paint one tower with its windows."""
    first, last = max(left, 0), min(left + wide, picture.shape[1])
    if last - first < 4 or tall < 8:
        return
    part = picture[foot - tall : foot, first:last]
    rows, columns = part.shape[:2]
    rise = np.linspace(1.25, 0.75, rows, dtype=np.float32)[:, None, None]
    side = np.linspace(1.15, 0.8, columns, dtype=np.float32)[None, :, None]
    part[:] = tone * rise * side
    if rng.random() < 0.4 and foot - tall > 20:
        mast = slice(max(0, foot - tall - int(0.25 * tall)), foot - tall)
        middle = (first + last) // 2
        picture[mast, middle : middle + 2] = tone * 0.8
    storey, bay = 5 + layer, 3 + layer
    row, column = np.arange(rows) // storey, np.arange(columns) // bay
    chance = 0.12 + 0.3 * rng.random()
    lit = rng.random((row[-1] + 1, column[-1] + 1)) < chance
    warm = np.stack([rgb("ffd28a"), rgb("ffb860"), rgb("dfe8ff")])[
        rng.choice(3, lit.shape, p=[0.55, 0.3, 0.15])
    ]
    warm = (warm * rng.uniform(0.25, 0.95, lit.shape)[..., None]).astype(np.float32)
    pane = (np.arange(rows) % storey > 1)[:, None] & (np.arange(columns) % bay > 0)[None, :]
    glow = (lit[row][:, column] & pane)[..., None]
    fade = (0.35, 0.65, 1.0)[layer]
    part[:] = np.where(glow, warm[row][:, column] * fade, part * np.where(pane, 0.85, 1)[..., None])


def _bridge(picture: Array, aspect: float, horizon: float) -> None:
    """Paint a suspension bridge across the river."""
    height, width = picture.shape[:2]
    deck = horizon + 0.055
    towers = (aspect * 0.2, aspect * 0.78)

    def draw(pen: Pen, unit: float) -> None:
        pen.rectangle([0, deck * unit, aspect * unit, (deck + 0.009) * unit], fill=255)
        for x in towers:
            box = [x - 0.008, deck - 0.2, x + 0.008, deck + 0.09]
            pen.rectangle([v * unit for v in box], fill=255)
        t = np.linspace(-0.1, aspect + 0.1, 120)
        middle, half = sum(towers) / 2, (towers[1] - towers[0]) / 2
        reach = np.abs((t - middle) / half)
        sag = np.where(reach < 1, 0.19 * reach**2, 0.19 - 0.3 * (reach - 1) * half)
        cable = [
            (float(a) * unit, (deck - 0.005 - float(b)) * unit) for a, b in zip(t, sag, strict=True)
        ]
        pen.line(cable, fill=255, width=int(0.005 * unit))
        for a, b in cable:
            pen.line([(a, b), (a, deck * unit)], fill=190, width=2)

    cover(picture, rgb("181420"), stencil(width, height, draw))

    def lamps(pen: Pen, unit: float) -> None:
        for x in np.arange(0.02, aspect, 0.05):
            box = [x - 0.0025, deck - 0.006, x + 0.0025, deck - 0.001]
            pen.ellipse([v * unit for v in box], fill=255)

    cover(picture, rgb("ffe0a0") * 1.3, stencil(width, height, lamps))


def street(rng: Generator, width: int, height: int) -> Array:
    """A street of town houses running away from the viewer, in the sun."""
    hour = Light("3a74bc", "d2e0ea", (1.35, 1.2, 0.98), "6e86ac")
    horizon, eye, half = 0.6, 1.7, 6.5
    picture = sky(rng, width, height, hour, horizon=horizon, clouds=0.4)
    x, y = grid(width, height)
    dx = (x - width / height * rng.uniform(0.42, 0.58)) / 0.85
    dy = (y - horizon) / 0.85
    wall = half / np.maximum(np.abs(dx), 1e-3) + 0 * dy
    road = np.where(dy > 1e-4, eye / np.maximum(dy, 1e-4), np.float32(1e4)) + 0 * dx
    far = 170.0
    _walls(rng, picture, dx, dy, wall, road, eye, hour)
    ground = (road < wall) & (road < far * 4)
    across = dx * road
    surface = _paving(rng, across, road, half, hour)
    fog = 1 - np.exp(-np.minimum(road, 400) / 160)
    surface = mix(surface, rgb(hour.horizon), fog)
    cover(picture, surface, ground.astype(np.float32))
    _lamps(picture, width, height, horizon, eye, half)
    return picture


def _walls(
    rng: Generator,
    picture: Array,
    dx: Array,
    dy: Array,
    depth: Array,
    road: Array,
    eye: float,
    hour: Light,
) -> None:
    """Paint both rows of houses: `depth` is the distance at which a ray meets them."""
    high = eye - dy * depth
    tints = np.stack([rgb(plaster) for plaster in PLASTERS])
    for side in (-1, 1):
        starts = np.cumsum(rng.uniform(7, 13, 40)) - 8
        tops = rng.uniform(11, 19, 41).astype(np.float32)
        colours = tints[rng.integers(0, len(tints), 41)]
        bays = rng.uniform(2.2, 3.1, 41).astype(np.float32)
        inside = (np.sign(dx) == side) & (depth < road) & (depth < 320)
        z, h = depth[inside], high[inside]
        house = np.searchsorted(starts, z)
        top = tops[house]
        keep = h < top + 0.35
        where = np.flatnonzero(inside.ravel())[keep]
        z, h, house, top = z[keep], h[keep], house[keep], top[keep]
        start = np.concatenate([[starts[0] - 10], starts])[house].astype(np.float32)
        colour = _front(z - start, h, top, colours[house], bays[house], z, hour, lit=side > 0)
        picture.reshape(-1, 3)[where] = colour


def _front(
    along: Array, high: Array, top: Array, tint: Array, bay: Array, depth: Array, hour: Light,
    *, lit: bool,
) -> Array:  # fmt: skip
    """Return the colour of points of house fronts, `along` the street and `high` above it."""
    u, v = (along / bay) % 1, ((high - 0.9) / 3.1) % 1
    soft = np.clip(depth * 0.0016, 0.01, 0.2)

    def inside(low: float, upper: float, value: Array) -> Array:
        rise = np.clip((value - low) / soft + 0.5, 0, 1)
        return np.asarray(rise * np.clip((upper - value) / soft + 0.5, 0, 1))

    shop = high < 3.4
    upper = (~shop & (high < top - 0.9)).astype(np.float32)
    chance = (np.sin(np.floor(along / bay) * 12.99 + (high // 3.1) * 78.23 + top * 3.1) * 43758) % 1
    sash = inside(0.16, 0.86, v)
    frame = inside(0.2, 0.8, u) * sash
    shutter = (inside(0.02, 0.17, u) + inside(0.83, 0.98, u)) * sash
    glass = inside(0.25, 0.485, u) + inside(0.515, 0.75, u)
    glass = glass * (inside(0.2, 0.6, v) + inside(0.63, 0.82, v))
    plaster = tint * (0.92 + 0.08 * np.sin(high * 9 + along))[..., None]
    paint = mix(rgb("3f5a44"), rgb("5a6f86"), (top * 7 % 2 >= 1).astype(np.float32))
    colour = mix(plaster, paint, shutter * upper)
    colour = mix(colour, rgb("efe8dc"), frame * upper)
    pane = mix(rgb("1a2430"), rgb("8fb4d4"), np.clip(chance * 0.9 + 0.1 * v, 0, 1))
    colour = mix(colour, pane, glass * upper)
    window = mix(rgb("20242a"), rgb("d8b070"), chance * 0.8)
    colour = mix(colour, window, shop * inside(0.1, 0.9, u) * inside(0.5, 2.6, high))
    cloth = mix(rgb("ece4d4"), rgb("b0362c"), ((along * 2.2) % 1 < 0.5).astype(np.float32))
    colour = mix(colour, cloth, shop * inside(2.6, 3.2, high) * (chance > 0.35))
    ledge = inside(0.0, 0.05, v) + (high > top - 0.5) * inside(0, 0.5, top - high)
    shade = (0.9 if lit else 0.42) * (0.8 + 0.2 * np.clip(high / 8, 0, 1))
    colour *= (shade * (1 + 0.25 * np.clip(ledge, 0, 1)))[..., None]
    colour *= np.array(hour.sun, np.float32) if lit else rgb(hour.shade) * 2.2
    return mix(colour, rgb(hour.horizon), 1 - np.exp(-depth / 160))


def _paving(rng: Generator, across: Array, depth: Array, half: float, hour: Light) -> Array:
    """Return the colour of the road and the pavements."""
    rows, columns = across.shape
    grain = noise(rng, columns, rows, 0.01, octaves=2)
    row = np.floor(depth / 0.16)
    joints = step(0.42, 0.5, np.abs(((across / 0.22 + 0.5 * (row % 2)) % 1) - 0.5))
    joints = np.maximum(joints, step(0.4, 0.5, np.abs(((depth / 0.16) % 1) - 0.5)))
    joints = joints * np.clip(1.5 - depth / 9, 0, 1)
    stone = mix(rgb("8c857c"), rgb("575049"), joints * 0.8) * (1 + 0.1 * grain)[..., None]
    slab = rgb("b3aa9c") * (1 + 0.05 * grain)[..., None]
    kerb = step(-0.03, 0.03, np.abs(across) - half * 0.66)
    surface = mix(stone, slab, kerb)
    edge = step(0.16, 0.12, np.abs(np.abs(across) - half * 0.66))
    surface = mix(surface, rgb("cfc8bc"), edge * 0.6)
    shadow = step(
        0.4, 0.0, across + 1.2 + 0.3 * np.sin(depth * 0.9) + np.where(depth % 11 < 6, 0.8, -0.6)
    )
    light = np.array(hour.sun, np.float32)
    return np.asarray(surface * mix(light, rgb(hour.shade), shadow), np.float32)


def _lamps(
    picture: Array, width: int, height: int, horizon: float, eye: float, half: float
) -> None:
    """Paint street lamps along the pavements."""
    centre = width / height / 2

    def draw(pen: Pen, unit: float) -> None:
        for z in (34.0, 24.0, 17.0, 12.0):
            for side in (-1, 1):
                x = centre + side * half * 0.72 * 0.85 / z
                foot, top = horizon + eye * 0.85 / z, horizon - 2.9 * 0.85 / z
                thick = 0.05 / z
                pen.rectangle([v * unit for v in (x - thick, top, x + thick, foot)], fill=255)
                size = 0.22 / z
                pen.ellipse([v * unit for v in (x - size, top - 2 * size, x + size, top)], fill=255)

    cover(picture, rgb("1c2226"), stencil(width, height, draw))


def house_front(rng: Generator, width: int, height: int) -> Array:
    """A brick house front with windows, flower boxes and a door."""
    aspect = width / height
    x, y = grid(width, height)
    row = np.floor(y / 0.018)
    u = x / 0.056 + 0.5 * (row % 2)
    chance = np.sin(np.floor(u) * 127.1 + row * 311.7) * 43758.5453
    chance = chance - np.floor(chance)
    grain = noise(rng, width, height, 0.02, octaves=5, gain=0.8)
    brick = mix(rgb("8a3b28"), rgb("c27a58"), np.clip(chance * 0.8 + 0.12 * grain, 0, 1))
    mortar = np.maximum(
        step(0.44, 0.48, np.abs(u % 1 - 0.5)),
        step(0.38, 0.46, np.abs((y / 0.018) % 1 - 0.5)),
    )
    picture = mix(brick, rgb("c4b8a6"), mortar * 0.9)
    picture *= (1 + 0.1 * noise(rng, width, height, 0.5, octaves=3))[..., None]
    xs = [aspect * part for part in (0.17, 0.5, 0.83)]
    spots = [(c, top) for top in (0.06, 0.53) for c in xs if (c, top) != (xs[1], 0.53)]
    for centre, top in spots:
        _window(picture, centre, top)
    _door(picture, xs[1])
    _flower_boxes(rng, picture, [(centre, top + 0.3) for centre, top in spots])
    slope = step(-0.02, 0.02, y - 0.18 - 0.42 * x)
    light = mix(rgb("7f90b8") * 0.75, np.array((1.25, 1.12, 0.92), np.float32), slope)
    return np.asarray(picture * light, np.float32)


def _panel(
    picture: Array, colour: Array, left: float, top: float, right: float, bottom: float
) -> None:
    """Paint a rectangle, edges in picture heights; `colour` may be a whole picture."""
    height, width = picture.shape[:2]
    x0, x1 = (min(max(round(v * height), 0), width) for v in (left, right))
    y0, y1 = (min(max(round(v * height), 0), height) for v in (top, bottom))
    picture[y0:y1, x0:x1] = colour[y0:y1, x0:x1] if colour.ndim == 3 else colour


def _window(picture: Array, centre: float, top: float) -> None:
    """Paint a sash window with shutters and a box for flowers."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    half, tall = 0.1, 0.3
    bottom = top + tall
    _panel(
        picture,
        rgb("d8cdb8"),
        centre - half - 0.02,
        top - 0.035,
        centre + half + 0.02,
        bottom + 0.012,
    )
    _panel(picture, rgb("f2eee6"), centre - half, top, centre + half, bottom)
    sheen = np.clip(0.5 + 0.8 * (x - centre) / half * 0.4 - (y - top), 0, 1)
    pane = mix(rgb("141c24"), rgb("86a8c8"), sheen)
    curtain = step(0.055, 0.075, np.abs(x - centre)) * (0.8 + 0.2 * np.sin(x * 420))
    pane = mix(pane, rgb("d8d0c4"), curtain * 0.75)
    for i in (0, 1):
        for j in (0, 1, 2):
            left = centre - half + 0.012 + i * 0.092
            above = top + 0.012 + j * 0.094
            _panel(picture, pane, left, above, left + 0.084, above + 0.086)
    for side in (-1, 1):
        a, b = sorted((centre + side * (half + 0.022), centre + side * (half + 0.108)))
        slats = rgb("2f5a52") * (0.75 + 0.35 * ((y / 0.011) % 1))[..., None]
        _panel(picture, np.broadcast_to(slats, picture.shape), a, top - 0.01, b, bottom)
    _panel(
        picture,
        rgb("5a3a26"),
        centre - half - 0.01,
        bottom + 0.002,
        centre + half + 0.01,
        bottom + 0.05,
    )


def _flower_boxes(rng: Generator, picture: Array, spots: list[tuple[float, float]]) -> None:
    """Plant the boxes below the windows, each at (centre, top of the box)."""
    height, width = picture.shape[:2]
    for colour, count in (("2f5a22", 260), ("d8344a", 70), ("f2c8d0", 50)):

        def draw(pen: Pen, unit: float, count: int = count) -> None:
            for centre, top in spots:
                across = np.clip(rng.normal(centre, 0.05, count), centre - 0.12, centre + 0.12)
                above = top + 0.03 - np.minimum(rng.exponential(0.03, count), 0.09)
                size = rng.uniform(0.003, 0.008, count)
                tone = rng.integers(150, 256, count)
                for a, b, r, fill in zip(across, above, size, tone, strict=True):
                    box = [v * unit for v in (a - r, b - r, a + r, b + r)]
                    pen.ellipse(box, fill=int(fill))

        mask = stencil(width, height, draw)
        cover(picture, mix(rgb(colour) * 0.5, rgb(colour), mask), np.minimum(mask * 1.5, 1))


def _door(picture: Array, centre: float) -> None:
    """Paint a panelled door with its fanlight and step."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    _panel(picture, rgb("d8cdb8"), centre - 0.14, 0.45, centre + 0.14, 1.0)
    _panel(picture, rgb("1d3f5c"), centre - 0.11, 0.56, centre + 0.11, 0.965)
    ray = np.cos(np.arctan2(x - centre, 0.555 - y) * 8) * 0.5 + 0.5
    fan = mix(rgb("18222c"), rgb("9fb8cc"), step(0.1, 0.3, ray))
    cover(picture, fan, step(0.1, 0.098, np.hypot(x - centre, (y - 0.55) * 1.1)) * (y < 0.55))
    for left in (-0.09, 0.01):
        for top, bottom in ((0.59, 0.74), (0.77, 0.93)):
            _panel(picture, rgb("122b42"), centre + left, top, centre + left + 0.08, bottom)
            _panel(
                picture,
                rgb("27527a"),
                centre + left + 0.008,
                top + 0.008,
                centre + left + 0.076,
                bottom - 0.006,
            )
    cover(picture, rgb("d8b050") * 1.2, step(0.009, 0.007, np.hypot(x - centre - 0.09, y - 0.755)))
    _panel(picture, rgb("a8a298"), centre - 0.17, 0.965, centre + 0.17, 1.01)
