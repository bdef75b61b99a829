"""Scenes: reproducible, sound, different from each other."""

from __future__ import annotations

import numpy as np
import pytest

from tamis.demo.scene import SCENES
from tamis.demo.scenes.field import cover, mix, noise, rgb, sample, stream, tile
from tamis.demo.scenes.terrain import look


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_is_a_sound_picture_in_any_format(name):
    for width, height in ((144, 96), (96, 144)):
        picture = SCENES[name].render(3, width, height)
        assert picture.shape == (height, width, 3)
        assert picture.dtype == np.float32
        assert np.isfinite(picture).all()
        assert 0.01 < picture.mean() < 0.9
        assert picture.std() > 0.02


def test_a_scene_follows_from_its_seed_and_variant():
    scene = SCENES["lighthouse"]
    first = scene.render(1, 144, 96)
    assert np.array_equal(first, scene.render(1, 144, 96))
    assert not np.array_equal(first, scene.render(2, 144, 96))
    assert not np.array_equal(first, scene.render(1, 144, 96, variant=1))


def test_streams_of_different_names_are_independent():
    one, other = (stream(1, name).standard_normal(2000) for name in ("a", "b"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    assert np.array_equal(one, stream(1, "a").standard_normal(2000))


def test_colours_are_linear_light():
    assert rgb("ffffff") == pytest.approx([1, 1, 1])
    assert rgb("808080") == pytest.approx([0.2158605] * 3)  # IEC 61966-2-1


def test_noise_has_mean_zero_and_deviation_one():
    field = noise(stream(1, "noise"), 120, 80, 0.3)
    assert field.mean() == pytest.approx(0, abs=1e-4)
    assert field.std() == pytest.approx(1, abs=1e-3)


def test_a_tile_repeats_without_a_seam():
    texture = tile(stream(1, "tile"), 64, 4, octaves=3)
    assert np.abs(texture[:, 0] - texture[:, -1]).max() < 4 * np.abs(np.diff(texture)).max()
    assert np.abs(texture[:, 0] - texture[:, -1]).max() < np.ptp(texture) / 2


def test_sampling_hits_the_texels_and_repeats():
    texture = np.arange(12, dtype=np.float32).reshape(3, 4)
    u, v = np.meshgrid(np.arange(4) / 4, np.arange(3) / 3)
    assert sample(texture, u, v) == pytest.approx(texture, abs=1e-4)
    assert sample(texture, u + 2, v - 1) == pytest.approx(texture, abs=1e-4)
    halfway = sample(texture, np.array([[0.125]]), np.array([[0.0]]))
    assert halfway == pytest.approx(0.5, abs=1e-5)


def test_painting_mixes_by_the_mask():
    picture = np.zeros((2, 3, 3), np.float32)
    cover(picture, np.ones(3, np.float32), np.array([[0.0], [0.5]]))
    assert picture[0].max() == 0
    assert picture[1] == pytest.approx(np.full((3, 3), 0.5))
    assert mix(rgb("000000"), rgb("ffffff"), np.array([[0.25]])) == pytest.approx(0.25)


def test_a_flat_terrain_reaches_the_horizon():
    flat = np.full((768, 768), 0.2, np.float32)
    view = look(flat, 0.3, width=32, rows=64, eye=(0.5, 0.0, 0.1), horizon=0.5, reach=4.0)
    ground = view.mask[:, 16]
    assert ground[:30].max() == 0
    assert ground[40:].min() == 1
    # a point seen (y - horizon) below the horizon lies at (eye height - ground) / that distance
    row = np.arange(40, 64)
    expected = (0.1 - 0.06) / ((row + 0.5) / 64 - 0.5)
    assert view.depth[40:, 16] == pytest.approx(expected, rel=0.02)
