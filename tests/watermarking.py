"""``dwtDct`` marks, embedded and read straight and slowly: for tests and measurements.

Written from the algorithm of invisible-watermark 0.2.0 with the colour conversions of OpenCV. Its
inverse transform exchanges the horizontal and vertical details; so does this. Tamis embeds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.provenance.dwt_dct import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tamis.examinations.provenance.dwt_dct import Votes

STEP = 36


def embed(
    pixels: NDArray[np.uint8], bits: Sequence[bool] | NDArray[np.bool_], route: Route
) -> NDArray[np.uint8]:
    """The picture, shape (h, w, 3), with the mark in it, as a program using `route` saves it."""
    colours = pixels[..., ::-1] if route is Route.SWAPPED else pixels
    yuv = _to_yuv_bytes(colours) if route is Route.BYTES else _to_yuv_floats(colours)
    height, width = (side // 4 * 4 for side in pixels.shape[:2])
    chroma = yuv[:height, :width, 1].astype(float)
    a, b, c, d = (chroma[i::2, j::2] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    approximation = (a + b + c + d) / 2
    across, down, diagonal = (a + b - c - d) / 2, (a - b + c - d) / 2, (a - b - c + d) / 2
    _spread(approximation, bits)
    across, down = down, across
    for i, j, signs in (
        (0, 0, (1, 1, 1)),
        (0, 1, (1, -1, -1)),
        (1, 0, (-1, 1, -1)),
        (1, 1, (-1, -1, 1)),
    ):
        value = approximation + signs[0] * across + signs[1] * down + signs[2] * diagonal
        value = value / 2
        if route is Route.BYTES:  # assigned to an array of bytes: cut, and wrapped around
            value = np.trunc(value + 1e-9).astype(np.int64) & 255
        yuv[i:height:2, j:width:2, 1] = value
    marked = _from_yuv_bytes(yuv) if route is Route.BYTES else _from_yuv_floats(yuv)
    return marked[..., ::-1] if route is Route.SWAPPED else marked


def _spread(approximation: NDArray[np.float64], bits: Sequence[bool] | NDArray[np.bool_]) -> None:
    """Write one bit into each block of 4 × 4, in raster order."""
    number = 0
    for top in range(0, approximation.shape[0] - 3, 4):
        for left in range(0, approximation.shape[1] - 3, 4):
            block = approximation[top : top + 4, left : left + 4]
            place = 1 + int(np.argmax(np.abs(block.ravel()[1:])))
            value = block[place // 4, place % 4]
            moved = (abs(value) // STEP + 0.25 + 0.5 * bool(bits[number % len(bits)])) * STEP
            block[place // 4, place % 4] = moved if value >= 0 else -moved
            number += 1


def _to_yuv_bytes(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    red, green, blue = (pixels[..., channel].astype(np.int64) for channel in range(3))
    luma = (red * 4899 + green * 9617 + blue * 1868 + 8192) >> 14
    u = ((blue - luma) * 8061 + (128 << 14) + 8192) >> 14
    v = ((red - luma) * 14369 + (128 << 14) + 8192) >> 14
    return np.clip(np.stack([luma, u, v], axis=-1), 0, 255)


def _from_yuv_bytes(yuv: NDArray[np.int64]) -> NDArray[np.uint8]:
    luma, u, v = yuv[..., 0], yuv[..., 1] - 128, yuv[..., 2] - 128
    red = luma + ((v * 18678 + 8192) >> 14)
    green = luma + ((u * -6472 + v * -9519 + 8192) >> 14)
    blue = luma + ((u * 33292 + 8192) >> 14)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255).astype(np.uint8)


def _to_yuv_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    red, green, blue = (pixels[..., channel].astype(float) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([luma, 0.492 * (blue - luma) + 0.5, 0.877 * (red - luma) + 0.5], axis=-1)


def _from_yuv_floats(yuv: NDArray[np.float64]) -> NDArray[np.uint8]:
    luma, u, v = yuv[..., 0], yuv[..., 1] - 0.5, yuv[..., 2] - 0.5
    colours = [luma + 1.140 * v, luma - 0.395 * u - 0.581 * v, luma + 2.032 * u]
    return np.clip(np.rint(np.stack(colours, axis=-1)), 0, 255).astype(np.uint8)


def reference_votes(pixels: NDArray[np.uint8], route: Route) -> NDArray[np.bool_]:
    """The votes, block by block and in exact numbers but for the two products of PyWavelets."""
    colours = pixels[..., ::-1] if route is Route.SWAPPED else pixels
    half = 0.7071067811865476
    if route is Route.BYTES:
        chroma = _to_yuv_bytes(colours)[..., 1].astype(float)
    else:
        chroma = _to_yuv_floats(colours)[..., 1]
    votes = []
    for top in range(0, pixels.shape[0] - 7, 8):
        for left in range(0, pixels.shape[1] - 7, 8):
            values = []
            for i in range(top, top + 8, 2):
                for j in range(left, left + 8, 2):
                    one = half * chroma[i, j] + half * chroma[i + 1, j]
                    other = half * chroma[i, j + 1] + half * chroma[i + 1, j + 1]
                    values.append(abs(half * one + half * other))
            votes.append(max(values[1:]) % STEP > STEP / 2)
    return np.array(votes, bool)


def package_bits(votes: Votes, length: int) -> NDArray[np.bool_]:
    """The message by the rule of the package: the mean of the votes, times 255, is above 127."""
    return np.array(
        [votes.votes[votes.numbers % length == bit].mean() * 255 > 127 for bit in range(length)]
    )
