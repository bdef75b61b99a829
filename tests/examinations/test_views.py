"""Views of the pixel evidence: what repeats shows, what does not does not, and nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.examinations.signal import periodicity, views
from tamis.examinations.signal.residual import NOISE, UNIT, residual, rows_of
from tamis.examinations.signal.scenes import hills


def levels(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def scene(width: int = 640, height: int = 512) -> np.ndarray:
    return np.asarray(hills(width, height).convert("L")).astype(float)


def noise(seed: int, height: int, width: int) -> np.ndarray:
    return levels(128 + 3 * np.random.default_rng(seed).standard_normal((height, width)))


def places(luma: np.ndarray) -> set[tuple[float, float]]:
    found = periodicity.measure(luma)
    assert not isinstance(found, str)
    return {(peak.x, peak.y) for peak in found.peaks}


def test_a_flat_picture_has_no_residual() -> None:
    assert not residual(np.full((40, 30), 77, np.uint8)).any()


def test_single_pixels_stay_and_edges_are_weakened() -> None:
    row, column = np.mgrid[0:32, 0:32]
    board = residual((100 + 2 * ((row + column) % 2)).astype(np.uint8))
    assert np.abs(board[4:-4, 4:-4]).min() > 0.9 * UNIT
    edge = residual(np.where(column < 16, 40, 200).astype(np.uint8))
    assert 0 < np.abs(edge).max() < UNIT  # a step of 160 levels leaves less than one


def test_a_part_has_the_residual_of_the_whole() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (50, 20, 3), dtype=np.uint8)
    whole = rows_of(pixels, 0, 50)
    parts = [rows_of(pixels, top, min(top + 7, 50)) for top in range(0, 50, 7)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.abs(whole).max() <= np.sqrt(24) * NOISE * UNIT + 1


@pytest.mark.parametrize(("width", "height"), [(900, 300), (200, 300), (64, 64)])
def test_white_noise_has_no_peak(width: int, height: int) -> None:
    for seed in range(10):
        assert places(noise(seed, height, width)) == set()


def test_a_plain_scene_has_no_peak() -> None:
    assert places(levels(scene())) == set()


def test_a_chessboard_of_pixels_is_one_peak_at_the_corner() -> None:
    row, column = np.mgrid[0:512, 0:640]
    assert places(levels(scene() + 0.5 - (row + column) % 2)) == {(0.5, 0.5)}


def test_columns_of_period_eight_have_the_peaks_of_eighths() -> None:
    column = np.arange(640)
    found = periodicity.measure(levels(scene() + 2.0 * (column % 8 == 0)))
    assert not isinstance(found, str)
    assert {(0.25, 0.0), (0.375, 0.0), (0.5, 0.0)} <= {(peak.x, peak.y) for peak in found.peaks}
    assert all(peak.of_eighths and peak.y == 0 for peak in found.peaks)


def test_a_point_in_every_block_has_peaks_in_both_directions() -> None:
    picture = scene()
    picture[::8, ::8] += 6
    found = places(levels(picture))
    assert {(0.5, 0.5), (0.25, 0.5), (-0.375, 0.375)} <= found
    assert all((8 * x).is_integer() and (8 * y).is_integer() for x, y in found)


def test_another_period_is_not_of_eighths() -> None:
    picture = scene() + 3.0 * (np.arange(512)[:, None] % 5 == 0)
    found = periodicity.measure(levels(picture))
    assert not isinstance(found, str)
    first = found.peaks[0]
    assert not first.of_eighths
    assert first.x == 0
    assert min(abs(first.y - 0.2), abs(first.y - 0.4)) < 1 / 256


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (63, 900), (1, 1)])
def test_too_small_is_said(shape: tuple[int, int]) -> None:
    assert views.spectrum(np.zeros(shape, np.uint8)) == "too_small"


def test_flat_is_said() -> None:
    assert views.spectrum(np.full((300, 300), 9, np.uint8)) == "flat"
    slope = levels(np.add.outer(np.arange(300) * 0.1, np.arange(300) * 0.05))
    assert views.spectrum(slope) == "flat"  # steps of rounding are no residual to speak of


def test_the_spectrum_is_drawn_the_same_each_time() -> None:
    luma = levels(scene())
    one, other = views.spectrum(luma), views.spectrum(luma)
    assert isinstance(one, views.View)
    assert isinstance(other, views.View)
    assert np.array_equal(one.picture, other.picture)
    assert one.picture.shape[1] >= 512
    assert one.numbers["windows"] == 12


def test_a_large_picture_is_reduced() -> None:
    rgb = np.asarray(hills(2100, 700))
    view = views.noise_residual(rgb)
    assert view.numbers["reduced"] == 3
    assert view.picture.shape[1] == 700
    assert max(view.picture.shape) <= 1024


def test_the_reduced_picture_is_the_root_mean_square() -> None:
    rgb = np.asarray(hills(1930, 61))  # neither side is a multiple of the factor
    view = views.noise_residual(rgb)
    factor, gain = view.numbers["reduced"], view.numbers["gain"]
    made = rows_of(rgb, 0, 61).astype(float) / UNIT
    for row, column in ((0, 0), (20, 643), (7, 100)):
        square = made[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
        expected = np.sqrt((square**2).mean(axis=(0, 1))) * gain
        assert np.abs(view.picture[row, column] - np.minimum(expected, 255)).max() <= 0.51


def test_a_window_is_moved_within() -> None:
    rgb = np.asarray(hills(1100, 700))
    view = views.noise_residual(rgb, (5000, 3))
    assert (view.numbers["x"], view.numbers["y"]) == (588, 3)
    assert view.picture.shape[1] == 512
    assert view.numbers["reduced"] == 1


def test_luminance_is_that_of_bt601() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (300, 1000, 3), dtype=np.uint8)
    exact = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(views.luminance(rgb) - exact).max() <= 0.5 + 1e-9


@settings(max_examples=60)
@given(
    st.integers(1, 140),
    st.integers(1, 140),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 1, 4, 255]),
)
def test_any_shape_is_shown_or_refused(height: int, width: int, seed: int, spread: int) -> None:
    random = np.random.default_rng(seed)
    rgb = random.integers(0, spread + 1, (height, width, 3)).astype(np.uint8)
    made = [views.noise_residual(rgb), views.noise_residual(rgb, (seed % 200, seed % 7))]
    found = views.spectrum(views.luminance(rgb))
    if isinstance(found, str):
        assert found in {"too_small", "flat"}
    else:
        made.append(found)
    for view in made:
        assert view.picture.dtype == np.uint8
        assert view.picture.shape[2] == 3
        assert all(isinstance(number, int) for number in view.numbers.values())
        Image.fromarray(view.picture)
