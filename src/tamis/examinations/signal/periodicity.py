"""The averaged spectrum of a residual, and the frequencies that stand out of it.

Whatever repeats over a whole picture, such as what the decoder of an image generator leaves
(R. Corvi et al., Intriguing properties of synthetic images, CVPR Workshops 2023; R. Durall et al.,
Watch your up-convolution, CVPR 2020), adds up in the mean over many windows, while the picture's
content does not. The mean is taken of the logarithm of the power, so that no single window with
much in it outweighs the others.

A frequency stands out when it is above its surroundings in all four directions: the edges of
buildings make ridges, which are high along one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.signal.residual import UNIT, residual

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIDES = (256, 128, 64)
"""Of a window, pixels: the first that fits twice in each direction, else the last."""
MOST_WINDOWS = 256
LEAST_RMS = 0.3
"""Levels; a window with a weaker residual is left out: it holds little but rounding, of 0.29."""
LEAST_DECIBELS = 3.0
LEAST_CERTAINTY = 6.0
"""Standard errors of the mean over the windows, as white noise would have them."""
LOWEST = 1 / 32
"""Cycles per pixel; below it a residual holds what is left of the content."""
MOST_PEAKS = 64

_GRID = 8
_NEAREST, _FARTHEST = 3, 12
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
_DECIBELS = 10 / np.log(10)
# Of the logarithm of a power that is distributed exponentially, as that of white noise is.
_SPREAD = np.pi / np.sqrt(6)


@dataclass(frozen=True, slots=True)
class Peak:
    """A frequency that stands out; its mirror image, with both signs changed, is the same.

    Args:
        x: cycles per pixel along the rows, above -0.5 to 0.5.
        y: likewise along the columns, 0 to 0.5.
        decibels: how far it is above its surroundings.
        of_eighths: both frequencies are multiples of 1/8, where blocks of JPEG have theirs.
    """

    x: float
    y: float
    decibels: float
    of_eighths: bool


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What was measured.

    Args:
        decibels: mean over the windows, above the median of all frequencies from `LOWEST`; shape
            (side, side), frequency 0 in the middle.
        peaks: the highest first, at most `MOST_PEAKS`.
        windows: how many were averaged.
        left_out: how many had too weak a residual.
    """

    decibels: Floats
    peaks: tuple[Peak, ...]
    windows: int
    left_out: int


def measure(luma: NDArray[np.uint8]) -> Spectrum | str:
    """Return the spectrum, or why there is none: ``too_small`` or ``flat``.

    Args:
        luma: 0 to 255, shape (h, w).
    """
    shortest = min(luma.shape)
    if shortest < SIDES[-1]:
        return "too_small"
    side = next((side for side in SIDES if 2 * side <= shortest), SIDES[-1])
    found = _corners(luma.shape[0], luma.shape[1], side)
    taper = np.hanning(side + 1)[:-1]
    weights = np.outer(taper, taper)
    total, windows = np.zeros((side, side)), 0
    for top, left in found:
        window = residual(luma[top : top + side, left : left + side]).astype(np.float64) / UNIT
        if np.sqrt((window * window).mean()) < LEAST_RMS:
            continue
        power = np.abs(np.fft.fft2((window - window.mean()) * weights)) ** 2
        total += np.log(power + 1e-9)
        windows += 1
    if not windows:
        return "flat"
    levels = total / windows
    at_least = _distance(side) >= LOWEST
    decibels = np.fft.fftshift((levels - np.median(levels[at_least])) * _DECIBELS)
    return Spectrum(decibels, _peaks(levels, windows), windows, len(found) - windows)


def _corners(height: int, width: int, side: int) -> list[tuple[int, int]]:
    """Return where windows begin, evenly chosen where there are too many.

    Neighbours share half their pixels, those at whose edge the taper leaves little of them, so that
    their spectra are as good as independent.
    """
    step = side // 2
    rows, columns = ((full - side) // step + 1 for full in (height, width))
    above, before = ((full % step) // 2 // _GRID * _GRID for full in (height, width))
    count = rows * columns
    number = min(count, MOST_WINDOWS)
    places = (divmod((2 * place + 1) * count // (2 * number), columns) for place in range(number))
    return [(above + row * step, before + column * step) for row, column in places]


def _frequencies(side: int) -> Floats:
    """Return the frequency of each bin, above -0.5 to 0.5."""
    bins = np.arange(side)
    frequencies: Floats = np.where(bins > side // 2, bins - side, bins) / side
    return frequencies


def _distance(side: int) -> Floats:
    frequencies = _frequencies(side)
    distance: Floats = np.hypot(frequencies[:, None], frequencies)
    return distance


def _peaks(levels: Floats, windows: int) -> tuple[Peak, ...]:
    side = len(levels)
    prominence = (levels - _surroundings(levels)) * _DECIBELS
    least = max(LEAST_DECIBELS, LEAST_CERTAINTY * _SPREAD * _DECIBELS / np.sqrt(windows))
    standing = (prominence >= least) & (levels >= _highest_around(levels))
    standing &= _distance(side) >= LOWEST
    frequencies = _frequencies(side)
    found = []
    for row, column in zip(*np.nonzero(standing), strict=True):
        x, y = float(frequencies[column]), float(frequencies[row])
        mirrored = float(frequencies[-row % side]), float(frequencies[-column % side])
        if (y, x) < mirrored:
            continue
        height = round(float(prominence[row, column]), 1)
        found.append(Peak(x, y, height, (8 * x).is_integer() and (8 * y).is_integer()))
    found.sort(key=lambda peak: (-peak.decibels, peak.y, peak.x))
    return tuple(found[:MOST_PEAKS])


def _surroundings(levels: Floats) -> Floats:
    """Return the median of what lies around each bin, in that direction in which it is highest."""
    steps = [sign * step for step in range(_NEAREST, _FARTHEST + 1) for sign in (-1, 1)]
    medians = [
        np.median([np.roll(levels, (step * down, step * across), (0, 1)) for step in steps], axis=0)
        for down, across in _DIRECTIONS
    ]
    highest: Floats = np.max(medians, axis=0)
    return highest


def _highest_around(levels: Floats) -> Floats:
    near = [-2, -1, 0, 1, 2]
    across = np.max([np.roll(levels, step, 1) for step in near], axis=0)
    highest: Floats = np.max([np.roll(across, step, 0) for step in near], axis=0)
    return highest
