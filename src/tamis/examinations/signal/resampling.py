"""Whether a picture was resized: interpolated pixels have a variance that repeats.

The absolute second differences along each row are averaged over all rows, and along each column
over all columns; interpolation by a factor f makes the averages periodic with the frequency 1/f (A.
Gallagher, Detection of linear and cubic interpolation in JPEG compressed images, CRV 2005; B.
Mahdian and S. Saic, IEEE TIFS 3(3), 2008). What is believed is a peak at the same place in both
directions. Peaks at eighths of the sampling frequency are left out: blocks of JPEG, the colour
filter of a camera and the decoder of a generator make them in pictures that were never resized.

The blocks of a picture that was a JPEG before make such peaks too when it is resized, at multiples
of 1/(8f), also where it is reduced. Since either may be the higher, and each stands for several
factors, no factor is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tamis.examinations.signal.region import quarters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.examinations.signal.region import Luma

    Floats = NDArray[np.float64]

LEAST_STRENGTH = 25.0
"""By how much the power of a peak is above the median of those around it, in both directions."""
LEAST_SIDE = 96
_LENGTH = 512
_CUT = 12 * 4
_AROUND, _SMOOTH = 16, 4
_LOWEST = 0.1
_FROM_EIGHTHS, _FROM_HALF = 0.012, 0.02


@dataclass(frozen=True, slots=True)
class Resampling:
    """A trace of interpolation.

    Args:
        frequency: of the peak, cycles per pixel, 0.1 to 0.5.
        strength: see `LEAST_STRENGTH`.
    """

    frequency: float
    strength: float


def measurable(luma: Luma) -> bool:
    """Say whether there is enough of a picture to look at."""
    height, width = luma.shape
    return bool(min(height, width) >= LEAST_SIDE)


def find(luma: Luma) -> Resampling | None:
    """Return the trace of resizing; None where none is seen.

    Args:
        luma: 0 to 255, shape (h, w), in the resolution of the file.
    """
    if not measurable(luma):
        return None
    samples = quarters(luma)
    strengths = np.sqrt(
        _prominence(_spectrum(_variation(samples))) * _prominence(_spectrum(_variation(samples.T)))
    )
    strengths *= _allowed()
    best = int(strengths.argmax())
    strength = float(strengths[best])
    return Resampling(best / _LENGTH, strength) if strength >= LEAST_STRENGTH else None


def _variation(samples: NDArray[np.int16]) -> Floats:
    """Return the mean absolute second difference across each row but the first and last."""
    differences = samples[1:-1] * np.int16(2)
    differences -= samples[:-2]
    differences -= samples[2:]
    np.abs(differences, out=differences)
    np.minimum(differences, _CUT, out=differences)
    means: Floats = differences.mean(axis=1, dtype=np.float32).astype(np.float64)
    return means


def _spectrum(values: Floats) -> Floats:
    """Return the power of what is left without slow changes, mean of windows that overlap."""
    length = min(len(values), _LENGTH)
    kernel = np.full(2 * _SMOOTH + 1, 1 / (2 * _SMOOTH + 1))
    power = np.zeros(_LENGTH // 2 + 1)
    for start in range(0, len(values) - length + 1, max(length // 2, 1)):
        part = values[start : start + length]
        rest = part - np.convolve(np.pad(part, _SMOOTH, mode="reflect"), kernel, "valid")
        most = 5 * 1.4826 * np.median(np.abs(rest)) + 1e-6
        rest = np.clip(rest, -most, most) * np.hanning(length)
        power += np.abs(np.fft.rfft(rest, _LENGTH)) ** 2
    return power


def _prominence(power: Floats) -> Floats:
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(power, _AROUND, mode="reflect"), 2 * _AROUND + 1
    )
    median = np.median(around, axis=1)
    result: Floats = power / (median + 1e-6 * power.max() + 1e-9)
    return result


@cache
def _allowed() -> NDArray[np.bool_]:
    frequencies = np.arange(_LENGTH // 2 + 1) / _LENGTH
    from_eighths = np.abs(frequencies * 8 - np.rint(frequencies * 8)) / 8
    allowed: NDArray[np.bool_] = (
        (frequencies >= _LOWEST)
        & (frequencies <= 0.5 - _FROM_HALF)
        & (from_eighths >= _FROM_EIGHTHS)
    )
    return allowed
