"""Views of the pixel evidence: small pictures that show a person where to look and why.

They illustrate; they are no evidence of their own, and nothing is weighed by them. What may be read
in them, and what is commonly misread, stands in `docs/explain.md`. Functions are pure: arrays in,
arrays out, the same to the bit each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from tamis.examinations.signal import lettering, periodicity
from tamis.examinations.signal.residual import UNIT, rows_of
from tamis.i18n import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.examinations.signal.periodicity import Peak, Spectrum

    Picture = NDArray[np.uint8]

LARGEST = 960
"""Side of the noise view without its caption, pixels."""
WINDOW = 512
"""Side of a part shown in full resolution, pixels."""
GAINS = (8, 16, 32, 64)
"""By which a residual may be multiplied: few, so that pictures can be compared."""
MOST_MARKED = 12
"""Peaks that are marked in the spectrum."""

_WITHIN = 99
"""Per cent of the samples that a gain must leave within the scale."""
_STRIP = 1 << 18  # pixels of a picture worked on at a time
_SPECTRUM = 512
_FLOOR, _STEP = 64, 8  # of the grey scale: level of the median, and levels to a decibel
_MARK = (255, 170, 60)


@dataclass(frozen=True, slots=True)
class View:
    """A picture that explains.

    Args:
        picture: shape (h, w, 3), with a caption beneath.
        numbers: by what it was made, under their names.
        peaks: that stand out of a spectrum.
    """

    picture: Picture
    numbers: dict[str, int]
    peaks: tuple[Peak, ...] = ()


def luminance(rgb: Picture) -> Picture:
    """Return 0.299 R + 0.587 G + 0.114 B, rounded, shape (h, w), of pixels of shape (h, w, 3)."""
    luma = np.empty(rgb.shape[:2], np.uint8)
    step = max(_STRIP // rgb.shape[1], 1)
    weights = np.array([299, 587, 114], np.int32)
    for top in range(0, len(rgb), step):
        luma[top : top + step] = (rgb[top : top + step] @ weights + 500) // 1000
    return luma


def noise_residual(rgb: Picture, at: tuple[int, int] | None = None) -> View:
    """Return the residual of a picture, each colour by itself, amplified.

    In full resolution grey stands for no difference. A picture with a side above `LARGEST` is
    reduced: each pixel then is the root mean square over a square, and black stands for none.

    Args:
        rgb: stored pixels, shape (h, w, 3).
        at: x and y of a part of `WINDOW` pixels to be shown in full resolution; where it would
            reach over the edge it is moved inwards. None for the whole picture.
    """
    height, width = rgb.shape[:2]
    if at is not None:
        left, top = (
            max(min(place, side - WINDOW), 0)
            for place, side in zip(at, (width, height), strict=True)
        )
        right = min(left + WINDOW, width)
        made = rows_of(rgb, top, min(top + WINDOW, height))[:, left:right]
        place = _("from pixel {x}, {y}", x=left, y=top)
        return _in_full(made, place, {"x": left, "y": top})
    factor = -(-max(height, width) // LARGEST)
    if factor == 1:
        return _in_full(rows_of(rgb, 0, height), _("whole picture"), {"x": 0, "y": 0})
    return _reduced(rgb, factor)


def spectrum(luma: Picture) -> View | str:
    """Return the averaged spectrum of the residual, with its peaks marked.

    Frequency 0 is in the middle, half a cycle per pixel at the edge; brightness is in decibels
    above the median.

    Args:
        luma: 0 to 255, shape (h, w).

    Returns:
        the view, or why there is none: ``too_small`` (a side below 64 pixels) or ``flat``.
    """
    found = periodicity.measure(luma)
    if isinstance(found, str):
        return found
    numbers = {
        "windows": found.windows,
        "left_out": found.left_out,
        "window": len(found.decibels),
    }
    return View(lettering.captioned(_drawn(found), _legend(found)), numbers, found.peaks)


def _in_full(made: NDArray[np.int16], place: str, corner: dict[str, int]) -> View:
    """Return residuals about a middle grey."""
    gain = _gain(np.abs(made), 127 * UNIT)
    levels = 128 + np.rint(made * np.float32(gain / UNIT))
    picture = np.clip(levels, 0, 255).astype(np.uint8)
    lines = [_("noise residual, times {gain}; {place}", gain=gain, place=place)]
    lines.append(_("grey: none; outlines of the content remain"))
    return View(lettering.captioned(picture, lines), {"gain": gain, "reduced": 1, **corner})


def _reduced(rgb: Picture, factor: int) -> View:
    """Return root mean squares over squares of `factor` pixels; at the edge over what is there."""
    height, width = rgb.shape[:2]
    columns = np.arange(0, width, factor)
    across = np.diff(np.append(columns, width))
    step = max(_STRIP // width // factor, 1) * factor
    strips = []
    for top in range(0, height, step):
        made = rows_of(rgb, top, min(top + step, height)).astype(np.int64)
        rows = np.arange(0, len(made), factor)
        squares = np.add.reduceat(np.add.reduceat(made * made, rows, axis=0), columns, axis=1)
        pixels = np.outer(np.diff(np.append(rows, len(made))), across)
        strips.append(np.sqrt(squares / pixels[:, :, None]))
    roots = np.concatenate(strips)
    gain = _gain(roots, 255 * UNIT)
    picture = np.clip(np.rint(roots * (gain / UNIT)), 0, 255).astype(np.uint8)
    lines = [
        _("noise residual, times {gain}; reduced {factor} times", gain=gain, factor=factor),
        _("root mean square; black: none; outlines of the content remain"),
    ]
    return View(lettering.captioned(picture, lines), {"gain": gain, "reduced": factor})


def _gain(magnitudes: NDArray[np.int16] | NDArray[np.float64], most: int) -> int:
    """Return the largest gain that leaves all but a few samples within the scale."""
    large = float(np.percentile(magnitudes, _WITHIN, method="higher"))
    return max((gain for gain in GAINS if gain * large <= most), default=GAINS[0])


def _drawn(found: Spectrum) -> Picture:
    side = len(found.decibels)
    levels = np.clip(np.rint(_FLOOR + _STEP * found.decibels), 0, 255).astype(np.uint8)
    scale = _SPECTRUM // side
    grey = levels.repeat(scale, axis=0).repeat(scale, axis=1)
    image = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(image)
    for number, peak in enumerate(found.peaks[:MOST_MARKED], start=1):
        for sign in (1, -1):
            _mark(draw, peak, sign, scale * side, str(number))
    return np.asarray(image)


def _mark(draw: ImageDraw.ImageDraw, peak: Peak, sign: int, size: int, text: str) -> None:
    """Draw a square around a peak, and its number within the picture."""
    reach = 6
    # half a cycle is both edges; fftshift puts it at the first
    x, y = (round(((sign * place + 0.5) % 1) * size) for place in (peak.x, peak.y))
    draw.rectangle((x - reach, y - reach, x + reach, y + reach), outline=_MARK)
    wide, high = lettering.extent(text)
    left = x + reach + 2 if x + reach + 2 + wide < size else x - reach - 2 - wide
    top = min(max(y - high // 2, 0), size - high)
    lettering.write(draw, (left, top), text, _MARK)


def _legend(found: Spectrum) -> list[str]:
    lines = [
        _("spectrum of the noise residual, mean of {number} windows", number=found.windows),
        _("middle: frequency 0; edge: 1/2 cycle per pixel"),
    ]
    for number, peak in enumerate(found.peaks[:MOST_MARKED], start=1):
        lines.append(f"{number}: {described(peak)}")
    if not found.peaks:
        lines.append(_("no peak"))
    elif len(found.peaks) > MOST_MARKED:
        lines.append(_("and {number} more", number=len(found.peaks) - MOST_MARKED))
    return lines


def described(peak: Peak) -> str:
    """Return a peak in words."""
    text = _(
        "x {x}, y {y} cycles per pixel, {decibels} dB",
        x=f"{peak.x:.4f}",
        y=f"{peak.y:.4f}",
        decibels=peak.decibels,
    )
    return text + _(" (eighths)") if peak.of_eighths else text
