"""Still lifes on a wooden table, and a shelf of books."""

from __future__ import annotations

import numpy as np

from tamis.demo.scenes.field import (
    Array,
    Generator,
    blur,
    cover,
    grid,
    mix,
    noise,
    octave,
    rgb,
    sample,
    step,
)

SUN = np.array((-0.55, -0.62, 0.56), np.float32)
"""Direction towards the light: left, up (y is down), towards the viewer."""

EDGE = 0.5
"""Where the table meets the wall, in picture heights from the top."""


def table(rng: Generator, width: int, height: int, wall: str, wood: str) -> Array:
    """Return an empty table of planks before a wall lit from a window."""
    x, y = grid(width, height)
    aspect = width / height
    near = 1 / np.clip(y - EDGE + 0.28, 0.05, 2)
    u, v = (x - aspect / 2) * near * 0.5, near * 0.9 + 0 * x
    plank = np.floor(v * 2.6)
    shift = np.sin(plank * 91.7) * 3.1
    warp = octave(rng, 256, 6)
    rings = sample(warp, u * 0.12 + shift, v * 0.7 + shift)
    grain = np.sin((v * 26 + rings * 5 + 0.4 * np.sin(u * 2 + shift)) * 3.0)
    fibre = sample(octave(rng, 512, 170), u * 0.25 + shift, v * 3.5)
    tone = np.clip(0.5 + 0.16 * grain + 0.12 * fibre + 0.16 * np.sin(plank * 37.1), 0, 1)
    surface = mix(rgb(wood) * 0.5, rgb(wood) * 1.15, tone)
    gap = step(0.47, 0.495, np.abs((v * 2.6) % 1 - 0.5))
    surface *= (1 - 0.75 * gap)[..., None]
    fall = np.exp(-(((x - aspect * 0.3) / 1.1) ** 2) - ((y - 0.75) / 0.8) ** 2)
    surface *= (0.45 + 0.85 * fall)[..., None] * np.array((1.1, 1.02, 0.92), np.float32)
    plaster = noise(rng, width, height, 0.3, octaves=5, gain=0.6)
    back = rgb(wall) * (1 + 0.035 * plaster)[..., None]
    beam = step(0.55, 0.1, np.abs(x - 0.25 * aspect - 0.6 * (y - 0.2)))
    back = back * (0.42 + 0.75 * beam)[..., None]
    back = mix(back, back * 0.55, step(EDGE - 0.12, EDGE, y) * 0.6)
    picture = mix(back, surface, step(EDGE - 0.003, EDGE + 0.003, y))
    soft = blur(picture, height / 160)
    return mix(soft, picture, step(EDGE + 0.03, EDGE + 0.22, y))


def _cast(picture: Array, x: float, foot: float, wide: float, tall: float) -> None:
    """Darken the table where something of this size keeps off the light: soft, then contact."""
    height, width = picture.shape[:2]
    px, py = grid(width, height)
    side = (px - x) - wide * 0.1
    along = side / (wide * 0.75 + tall * 0.55)
    shifted = along - 0.55
    body = shifted**2 + ((py - foot + wide * 0.12 - 0.05 * side) / (wide * 0.42)) ** 2
    soft = np.exp(-(body**1.5) * 1.1) * 0.62
    touch = np.exp(-(((px - x) / (wide * 0.9)) ** 2) - ((py - foot) / (wide * 0.2)) ** 2) * 0.7
    table_part = step(EDGE, EDGE + 0.02, py)
    picture *= (1 - soft * table_part)[..., None]
    picture *= (1 - touch * table_part)[..., None]


def shade(
    colour: Array, right: Array, down: Array, *, gloss: float = 0.5, bounce: Array | None = None
) -> Array:
    """Return a lit surface from the x and y of its normals (z follows): diffuse, sky, highlight."""
    toward = np.sqrt(np.clip(1 - right * right - down * down, 0, 1))
    facing = right * SUN[0] + down * SUN[1] + toward * SUN[2]
    diffuse = np.clip(facing * 0.85 + 0.15, 0, 1) ** 1.2
    ambient = 0.14 + 0.1 * np.clip(-down, 0, 1)
    result = colour * (diffuse * 1.15 + ambient)[..., None]
    if bounce is not None:
        result += colour * bounce * (0.35 * np.clip(down, 0, 1))[..., None]
    half = SUN + np.array((0, 0, 1), np.float32)
    half /= np.linalg.norm(half)
    shine = np.clip(right * half[0] + down * half[1] + toward * half[2], 0, 1)
    spot = shine ** (20 + 160 * gloss) * (0.25 + gloss) + 0.06 * gloss * (1 - toward) ** 2
    window = (
        step(0.05, 0.04, np.abs(right + 0.36))
        * step(0.085, 0.075, np.abs(down + 0.42))
        * (np.abs(right + 0.36) > 0.004)
        * (np.abs(down + 0.42) > 0.005)
    )
    result += (spot + window * gloss * 0.9)[..., None]
    return np.asarray(result, np.float32)


