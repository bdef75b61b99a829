"""The simulated camera: demosaicing, sensor, file."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import ExifTags, Image

from tamis.demo.camera import CameraUnit, Exposure, capture, demosaic
from tamis.demo.exif import camera_exif, camera_jpeg
from tamis.demo.photographs import HALO, LYRA, SHOTS, cameras
from tamis.demo.scene import SCENES
from tamis.demo.scenes.field import stream

WHEN = datetime(2026, 3, 7, 9, 12, 40, tzinfo=UTC)


def _file(unit, *, orientation=1):
    width, height = unit.size
    pixels = capture(
        SCENES["fruit"].render(1, width, height), unit, Exposure(), stream(1, "a picture")
    )
    exposure = Exposure(1 / 250, 400)
    return camera_jpeg(pixels, unit, camera_exif(unit, exposure, WHEN, orientation=orientation))


def test_demosaicing_is_exact_on_a_grey_gradient():
    y, x = np.mgrid[0:16, 0:20].astype(np.float32)
    raw = 0.1 + 0.01 * x + 0.02 * y
    out = demosaic(raw)
    for channel in range(3):
        assert out[4:-4, 4:-4, channel] == pytest.approx(raw[4:-4, 4:-4], abs=1e-5)


def test_demosaicing_finds_flat_colours():
    raw = np.full((12, 12), 0.5, np.float32)
    raw[0::2, 0::2], raw[1::2, 1::2] = 0.8, 0.2
    assert demosaic(raw) == pytest.approx(np.broadcast_to([0.8, 0.5, 0.2], (12, 12, 3)), abs=1e-5)


def test_a_grey_card_comes_out_grey():
    unit = CameraUnit(LYRA, "X1", "A", "B", scale=0.1)
    width, height = unit.size
    card = np.full((height, width, 3), 0.18, np.float32)
    pixels = capture(card, unit, Exposure(), stream(1, "card")).reshape(-1, 3).mean(axis=0)
    assert np.ptp(pixels) < 3
    assert 90 < pixels.mean() < 140
    brighter = capture(card, unit, Exposure(stops=1), stream(1, "card")).mean()
    assert brighter > pixels.mean() + 20


def test_noise_grows_with_sensitivity():
    unit = CameraUnit(HALO, "X1", "A", "B", scale=0.1)
    width, height = unit.size
    card = np.full((height, width, 3), 0.18, np.float32)
    deviations = [
        capture(card, unit, Exposure(iso=iso), stream(1, "card"))[10:-10, 10:-10].std()
        for iso in (50, 400, 3200)
    ]
    assert deviations[0] < deviations[1] < deviations[2]


def _residual(pixels):
    """What a plain smoothing leaves of the luminance, and the luminance."""
    luma = pixels.astype(np.float32).mean(axis=2)
    padded = np.pad(luma, 1, mode="edge")
    height, width = luma.shape
    around = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3)) / 9
    return luma - around, luma


def _likeness(pixels, unit):
    residual, luma = _residual(pixels)
    return float(np.corrcoef(residual.ravel(), (unit.fingerprint() * luma).ravel())[0, 1])


@pytest.mark.parametrize("name", ["fruit", "beach", None])
def test_the_sensor_pattern_tells_two_units_of_one_model_apart(name):
    first, second, _ = cameras(1, 0.3)
    width, height = first.size
    if name:
        scene = SCENES[name].render(1, width, height)
    else:
        scene = np.full((height, width, 3), 0.4, np.float32)
    for own, other in ((first, second), (second, first)):
        data = camera_jpeg(
            capture(scene, own, Exposure(), stream(1, own.serial)),
            own,
            camera_exif(own, Exposure(), WHEN),
        )
        pixels = np.asarray(Image.open(io.BytesIO(data)))
        assert _likeness(pixels, own) > 0.05
        assert abs(_likeness(pixels, other)) < 0.02


def test_the_scene_must_fit_the_sensor():
    unit = CameraUnit(LYRA, "X1", "A", "B", scale=0.1)
    with pytest.raises(ValueError, match="does not fit"):
        capture(np.zeros((8, 8, 3), np.float32), unit, Exposure(), stream(1, "x"))


@pytest.mark.parametrize("model", [LYRA, HALO])
def test_the_file_has_the_tables_and_sampling_of_the_model(model):
    data = _file(CameraUnit(model, "X1", "A", "B", scale=0.1))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.quantization[0] == model.tables()[0]
        assert picture.quantization[1] == model.tables()[1]
        across, down = picture.layer[0][1:3]
        assert (across, down) == {"4:2:2": (2, 1), "4:2:0": (2, 2)}[model.sampling]
    assert model.tables()[0] != model.tables()[1]


def test_models_have_tables_of_their_own():
    assert LYRA.tables() != HALO.tables()
    assert LYRA.tables() == replace(LYRA, name="another").tables()


def test_the_file_begins_like_a_camera_s_and_bears_its_exif():
    unit = CameraUnit(LYRA, "OL3-1", "A", "B", scale=0.1)
    data = _file(unit, orientation=6)
    assert data[:4] == b"\xff\xd8\xff\xe1"
    assert data[6:12] == b"Exif\0\0"
    assert b"JFIF" not in data[:100]
    exif = Image.Exif()
    with Image.open(io.BytesIO(data)) as picture:
        exif.load(picture.info["exif"])
    base, details = ExifTags.Base, exif.get_ifd(ExifTags.IFD.Exif)
    assert exif[base.Make] == "Orfeo"
    assert exif[base.Model] == "Orfeo Lyra 3"
    assert exif[base.Orientation] == 6
    assert details[base.DateTimeOriginal] == "2026:03:07 09:12:40"
    assert details[base.ExposureTime] == pytest.approx(1 / 250)
    assert details[base.FNumber] == pytest.approx(2.8)
    assert details[base.ISOSpeedRatings] == 400
    assert details[base.FocalLength] == 24
    assert details[base.BodySerialNumber] == "OL3-1"


def test_the_file_holds_a_thumbnail_of_itself():
    data = _file(CameraUnit(HALO, "X1", "A", "B", scale=0.3))
    with Image.open(io.BytesIO(data)) as picture:
        block = picture.info["exif"]
        exif = Image.Exif()
        exif.load(block)
        second = exif.get_ifd(ExifTags.IFD.IFD1)
        start, length = second[ExifTags.Base.JpegIFOffset], second[ExifTags.Base.JpegIFByteCount]
        with Image.open(io.BytesIO(block[6 + start : 6 + start + length])) as small:
            assert small.width < picture.width
            reduced = picture.convert("L").resize(small.size, Image.Resampling.BOX)
            difference = np.asarray(small.convert("L"), float) - np.asarray(reduced, float)
    assert np.abs(difference).mean() < 4


def test_two_of_the_three_cameras_are_of_one_model():
    first, second, third = cameras(1)
    assert first.model == second.model != third.model
    assert len({unit.serial for unit in cameras(1)}) == 3
    assert {shot.camera for shot in SHOTS} == {0, 1, 2}
