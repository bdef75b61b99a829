"""Tiles lie on the grid, and those with texture come first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tamis.detectors.tiles import chosen, places

RNG = np.random.default_rng(5)


def image(levels):
    return Image.fromarray(np.repeat(levels.astype(np.uint8)[..., None], 3, 2))


def textured(height, width, spread):
    """Texture that survives a fourfold reduction."""
    coarse = RNG.integers(-spread, spread + 1, (height // 8 + 1, width // 8 + 1))
    return 128 + np.kron(coarse, np.ones((8, 8), int))[:height, :width]


@given(st.integers(64, 700), st.integers(64, 700))
def test_candidates_cover_the_picture_on_the_grid(width, height):
    found = places(width, height, 64)
    assert len(set(found)) == len(found)
    for left, top in found:
        assert left % 8 == top % 8 == 0
        assert left + 64 <= width
        assert top + 64 <= height
    columns = sorted({left for left, _ in found})
    assert columns[0] == 0
    assert width - 64 - columns[-1] < 8
    assert all(after - before <= 32 + 8 for before, after in pairwise(columns))


def test_texture_comes_before_a_sky():
    levels = np.full((256, 512), 180)
    levels[64:192, 320:448] = textured(128, 128, 40)
    (first, *_) = chosen(image(levels), 128, 3, "texture")
    assert first == (320, 64)


def test_noise_of_single_pixels_counts_for_little():
    levels = np.full((256, 512), 128)
    levels[:, :128] += RNG.integers(-30, 31, (256, 128))
    levels[:, 384:] = textured(256, 128, 20)
    found = chosen(image(levels), 128, 1, "texture")
    assert found[0][0] >= 320


def test_one_hard_edge_does_not_outweigh_a_meadow():
    levels = np.full((128, 384), 20)
    levels[:, 60:128] = 240
    levels[:, 256:] = textured(128, 128, 12)
    assert chosen(image(levels), 128, 1, "texture") == [(256, 0)]


def test_what_is_burnt_out_or_black_comes_last():
    levels = textured(128, 384, 20)
    levels[:, :128] = np.where(textured(128, 128, 50) > 128, 255, 200)
    levels[:, 256:] = np.where(textured(128, 128, 50) > 128, 60, 0)
    found = chosen(image(levels), 128, 3, "texture")
    assert found[0] == (128, 0)


def test_chosen_tiles_lie_apart_while_there_is_room():
    found = chosen(image(textured(512, 512, 40)), 128, 6, "texture")
    for number, one in enumerate(found):
        for other in found[:number]:
            shared = [max(0, 128 - abs(a - b)) for a, b in zip(one, other, strict=True)]
            assert shared[0] * shared[1] <= 128 * 128 // 4


def test_there_are_fewer_where_there_is_no_room():
    assert chosen(image(textured(64, 64, 9)), 64, 5, "texture") == [(0, 0)]
    assert len(chosen(image(textured(64, 128, 9)), 64, 5, "texture")) == 3


def test_an_even_spread_needs_no_texture():
    found = chosen(image(np.zeros((256, 256))), 64, 4, "grid")
    assert len(found) == 4
    assert len({top for _, top in found}) == 4
    assert len(chosen(image(np.zeros((64, 64))), 64, 4, "grid")) == 1


@pytest.mark.parametrize("ranking", ["texture", "grid"])
def test_the_choice_is_always_the_same(ranking):
    picture = image(textured(300, 500, 30))
    assert chosen(picture, 64, 9, ranking) == chosen(picture, 64, 9, ranking)