def _patch(
    picture: Array, left: float, top: float, right: float, bottom: float
) -> tuple[Array, Array, Array]:
    """Return the part of the picture inside a box, and the coordinates of its pixels."""
    height, width = picture.shape[:2]
    x0, x1 = max(0, int(left * height)), min(width, int(right * height) + 1)
    y0, y1 = max(0, int(top * height)), min(height, int(bottom * height) + 1)
    x = (np.arange(x0, x1, dtype=np.float32) + 0.5)[None, :] / height
    y = (np.arange(y0, y1, dtype=np.float32) + 0.5)[:, None] / height
    return picture[y0:y1, x0:x1], x, y


SKINS = {
    "apple": ("9c1a14", "d8a83a"),
    "orange": ("e07a10", "f09a28"),
    "lemon": ("e8c020", "f4dc50"),
    "plum": ("3a1a3c", "6a3560"),
}
"""Two colours of the skin of every fruit."""

CITRUS = ("orange", "lemon")


def fruit(rng: Generator, picture: Array, x: float, foot: float, radius: float, kind: str) -> None:
    """Paint an apple, orange, lemon or plum that stands at `foot`."""
    _cast(picture, x, foot, radius, radius * 1.6)
    part, px, py = _patch(
        picture, x - radius * 1.4, foot - radius * 2.1, x + radius * 1.4, foot + radius * 0.1
    )
    right = (px - x) / (radius * (1.25 if kind == "lemon" else 1.0))
    down = (py - foot + radius * 0.97) / (radius * 0.97)
    dip = 0.0 if kind in CITRUS else 0.12 * np.exp(-((right / 0.25) ** 2)) * (down < 0)
    edge = 1.0 / (radius * picture.shape[0])
    mask = step(1.0 + edge, 1.0 - edge, np.hypot(right, down * (1 + dip)))
    rows, columns = mask.shape
    bumps = noise(rng, columns, rows, 0.03 if kind in CITRUS else 0.3, octaves=2)
    rough = 0.1 if kind in CITRUS else 0.02
    n_right = right + rough * np.gradient(bumps, axis=1)
    n_down = down + rough * np.gradient(bumps, axis=0)
    scale = np.minimum(1, 0.999 / np.maximum(np.hypot(n_right, n_down), 1e-6))
    streak = noise(rng, columns, rows, 0.5, octaves=4, gain=0.6)
    if kind == "apple":
        streak += 0.4 * np.sin(np.arctan2(right, 1.3 - down) * 40)
    dark, bright = SKINS[kind]
    colour = mix(rgb(dark), rgb(bright), np.clip(0.3 + 0.28 * streak, 0, 1))
    gloss = 0.35 if kind in CITRUS else 0.7
    lit = shade(colour, n_right * scale, n_down * scale, gloss=gloss, bounce=rgb("c89060"))
    cover(part, lit * (1 - 0.55 * step(0.35, 1.0, down))[..., None], mask)
    if kind not in CITRUS:
        _stalk(picture, x, foot, radius)


def _stalk(picture: Array, x: float, foot: float, radius: float) -> None:
    """Paint the stalk of a fruit."""
    part, px, py = _patch(picture, x - 0.02, foot - radius * 2.35, x + 0.05, foot - radius * 1.6)
    bend = x + 0.25 * radius * ((foot - radius * 1.75 - py) / radius).clip(0, 2)
    line = step(0.006, 0.003, np.abs(px - bend)) * (py > foot - radius * 2.2)
    cover(part, rgb("3a2614"), line * step(foot - radius * 1.7, foot - radius * 1.76, py))


def _turned(rng: Generator) -> tuple[Array, Array]:
    """Return heights (0 the foot, 1 the lip) and the radii of a vase there, 1 the widest."""
    low, neck, lip = rng.uniform(0.4, 0.6), rng.uniform(0.25, 0.4), rng.uniform(0.4, 0.55)
    knots = np.array([-0.1, 0.0, 0.05, 0.3, 0.55, 0.75, 0.88, 0.96, 1.0, 1.1])
    radii = np.array([low, low, low + 0.05, 0.92, 1.0, 0.68, neck, neck * 1.05, lip, lip])
    heights = np.linspace(-0.1, 1.1, 240)
    line = np.pad(np.interp(heights, knots, radii), 12, mode="edge")
    return heights, np.convolve(line, np.ones(25) / 25, "valid")


