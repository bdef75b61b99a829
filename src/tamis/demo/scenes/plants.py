"""Trees and grasses, drawn as silhouettes into stencils."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from tamis.demo.scenes.field import Array, Generator, Pen, cover, mix, noise, stencil


def spruce(pen: Pen, rng: Generator, x: float, foot: float, tall: float) -> None:
    """Draw a spruce; all lengths in pixels of the stencil."""
    pen.rectangle([x - tall * 0.012, foot - tall * 0.2, x + tall * 0.012, foot], fill=255)
    tiers = max(6, int(tall / 9))
    for tier in range(tiers):
        part = tier / tiers
        y = foot - tall * (0.06 + 0.94 * part)
        reach = tall * 0.2 * (1 - part) ** 0.85 * rng.uniform(0.7, 1.15) + 1
        drop = tall * 0.1 * (1.1 - part)
        left, right = reach * rng.uniform(0.75, 1.1), reach * rng.uniform(0.75, 1.1)
        pen.polygon(
            [
                (x, y - tall * 0.06),
                (x + right, y + drop),
                (x + right * 0.4, y + drop * 0.6),
                (x - left * 0.4, y + drop * 0.6),
                (x - left, y + drop),
            ],
            fill=255,
        )


def spruces(
    rng: Generator, width: int, height: int, trees: list[tuple[float, float, float]]
) -> Array:
    """Return a mask of spruces, each (x, foot, height) in picture heights."""

    def draw(pen: Pen, unit: float) -> None:
        for x, foot, tall in trees:
            spruce(pen, rng, x * unit, foot * unit, tall * unit)

    return stencil(width, height, draw)


def branches(
    pen: Pen,
    rng: Generator,
    x: float,
    y: float,
    length: float,
    angle: float,
    thick: float,
    tips: list[tuple[float, float]],
) -> None:
    """Draw a limb and all that grows from it; the ends of the twigs are added to `tips`."""
    bend = rng.normal(0, 0.12)
    middle = (x + cos(angle) * length / 2, y + sin(angle) * length / 2)
    end = (
        middle[0] + cos(angle + bend) * length / 2,
        middle[1] + sin(angle + bend) * length / 2,
    )
    pen.line([(x, y), middle, end], fill=255, width=max(1, round(thick)), joint="curve")
    if thick < 1.6 or length < 6:
        tips.append(end)
        return
    for spread in (-1, 1) if rng.random() < 0.75 else (-1, 0.1, 1):
        turn = spread * rng.uniform(0.25, 0.65)
        lift = 0.08 * sin(angle + pi / 2)
        branches(
            pen,
            rng,
            *end,
            length * rng.uniform(0.68, 0.86),
            angle + turn - lift,
            thick * rng.uniform(0.58, 0.74),
            tips,
        )


def leafy_tree(
    rng: Generator, width: int, height: int, x: float, foot: float, tall: float
) -> tuple[Array, Array]:
    """Return the masks of the wood and of the foliage of a broad-leaved tree."""
    tips: list[tuple[float, float]] = []

    def wood(pen: Pen, unit: float) -> None:
        branches(
            pen, rng, x * unit, foot * unit, tall * 0.24 * unit, -pi / 2, tall * 0.045 * unit, tips
        )

    trunk = stencil(width, height, wood)

    def foliage(pen: Pen, unit: float) -> None:
        size = tall * 0.022 * unit
        for tip_x, tip_y in tips:
            for _ in range(5):
                cx, cy = tip_x + rng.normal(0, size * 1.4), tip_y + rng.normal(0, size * 1.2)
                r = size * rng.uniform(0.25, 0.8)
                pen.ellipse([cx - r, cy - r * 0.7, cx + r, cy + r * 0.7], fill=255)

    return trunk, stencil(width, height, foliage)


def foliage_colour(
    rng: Generator, mask: Array, dark: Array, bright: Array, *, grain: float = 0.02
) -> Array:
    """Return a mottled colour, brighter at the top of the foliage, for `mask`."""
    height, width = mask.shape
    mottle = noise(rng, width, height, grain, octaves=3, gain=0.7)
    broad = noise(rng, width, height, grain * 6, octaves=2)
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, height)
    rise = 1 - (np.arange(height, dtype=np.float32) - top) / max(bottom - top, 1)
    return mix(
        dark, bright, np.clip(0.1 + 0.55 * rise[:, None] + 0.2 * mottle + 0.15 * broad, 0, 1)
    )


def meadow(
    rng: Generator,
    picture: Array,
    top: float,
    *,
    blades: int,
    tall: float,
    dark: Array,
    bright: Array,
) -> None:
    """Grow grass over the lower part of the picture, blades taller towards the viewer, in place."""
    height, width = picture.shape[:2]
    aspect = width / height
    for layer in range(3):
        near = (layer + 0.5) / 3
        foot = top + (1.02 - top) * near**1.5

        def draw(pen: Pen, unit: float, foot: float = foot, near: float = near) -> None:
            size = tall * (0.25 + 0.75 * near)
            for _ in range(blades):
                x, y = (
                    rng.uniform(-0.02, aspect + 0.02),
                    foot + rng.uniform(0.0, 0.12) * (0.4 + near),
                )
                bend, high = rng.normal(0.15, 0.3) * size, size * rng.uniform(0.5, 1.1)
                thick = max(0.6, 0.0022 * (0.4 + near) * unit)
                pen.polygon(
                    [
                        ((x * unit) - thick, y * unit),
                        ((x + bend * 0.35) * unit, (y - high * 0.6) * unit),
                        ((x + bend) * unit, (y - high) * unit),
                        ((x + bend * 0.3) * unit + thick, (y - high * 0.55) * unit),
                        ((x * unit) + thick, y * unit),
                    ],
                    fill=int(rng.integers(120, 256)),
                )

        mask = stencil(width, height, draw)
        tone = mix(dark, bright, mask ** np.float32(1.5))
        cover(picture, tone, np.minimum(mask * 1.6, 1))
