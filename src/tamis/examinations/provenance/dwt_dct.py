"""Reading watermarks of the method ``dwtDct`` of the package invisible-watermark.

Despite its name it has no cosine transform. The chroma U of the picture is halved by a Haar
wavelet and cut into blocks of 4 × 4, that is 8 × 8 pixels. Each block votes for one bit: of its
values but the first, the largest magnitude counts, and the vote is whether its remainder by 36 is
above 18. Block i in raster order votes on bit i mod L. Source: ``imwatermark/maxDct.py`` of
ShieldMnt/invisible-watermark 0.2.0 (MIT); nothing is copied.

The package takes a bit for 1 where half of its votes are. Colours, marked or not, lean all votes
to one side, so here a bit is 1 where more of its votes are than of all votes together:
``docs/examinations.md`` has what this gains.

Programs hand their picture to the package in different ways, and a mark can only be read the same
way, so that the way belongs to the mark: see `Route`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Halved = NDArray[np.float64] | NDArray[np.float32]

BLOCK = 8
"""Pixels on each side of a block."""
MIN_PIXELS = 256 * 256
"""The package marks no smaller picture."""
MAX_BLOCKS = 16384
"""Blocks that vote; of larger pictures every second, third, … row of blocks is asked."""

_STEP = 36
_STRIP_PIXELS = 1 << 16

# OpenCV's coefficients of Y (from R, G, B) and U: in 14 bits for uint8, and for float32.
_FIXED = 14
_HALF = 1 << (_FIXED - 1)
_Y_FIXED = (4899, 9617, 1868)
_U_FIXED = 8061
_U_OFFSET = 128 << _FIXED
_Y = (0.299, 0.587, 0.114)
_U = 0.492
_U_FLOAT_OFFSET = 0.5

_HAAR = 0.7071067811865476


class Route(Enum):
    """How a program hands its picture to the package."""

    BYTES = "bytes"
    """uint8: U lies around 128 and is rounded."""
    FLOATS = "floats"
    """float32 from 0 to 255: OpenCV then puts U around 0.5 and rounds nothing."""
    SWAPPED = "floats, red and blue exchanged"
    """The same in the wrong order of channels, as diffusers did at first."""


@dataclass(frozen=True, slots=True)
class Votes:
    """What the blocks of a picture vote.

    Args:
        votes: one of each block asked, shape (blocks,).
        numbers: their numbers in raster order, shape (blocks,).
    """

    votes: NDArray[np.bool_]
    numbers: NDArray[np.int64]

    def bits(self, length: int) -> NDArray[np.bool_]:
        """Return the message of `length` bits; one on which no block votes is 0."""
        index = self.numbers % length
        cast = np.bincount(index, minlength=length)
        ones = np.bincount(index[self.votes], minlength=length)
        return ones * self.votes.size > cast * np.count_nonzero(self.votes)


def read_votes(pixels: NDArray[np.uint8]) -> dict[Route, Votes]:
    """Return what the blocks vote, by each route.

    Args:
        pixels: shape (height, width, 3 or 4), red first; alpha is ignored.
    """
    rows, columns = pixels.shape[0] // BLOCK, pixels.shape[1] // BLOCK
    asked = min(columns, MAX_BLOCKS)
    step = max(1, -(-rows * asked // MAX_BLOCKS))
    lines = pixels[: rows * BLOCK, : asked * BLOCK]
    blocks = lines.reshape(rows, BLOCK, *lines.shape[1:])[::step]
    numbers = np.arange(rows * columns).reshape(rows, columns)[::step, :asked].ravel()
    votes = {route: np.zeros((len(blocks), asked), np.bool_) for route in Route}
    height = max(1, _STRIP_PIXELS // (BLOCK * BLOCK * max(asked, 1)))
    for top in range(0, len(blocks), height):
        part = blocks[top : top + height]
        for route, halved in _halved(part.reshape(len(part) * BLOCK, *lines.shape[1:])):
            votes[route][top : top + height] = _vote(halved)
    return {route: Votes(cast.ravel(), numbers) for route, cast in votes.items()}


def _vote(halved: Halved) -> NDArray[np.bool_]:
    """Return the votes of some rows of blocks, from U at half the size; shape (rows, columns)."""
    cells = np.abs(halved).reshape(halved.shape[0] // 4, 4, halved.shape[1] // 4, 4)
    cells[:, 0, :, 0] = 0  # the first value of a block never counts
    # step by step, since numpy is slow at reducing short axes
    tall = np.maximum(np.maximum(cells[:, 0], cells[:, 1]), np.maximum(cells[:, 2], cells[:, 3]))
    left, right = np.maximum(tall[..., 0], tall[..., 1]), np.maximum(tall[..., 2], tall[..., 3])
    votes: NDArray[np.bool_] = np.maximum(left, right) % _STEP > _STEP / 2
    return votes


def _halved(pixels: NDArray[np.uint8]) -> Iterator[tuple[Route, Halved]]:
    """Yield U of a strip at half the size by each route, the Haar approximation."""
    yield Route.BYTES, _halved_bytes(pixels)
    pairs = pixels[0::2].astype(np.uint16) + pixels[1::2]
    colours = (pairs[:, 0::2] + pairs[:, 1::2]).astype(np.float32)
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    yield Route.FLOATS, _halved_floats(red, green, blue)
    yield Route.SWAPPED, _halved_floats(blue, green, red)


def _halved_bytes(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return U rounded as OpenCV does for uint8, then halved as PyWavelets does.

    A sum of four times ½ would be exact; PyWavelets multiplies by √½ twice, and which way that
    rounds decides a vote where the remainder is 18.
    """
    red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
    red *= _Y_FIXED[0]
    green *= _Y_FIXED[1]
    red += green
    red += blue * _Y_FIXED[2] + _HALF
    red >>= _FIXED  # luma
    chroma = blue - red
    chroma *= _U_FIXED
    chroma += _U_OFFSET + _HALF
    chroma >>= _FIXED
    pairs = (chroma[0::2] * _HAAR + chroma[1::2] * _HAAR) * _HAAR
    halved: NDArray[np.float64] = pairs[:, 0::2] + pairs[:, 1::2]
    return halved


def _halved_floats(
    red: NDArray[np.float32], green: NDArray[np.float32], blue: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return U as OpenCV has it for float32, from sums over 2 × 2 pixels: it is linear."""
    luma = red * np.float32(_Y[0]) + green * np.float32(_Y[1]) + blue * np.float32(_Y[2])
    halved: NDArray[np.float32] = (blue - luma) * np.float32(_U / 2)
    return halved + np.float32(2 * _U_FLOAT_OFFSET)