def vase(
    rng: Generator, picture: Array, x: float, foot: float, size: tuple[float, float], colour: str,
    *, gloss: float = 0.8,
) -> None:  # fmt: skip
    """Paint a turned vase with bands in its glaze; `size` is its height and half its width."""
    tall, wide = size
    _cast(picture, x, foot, wide * 0.8, tall)
    part, px, py = _patch(picture, x - wide * 1.1, foot - tall - 0.05, x + wide * 1.1, foot + 0.04)
    heights, radii = _turned(rng)
    around = (px - x) / wide
    level = (foot - py + 0.08 * wide * np.sqrt(np.clip(1 - around**2, 0, 1))) / tall
    across = around / np.interp(level, heights, radii)
    slope = np.interp(level, heights, np.gradient(radii, heights)) * wide / tall
    mask = step(1.012, 0.988, np.abs(across))
    mask *= step(-0.004, 0.004, level) * step(1.004, 0.996, level)
    down = np.clip(-slope / np.sqrt(1 + slope * slope), -0.9, 0.9)
    right = np.clip(across, -1, 1) * (1 - down * down)
    rows, columns = mask.shape
    glaze = noise(rng, columns, rows, 0.35, octaves=5, gain=0.6)
    band = step(0.015, 0.008, np.abs(level - 0.62)) + step(0.015, 0.008, np.abs(level - 0.4))
    base = mix(rgb(colour) * (1 + 0.1 * glaze)[..., None], rgb("e8dcc4"), band * 0.8)
    cover(part, shade(base, right, down, gloss=gloss, bounce=rgb("c89060")), mask)
    lip = float(np.interp(1.0, heights, radii)) * wide
    mouth = np.hypot((px - x) / lip, (py - foot + tall) / (lip * 0.2))
    cover(part, rgb(colour) * 0.9, step(1.04, 1.0, mouth))
    cover(part, rgb("120c0a"), step(0.92, 0.86, mouth))


def fruit_table(rng: Generator, width: int, height: int) -> Array:
    """Apples, oranges, lemons and plums beside two vases on a table."""
    aspect = width / height
    wall = str(rng.choice(["5f7480", "8a7d6a", "6d7a62", "7a6470"]))
    picture = table(rng, width, height, wall, str(rng.choice(["8a5a32", "6b4226", "a8763f"])))
    glazes = ["2c5f7c", "7c3a2c", "3f6a4a", "c8b088"]
    rng.shuffle(glazes)
    vase(rng, picture, aspect * 0.3, 0.7, (0.52, 0.15), glazes[0])
    vase(rng, picture, aspect * 0.52, 0.66, (0.3, 0.1), glazes[1], gloss=0.4)
    kinds = ["apple", "orange", "lemon", "plum", "apple", "orange", "lemon", "apple"]
    rng.shuffle(kinds)
    places = sorted(
        (
            0.66 + 0.22 * (i % 3) / 2 + rng.uniform(-0.02, 0.02),
            aspect * (0.14 + 0.1 * i) + rng.uniform(-0.02, 0.02),
        )
        for i in range(8)
    )
    for (foot, x), kind in zip(places, kinds, strict=True):
        size = {"apple": 0.085, "orange": 0.082, "lemon": 0.058, "plum": 0.055}[kind]
        fruit(
            rng, picture, x, foot, size * (0.72 + 0.5 * (foot - 0.6)) * rng.uniform(0.95, 1.1), kind
        )
    return picture


def books(rng: Generator, width: int, height: int) -> Array:
    """Two shelves of old books, a globe among them."""
    aspect = width / height
    x, y = grid(width, height)
    grain = noise(rng, width, height, 0.03, octaves=5, gain=0.7, stretch=14)
    picture = mix(rgb("3a2415"), rgb("7a5230"), np.clip(0.5 + 0.25 * grain, 0, 1)) * np.float32(
        0.55
    )
    cloths = ["6b1f1c", "1f3a2c", "20304f", "7a5a28", "4a2f4a", "8c8068", "2a2622", "9c4a24"]
    for shelf, foot in enumerate((0.46, 0.94)):
        at = 0.01
        while at < aspect - 0.02:
            thick, tall = float(rng.uniform(0.022, 0.06)), float(rng.uniform(0.27, 0.385))
            if shelf == 1 and aspect * 0.6 < at < aspect * 0.6 + 0.06:
                at += 0.36
                continue
            _book(rng, picture, at, foot, thick, tall, rgb(str(rng.choice(cloths))))
            at += thick + rng.uniform(0.0005, 0.003)
        board = step(0.001, -0.001, np.abs(y - foot - 0.02) - 0.02)
        cover(picture, mix(rgb("5a3a20"), rgb("9c6c40"), np.clip(0.5 + 0.25 * grain, 0, 1)), board)
        picture *= (1 - 0.55 * np.exp(-np.clip(y - foot - 0.04, 0, 1) * 25) * (y > foot + 0.04))[
            ..., None
        ]
    _globe(rng, picture, aspect * 0.6 + 0.2, 0.94)
    fall = np.exp(-(((x - aspect * 0.35) / 0.95) ** 2) - ((y - 0.4) / 0.75) ** 2)
    return np.asarray(
        picture * (0.4 + 1.1 * fall)[..., None] * np.array((1.12, 1.0, 0.84), np.float32),
        np.float32,
    )


