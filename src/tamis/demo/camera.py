"""A simulated camera: from a scene in linear light to a JPEG file as a camera writes it.

The chain follows the physical one: lens (blur, lateral chromatic aberration, vignetting), colour
filter array, photons and electronics, demosaicing, colour, tone curve, sharpening, JPEG, EXIF.

- Sensor noise is heteroscedastic, variance a·x + b (Foi, Trimeche, Katkovnik, Egiazarian,
  *Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data*, IEEE TIP
  17(10), 2008); a grows with ISO.
- Every unit has a fixed multiplicative pattern, its *photo-response non-uniformity* (Lukáš,
  Fridrich, Goljan, *Digital camera identification from sensor pattern noise*, IEEE TIFS 1(2),
  2006), which links pictures to the camera that took them.
- Demosaicing is the gradient-corrected linear method of Malvar, He and Cutler, *High-quality
  linear interpolation for demosaicing of Bayer-patterned color images*, ICASSP 2004.

Makers and models are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.demo.scenes.field import Array, Generator, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLING = {"4:2:2": 1, "4:2:0": 2}
"""Chroma sampling as Pillow numbers it."""


@dataclass(frozen=True, slots=True)
class CameraModel:
    """What all units of a model have in common.

    Args:
        maker: invented.
        name: invented.
        width: of the sensor in pixels, a multiple of 16.
        height: likewise.
        focal_mm: focal length of its lens.
        aperture: F-number.
        base_iso: lowest sensitivity.
        gain: variance of the signal per unit of signal at `base_iso` (Foi's a).
        read_noise: standard deviation in the dark at `base_iso` (the root of Foi's b).
        response: strength of red and blue light on the sensor against green.
        crosstalk: how far the sensor mixes the colours, undone by the colour matrix.
        vignetting: loss of light in the corners.
        aberration: by how much red is magnified, and blue reduced.
        sharpening: amount of the unsharp mask.
        sampling: chroma sampling of its JPEG files.
        coarseness: of its quantisation tables.
        slope: how fast these grow with frequency.
    """

    maker: str
    name: str
    width: int
    height: int
    focal_mm: float
    aperture: float
    base_iso: int
    gain: float
    read_noise: float
    response: tuple[float, float]
    crosstalk: float
    vignetting: float
    aberration: float
    sharpening: float
    sampling: str
    coarseness: float
    slope: float

    def tables(self) -> tuple[list[int], list[int]]:
        """Return its quantisation tables for luminance and chrominance, in natural order.

        Makers use tables of their own; here a step grows with the radial frequency of its
        coefficient, faster for chrominance.
        """
        v, u = np.mgrid[0:8, 0:8]
        radius = np.hypot(u, v * 1.06)
        luma = self.coarseness * (1 + self.slope * radius**1.25)
        chroma = self.coarseness * 1.2 * (1 + 1.9 * self.slope * radius**1.1)
        return _table(luma), _table(chroma)


def _table(steps: NDArray[np.float64]) -> list[int]:
    return [int(step) for step in np.clip(np.round(steps), 1, 99).ravel()]


@dataclass(frozen=True, slots=True)
class CameraUnit:
    """One camera.

    Args:
        model: what it is.
        serial: its serial number; with `seed` it determines the sensor.
        folder: of its memory card.
        prefix: of its file names.
        seed: of the demo case.
        scale: size of the sensor against the model's, for tests.
    """

    model: CameraModel
    serial: str
    folder: str
    prefix: str
    seed: int = 1
    scale: float = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sensor in pixels."""
        width, height = (
            max(48, round(side * self.scale / 16) * 16)
            for side in (self.model.width, self.model.height)
        )
        return width, height

    def fingerprint(self) -> Array:
        """Return the photo-response non-uniformity of its sensor, shape (h, w), mean 0."""
        return _fingerprint(self.seed, self.serial, *self.size)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How one picture was taken.

    Args:
        seconds: exposure time.
        iso: sensitivity.
        stops: by how much brighter than the scene as rendered.
        warmth: error of the white balance: red up and blue down by this part.
    """

    seconds: float = 1 / 125
    iso: int = 100
    stops: float = 0.0
    warmth: float = 0.0


@cache
def _fingerprint(seed: int, serial: str, width: int, height: int) -> Array:
    strength = np.float32(0.011)
    rng = stream(seed, "sensor", serial)
    pattern = rng.standard_normal((height, width), np.float32) * strength
    pattern.setflags(write=False)
    return pattern


def capture(
    scene: Array, unit: CameraUnit, exposure: Exposure, rng: Generator
) -> NDArray[np.uint8]:
    """Return the picture that `unit` takes of `scene`, 8-bit sRGB of the size of the scene.

    Args:
        scene: linear light, float32, shape (h, w, 3) of the sensor.
        unit: the camera.
        exposure: its settings.
        rng: source of the noise of this one exposure.

    Raises:
        ValueError: the scene has not the size of the sensor.
    """
    if scene.shape != (unit.size[1], unit.size[0], 3):
        raise ValueError(f"scene {scene.shape} does not fit the sensor {unit.size}")
    model = unit.model
    light = _lens(scene, model) * np.float32(0.8 * 2.0**exposure.stops)
    raw = _expose(_mosaic(light @ _mixing(model), model), unit, exposure, rng)
    red, blue = model.response
    raw[0::2, 0::2] *= np.float32((1 + exposure.warmth) / red)
    raw[1::2, 1::2] *= np.float32((1 - exposure.warmth) / blue)
    colour = demosaic(raw) @ np.linalg.inv(_mixing(model)).astype(np.float32)
    return _develop(colour, model)


def _lens(scene: Array, model: CameraModel) -> Array:
    """Blur slightly, magnify red and blue differently, and darken the corners."""
    height, width = scene.shape[:2]
    centre = scene.copy()
    centre[:, 1:-1] = 0.76 * scene[:, 1:-1] + 0.12 * (scene[:, :-2] + scene[:, 2:])
    centre[1:-1] = 0.76 * centre[1:-1] + 0.12 * (centre[:-2] + centre[2:])
    for channel, change in ((0, -model.aberration), (2, model.aberration)):
        image = Image.fromarray(np.ascontiguousarray(centre[..., channel]))
        stretch = 1 + change
        shift = (-change * width / 2, -change * height / 2)
        moved = image.transform(
            image.size,
            Image.Transform.AFFINE,
            (stretch, 0, shift[0], 0, stretch, shift[1]),
            Image.Resampling.BILINEAR,
        )
        inner = np.s_[1:-1, 1:-1, channel]
        centre[inner] = np.asarray(moved)[1:-1, 1:-1]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    centre *= (1 - np.float32(model.vignetting) * ((x + y) / 2) ** 2)[..., None]
    return centre


def _mixing(model: CameraModel) -> Array:
    """Return the matrix by which the sensor mixes linear sRGB, applied from the right."""
    c = model.crosstalk
    rows = [[1 - c, c * 0.7, c * 0.3], [c / 2, 1 - c, c / 2], [c * 0.2, c * 0.8, 1 - c]]
    return np.array(rows, np.float32).T


def _mosaic(light: Array, model: CameraModel) -> Array:
    """Return what lies under the filters: red, green / green, blue."""
    raw = light[..., 1].copy()
    red, blue = model.response
    raw[0::2, 0::2] = light[0::2, 0::2, 0] * np.float32(red)
    raw[1::2, 1::2] = light[1::2, 1::2, 2] * np.float32(blue)
    return np.maximum(raw, 0)


def _expose(raw: Array, unit: CameraUnit, exposure: Exposure, rng: Generator) -> Array:
    """Return the read-out of the sensor: its fingerprint, noise, clipping, 12 bits."""
    model = unit.model
    sensitivity = exposure.iso / model.base_iso
    signal = raw * (1 + unit.fingerprint())
    variance = np.float32(model.gain * sensitivity) * signal
    variance += np.float32((model.read_noise * sensitivity**0.5) ** 2)
    signal += np.sqrt(variance) * rng.standard_normal(raw.shape, np.float32)
    read: Array = np.round(np.clip(signal, -0.02, 1) * 4095) * np.float32(1 / 4095)
    return read


BESIDE = ((0, -1), (0, 1))
ABOVE = ((-1, 0), (1, 0))
DIAGONAL = ((-1, -1), (-1, 1), (1, -1), (1, 1))
FAR_BESIDE = ((0, -2), (0, 2))
FAR_ABOVE = ((-2, 0), (2, 0))


def demosaic(raw: Array) -> Array:
    """Return the three colours at every pixel of an RGGB mosaic (Malvar, He and Cutler 2004).

    Args:
        raw: float32, even height and width.

    Returns:
        float32, shape (h, w, 3).
    """
    height, width = raw.shape
    padded = np.pad(raw, 2, mode="reflect")

    def around(row: int, column: int, steps: tuple[tuple[int, int], ...]) -> Array:
        """Sum the neighbours, `steps` down and right, of every second pixel from (row, column)."""
        parts = [
            padded[
                2 + row + y : 2 + row + y + height : 2, 2 + column + x : 2 + column + x + width : 2
            ]
            for y, x in steps
        ]
        return np.asarray(sum(parts[1:], start=parts[0]))

    out = np.empty((height, width, 3), np.float32)
    eighth = np.float32(1 / 8)
    for row, column, own, other in ((0, 0, 0, 2), (1, 1, 2, 0)):  # red sites, blue sites
        centre, site = raw[row::2, column::2], out[row::2, column::2]
        far = around(row, column, FAR_BESIDE + FAR_ABOVE)
        site[..., own] = centre
        site[..., 1] = (4 * centre + 2 * around(row, column, BESIDE + ABOVE) - far) * eighth
        site[..., other] = (6 * centre + 2 * around(row, column, DIAGONAL) - 1.5 * far) * eighth
    for row, column, beside, above in ((0, 1, 0, 2), (1, 0, 2, 0)):  # green sites
        centre, site = raw[row::2, column::2], out[row::2, column::2]
        level, steep = around(row, column, FAR_BESIDE), around(row, column, FAR_ABOVE)
        common = 5 * centre - around(row, column, DIAGONAL)
        site[..., 1] = centre
        site[..., beside] = 4 * around(row, column, BESIDE) + common - level + steep / 2
        site[..., above] = 4 * around(row, column, ABOVE) + common - steep + level / 2
        site[..., 0::2] *= eighth
    return out


@cache
def _tone_curve() -> NDArray[np.uint8]:
    """Return the encoding of 14-bit linear light: a soft shoulder, a little contrast, sRGB."""
    x = np.arange(16384) / 16383 * 1.25
    x = np.where(x < 0.7, x, 0.7 + 0.3 * (1 - np.exp(-(x - 0.7) / 0.3)))
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    encoded = encoded + 0.12 * encoded * (1 - encoded) * (2 * encoded - 1)
    curve: NDArray[np.uint8] = np.round(np.clip(encoded, 0, 1) * 255).astype(np.uint8)
    return curve


def _develop(colour: Array, model: CameraModel) -> NDArray[np.uint8]:
    """Return the 8-bit picture: tone curve, then sharpening of the luminance."""
    level = np.clip(colour * np.float32(16383 / (1.25 * 0.8)), 0, 16383).astype(np.uint16)
    picture = _tone_curve()[level].astype(np.float32)
    luma = picture @ np.array((0.299, 0.587, 0.114), np.float32)
    p = np.pad(luma, 1, mode="edge")
    lines = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    smooth = (lines[:-2] + 2 * lines[1:-1] + lines[2:]) * np.float32(1 / 16)
    picture += (np.float32(model.sharpening) * (luma - smooth))[..., None]
    developed: NDArray[np.uint8] = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    return developed
