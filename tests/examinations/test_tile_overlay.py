"""Tiles over a picture: in place, in their colours, with their logits, and without content."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.detectors.tile import Tile
from tamis.examinations.signal import tile_overlay
from tamis.examinations.signal.tile_overlay import MOST_TILES, colour_of, tiles_of

SYNTHETIC = Tile(0, 0, 224, 224, 1.0, 5.0)
CAMERA = Tile(288, 256, 224, 224, 1.0, -5.0)


def mean(picture: np.ndarray, x: int, y: int) -> np.ndarray:
    return picture[y : y + 20, x : x + 20].reshape(-1, 3).mean(axis=0)


def test_orange_says_synthetic_and_blue_camera() -> None:
    picture = tile_overlay.tile_overlay((512, 480), [SYNTHETIC, CAMERA]).picture
    red, _green, blue = mean(picture, 20, 20)
    assert red > blue + 30
    red, _green, blue = mean(picture, 450, 420)
    assert blue > red + 30
    plain = mean(picture, 300, 20)
    assert plain.max() == plain.min()


def test_colours_differ_in_more_than_hue() -> None:
    assert colour_of(0.0) == (160, 160, 160)
    assert colour_of(1.0) != colour_of(4.0) == colour_of(40.0)
    assert colour_of(-1.0)[2] > colour_of(1.0)[2]


def test_the_logit_stands_in_its_tile() -> None:
    one = tile_overlay.tile_overlay((512, 480), [SYNTHETIC]).picture
    other = tile_overlay.tile_overlay((512, 480), [Tile(0, 0, 224, 224, 1.0, 6.0)]).picture
    within = (one != other).any(axis=2)[:224, :224]  # the colour is full for both
    assert within.any()
    assert within.sum() < 200


def test_by_default_nothing_of_the_content_is_drawn() -> None:
    random = np.random.default_rng(1)
    rgb = random.integers(0, 256, (480, 512, 3), dtype=np.uint8)
    blank = tile_overlay.tile_overlay((512, 480), [SYNTHETIC])
    shown = tile_overlay.tile_overlay((512, 480), [SYNTHETIC], rgb)
    assert blank.numbers["content"] == 0
    assert shown.numbers["content"] == 1
    assert len(np.unique(blank.picture[:200, 300:500].reshape(-1, 3), axis=0)) == 1
    content = shown.picture[:200, 300:500]
    assert (content == content[:, :, :1]).all()  # grey
    assert content.max() < 105  # dim


def test_a_large_picture_is_never_shown_large() -> None:
    rgb = np.zeros((3000, 4000, 3), np.uint8)
    view = tile_overlay.tile_overlay((4000, 3000), [Tile(3776, 2776, 224, 224, 1.0, 1.0)], rgb)
    assert view.picture.shape[1] == 512


def test_only_so_many_are_drawn_and_all_are_counted() -> None:
    tiles = [Tile(8 * (number % 50), 0, 64, 64, 0.5, number / 10) for number in range(80)]
    view = tile_overlay.tile_overlay((480, 320), tiles)
    assert view.numbers == {"tiles": 80, "drawn": MOST_TILES, "content": 0}


@pytest.mark.parametrize("tile", [Tile(-1, 0, 8, 8, 1.0, 0.0), Tile(90, 0, 16, 16, 1.0, 0.0)])
def test_a_tile_out_of_the_picture_is_refused(tile: Tile) -> None:
    with pytest.raises(ValueError, match="within"):
        tile_overlay.tile_overlay((100, 100), [tile])


def test_tiles_of_an_observation_come_strongest_first() -> None:
    stored = [
        {"x": 8, "y": 0, "width": 224, "height": 224, "scale": 1, "logit": 0.5},
        {"x": 0, "y": 16, "width": 448, "height": 448, "scale": 0.5, "logit": -2},
    ]
    assert tiles_of({"tiles": stored}) == [
        Tile(0, 16, 448, 448, 0.5, -2.0),
        Tile(8, 0, 224, 224, 1.0, 0.5),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"tiles": 5},
        {"tiles": []},
        {"tiles": [1]},
        "tiles",
        None,
        {"tiles": [{"x": 0, "y": 0, "width": 8, "height": 8, "scale": 1}]},
        {"tiles": [{"x": 0, "y": 0, "width": 8, "height": 8, "scale": 1, "logit": float("nan")}]},
        {"tiles": [{"x": 0.5, "y": 0, "width": 8, "height": 8, "scale": 1, "logit": 1}]},
        {"tiles": [{"x": 0, "y": 0, "width": 0, "height": 0, "scale": 1, "logit": 1}]},
        {"tiles": [{"x": 0, "y": 0, "width": 8, "height": 8, "scale": 99, "logit": 1}]},
        {"tiles": [{"x": "0", "y": 0, "width": 8, "height": 8, "scale": 1, "logit": 1}]},
    ],
)
def test_what_is_no_tile_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="tile"):
        tiles_of(value)


@given(st.data())
def test_any_tiles_in_any_picture_are_drawn(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 5000)), data.draw(st.integers(1, 5000))
    tiles = []
    for _ in range(data.draw(st.integers(1, 5))):
        wide, high = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
        x, y = data.draw(st.integers(0, width - wide)), data.draw(st.integers(0, height - high))
        logit = data.draw(st.floats(-1e6, 1e6))
        tiles.append(Tile(x, y, wide, high, data.draw(st.sampled_from([1.0, 0.5])), logit))
    one = tile_overlay.tile_overlay((width, height), tiles)
    assert np.array_equal(one.picture, tile_overlay.tile_overlay((width, height), tiles).picture)
