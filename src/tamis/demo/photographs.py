"""Who photographed what: the cameras of the demo case and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from tamis.demo.camera import CameraModel, CameraUnit, Exposure, capture
from tamis.demo.exif import camera_exif, camera_jpeg
from tamis.demo.scene import SCENES
from tamis.demo.scenes.field import Array, stream

if TYPE_CHECKING:
    from collections.abc import Iterator


LYRA = CameraModel(
    maker="Orfeo", name="Lyra 3", width=1296, height=864, focal_mm=24.0, aperture=2.8,
    base_iso=100, gain=1.5e-4, read_noise=0.0014, response=(0.55, 0.65), crosstalk=0.18,
    vignetting=0.32, aberration=0.0006, sharpening=0.85, sampling="4:2:2", coarseness=1.7,
    slope=0.45,
)  # fmt: skip
HALO = CameraModel(
    maker="Lumen", name="Halo 2", width=1216, height=912, focal_mm=5.6, aperture=1.9,
    base_iso=50, gain=2.2e-4, read_noise=0.0022, response=(0.48, 0.58), crosstalk=0.24,
    vignetting=0.2, aberration=-0.0004, sharpening=1.3, sampling="4:2:0", coarseness=2.6,
    slope=0.55,
)  # fmt: skip

BEGIN = datetime(2026, 3, 7, 9, 12, 40, tzinfo=UTC)
"""When the first photograph was taken."""


def cameras(seed: int, scale: float = 1.0) -> tuple[CameraUnit, CameraUnit, CameraUnit]:
    """Return the three cameras of the case; the first two are of the same model."""
    return (
        CameraUnit(LYRA, "OL3-300417", "DCIM/100ORFEO", "ORF_", seed, scale),
        CameraUnit(LYRA, "OL3-301266", "Camera uploads", "ORF_", seed, scale),
        CameraUnit(HALO, "LH2-0088152", "DCIM/101LUMEN", "LUM_", seed, scale),
    )


@dataclass(frozen=True, slots=True)
class Shot:
    """One press of the button.

    Args:
        camera: index of the camera.
        scene: what it was pointed at.
        variant: of the scene.
        iso: sensitivity.
        stops: brighter than the scene.
        upright: the camera was turned by a quarter.
    """

    camera: int
    scene: str
    variant: int = 0
    iso: int = 100
    stops: float = 0.0
    upright: bool = False


SHOTS = (
    Shot(0, "alpine-lake"),
    Shot(0, "alpine-lake", stops=-0.25),
    Shot(0, "hills", iso=200),
    Shot(0, "beach"),
    Shot(0, "tulips", stops=0.1),
    Shot(0, "daisies", iso=200),
    Shot(0, "farmland"),
    Shot(0, "misty-wood", iso=400),
    Shot(0, "house-front", upright=True, variant=1),
    Shot(0, "street", iso=100),
    Shot(1, "street", iso=200, stops=0.15),
    Shot(1, "dunes"),
    Shot(1, "books", iso=800),
    Shot(1, "pebbles", iso=200),
    Shot(1, "house-front"),
    Shot(1, "fruit", iso=400),
    Shot(1, "fruit", iso=800, stops=0.2),
    Shot(1, "sunflower", upright=True),
    Shot(1, "alpine-lake", variant=1),
    Shot(2, "skyline", iso=800),
    Shot(2, "winter-lake"),
    Shot(2, "fruit", variant=1, iso=200),
    Shot(2, "daisies", variant=1, iso=100),
    Shot(2, "balloons"),
    Shot(2, "misty-wood", variant=1, upright=True, iso=200),
    Shot(2, "beach", variant=1),
    Shot(2, "books", variant=1, iso=400),
    Shot(2, "pebbles", variant=1, iso=100),
)
"""The photographs; two of the first camera and two of the second are a burst, and the first two
cameras stood in the same street."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph and its file.

    Args:
        shot: how it was taken.
        unit: the camera.
        taken: when.
        name: of the file, with its folder.
        data: the file as the camera wrote it.
    """

    shot: Shot
    unit: CameraUnit
    taken: datetime
    name: str
    data: bytes

    @property
    def camera(self) -> str:
        """Model and serial number of the camera."""
        return f"{self.unit.model.maker} {self.unit.model.name} {self.unit.serial}"


def photographs(seed: int, scale: float = 1.0) -> Iterator[Photograph]:
    """Take all photographs of the case, in order; scenes shared by shots are rendered once."""
    units = cameras(seed, scale)
    last: tuple[object, Array, datetime] | None = None
    for number, shot in enumerate(SHOTS):
        unit = units[shot.camera]
        key = (shot.scene, shot.variant, shot.upright, unit.size)
        if last and last[0] == key:
            scene, taken = last[1], last[2] + timedelta(seconds=4)
        else:
            scene, taken = _view(seed, shot, unit), _moment(number)
        last = (key, scene, taken)
        exposure = Exposure(1 / (60 * (1 + number % 7)), shot.iso, shot.stops)
        pixels = capture(scene, unit, exposure, stream(seed, "exposure", str(number)))
        exif = camera_exif(unit, exposure, taken, orientation=6 if shot.upright else 1)
        name = f"{unit.folder}/{unit.prefix}{1041 + number:04d}.JPG"
        yield Photograph(shot, unit, taken, name, camera_jpeg(pixels, unit, exif))


def _moment(number: int) -> datetime:
    """Four pictures a day, in daylight."""
    day, part = divmod(number, 4)
    return BEGIN + timedelta(days=day, hours=2 * part, minutes=13 * number % 60, seconds=number)


def _view(seed: int, shot: Shot, unit: CameraUnit) -> Array:
    """Return what falls on the sensor; a turned camera sees its picture lying on its side."""
    width, height = unit.size
    scene = SCENES[shot.scene]
    if shot.upright:
        upright = scene.render(seed, height, width, variant=shot.variant)
        return np.ascontiguousarray(np.rot90(upright))
    return scene.render(seed, width, height, variant=shot.variant)
