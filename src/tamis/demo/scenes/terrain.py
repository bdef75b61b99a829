"""Terrain: height fields seen in perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tamis.demo.scenes.field import Array, Generator, octave, sample

SIZE = 768
"""Samples of a height field along each edge; it repeats beyond them."""


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of a terrain, one value per pixel.

    Args:
        u: place on the height field, to the right.
        v: likewise, away from the eye.
        depth: distance, in widths of the height field.
        mask: 1 where there is ground, 0 where there is sky, between along the skyline.
    """

    u: Array
    v: Array
    depth: Array
    mask: Array


def ridges(rng: Generator, cells: int = 3, *, octaves: int = 7, sharpness: float = 2.0) -> Array:
    """Return mountains between 0 and 1, repeating at the edges.

    They are ridged multifractal noise (Musgrave, in Ebert et al., *Texturing and Modeling*, 1994).
    """
    total = np.zeros((SIZE, SIZE), np.float32)
    weight = np.ones((SIZE, SIZE), np.float32)
    strength = 1.0
    for _ in range(octaves):
        signal = np.clip(1 - np.abs(octave(rng, SIZE, cells)) * np.float32(0.9), 0, 1)
        signal = signal ** np.float32(sharpness) * weight
        weight = np.clip(signal * 2.2 + 0.12, 0, 1)
        total += signal * np.float32(strength)
        strength *= 0.52
        cells *= 2
    total -= total.min()
    total /= total.max()
    return total


def normals(height: Array, relief: float) -> tuple[Array, Array, Array]:
    """Return the unit normals (right, up, away) of a height field in units of its width."""
    across = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * np.float32(relief * SIZE / 2)
    away = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * np.float32(relief * SIZE / 2)
    up = 1 / np.sqrt(1 + across * across + away * away)
    return -across * up, up, -away * up


def shadow(height: Array, relief: float, slope: float) -> Array:
    """Return 0 in shadow and 1 in the sun, for a sun in the left with this slope of its rays."""
    twice = np.concatenate([height, height], axis=1) * np.float32(relief)
    fall = np.arange(2 * SIZE, dtype=np.float32) * np.float32(slope / SIZE)
    ceiling = np.maximum.accumulate(twice + fall, axis=1) - fall
    above = (ceiling - twice)[:, SIZE:]
    lit: Array = np.clip(1 - above * np.float32(1 / 0.004), 0, 1)
    return lit


def look(
    height: Array,
    relief: float,
    *,
    width: int,
    rows: int,
    eye: tuple[float, float, float],
    horizon: float,
    zoom: float = 1.0,
    reach: float = 1.6,
    steps: int = 420,
) -> View:
    """Look over a height field from `eye` (u, v, height), in the direction of growing v.

    Every column of pixels is marched away from the eye in steps that grow with the distance; a
    pixel sees the first step whose ground rises as high as it (the *voxel space* method).

    Args:
        height: the field, values in 0 to 1.
        relief: height of the value 1 in widths of the field.
        width: of the picture in pixels.
        rows: of the picture in pixels.
        eye: place of the eye.
        horizon: y of the horizon in picture heights.
        zoom: focal length in picture heights.
        reach: how far the view goes.
        steps: number of steps.
    """
    focal = zoom * rows
    near = max(0.01, (eye[2] - relief * 0.2) * zoom / max(1 - horizon, 0.05) * 0.4)
    depth = np.geomspace(near, reach, steps).astype(np.float32)[:, None]
    across = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / focal)[None, :]
    u, v = np.float32(eye[0]) + depth * across, np.float32(eye[1]) + depth
    ground = sample(height, u, np.broadcast_to(v, u.shape)) * np.float32(relief)
    row = horizon * rows - (ground - np.float32(eye[2])) * focal / depth
    row = np.minimum.accumulate(row, axis=0)
    skyline = row[-1]
    first = np.clip(np.ceil(row - 0.5), 0, rows).astype(np.int64)
    flat = (first * width + np.arange(width)).ravel()
    counts = np.bincount(flat, minlength=(rows + 1) * width).reshape(rows + 1, width)[:rows]
    index = np.clip(steps - np.cumsum(counts, axis=0), 0, steps - 1)
    before = np.maximum(index - 1, 0)
    pixel = np.arange(rows, dtype=np.float32)[:, None] + 0.5
    high = np.take_along_axis(row, index, 0)
    low = np.take_along_axis(row, before, 0)
    part = np.clip((low - pixel) / np.maximum(low - high, 1e-4), 0, 1)
    seen = depth[:, 0][before] * (1 - part) + depth[:, 0][index] * part
    mask = np.clip(pixel - skyline[None, :] + 0.5, 0, 1)
    return View(np.float32(eye[0]) + seen * across, np.float32(eye[1]) + seen, seen, mask)