def _book(
    rng: Generator,
    picture: Array,
    left: float,
    foot: float,
    thick: float,
    tall: float,
    cloth: Array,
) -> None:
    """Paint the spine of one book."""
    part, px, py = _patch(picture, left, foot - tall, left + thick, foot)
    if part.shape[1] < 3:
        return
    across = (px - left - thick / 2) / (thick / 2)
    up = (foot - py) / tall
    rows, columns = part.shape[:2]
    weave = noise(rng, columns, rows, 0.01, octaves=2, gain=0.8)
    wear = noise(rng, columns, rows, 0.3, octaves=4)
    colour = cloth * (1 + 0.09 * weave + 0.1 * wear)[..., None]
    gilt = rgb("d8b060")
    for level in (0.08, 0.12, 0.88, 0.92):
        cover(colour, gilt, step(0.006, 0.003, np.abs(up - level)) * 0.8)
    label = step(0.125, 0.12, np.abs(up - 0.7)) * step(0.82, 0.75, np.abs(across))
    if rng.random() < 0.6:
        cover(colour, cloth * 0.35, label)
        words = (np.sin(up * 420) > 0.3) & (np.sin(across * 9 + np.floor(up * 67) * 5.1) > -0.4)
        cover(
            colour,
            gilt,
            label * words * step(0.09, 0.08, np.abs(up - 0.7)) * step(0.7, 0.6, np.abs(across)),
        )
    round_light = 0.28 + 0.85 * np.clip(0.72 - 0.55 * across, 0, 1) * np.sqrt(
        np.clip(1 - across**2 * 0.9, 0, 1)
    )
    shine = 0.14 * np.exp(-(((across + 0.35) / 0.16) ** 2)) * (0.7 + 0.3 * wear)
    part[:] = colour * round_light[..., None] + np.clip(shine, 0, 1)[..., None] * 0.5
    part[:, -1:] *= 0.35


def _globe(rng: Generator, picture: Array, x: float, foot: float) -> None:
    """Paint a globe on its foot, with invented continents."""
    radius, centre = 0.145, foot - 0.22
    part, px, py = _patch(picture, x - 0.2, foot - 0.4, x + 0.2, foot)
    stand = step(0.075, 0.07, np.abs(px - x)) * step(0.02, 0.016, foot - py) + step(
        0.012, 0.009, np.abs(px - x)
    ) * (py > centre)
    cover(part, rgb("a87838") * 0.6, np.clip(stand, 0, 1))
    right, down = (px - x) / radius, (py - centre) / radius
    distance = np.hypot(right, down)
    ring = step(0.03, 0.015, np.abs(distance - 1.1)) * (right + 0.3 * down > -0.2)
    cover(part, rgb("c89848") * 0.8, ring)
    mask = step(1.01, 0.99, distance)
    toward = np.sqrt(np.clip(1 - distance**2, 0, 1))
    lon, lat = np.arctan2(right, toward), np.arcsin(np.clip(down, -1, 1))
    lands = octave(rng, 256, 5) + 0.6 * octave(rng, 256, 11) + 0.35 * octave(rng, 256, 31)
    land = step(0.05, 0.2, sample(lands, lon / 6.28, lat / 6.28))
    colour = mix(rgb("3f7a9c"), rgb("c8b070"), land)
    lines = np.maximum(
        step(0.44, 0.49, np.abs((lon / 0.2618) % 1 - 0.5)),
        step(0.46, 0.49, np.abs((lat / 0.2618) % 1 - 0.5)),
    )
    colour = colour * (1 - 0.25 * lines)[..., None]
    cover(part, shade(colour, right * mask, down * mask, gloss=0.6), mask)
