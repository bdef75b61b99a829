"""What models say becomes one logit, above zero for synthetic."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from cards import card, with_views
from models import FLOAT, mean_gradient, model
from onnx import TensorProto, helper
from test_preprocessing import picture

from tamis.detectors.card import Aggregation
from tamis.detectors.scoring import Detector, Score, aggregated
from tamis.errors import DetectorError

PIXELS = picture(160, 96)


def constant(*numbers):
    """A model that answers these numbers whatever it is shown."""
    values = helper.make_tensor("values", FLOAT, [len(numbers)], numbers)
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["values", "nothing"], ["logit"]),
    ]
    zero = helper.make_tensor("zero", FLOAT, [], [0.0])
    return model(
        nodes,
        [("picture", FLOAT, ["n", 3, "h", "w"])],
        [("logit", FLOAT, [len(numbers)])],
        initialisers=[values, zero],
    )


def said(numbers, **output):
    chosen = card(output={"name": "logit", "positive": "synthetic"} | output)
    return Detector(chosen, constant(*numbers), "m").score(PIXELS, 1)


def test_the_logit_of_the_centre():
    found = Detector(card(), mean_gradient(gain=2.0, bias=1.0), "m").score(PIXELS, 1)
    shown = PIXELS[16:80, 48:112].astype(np.float32) / np.float32(255)
    expected = 2 * np.abs(np.diff(shown, axis=1)).mean() + 1
    assert found.logit == pytest.approx(float(expected), abs=1e-5)
    assert [tile.logit for tile in found.tiles] == [found.logit]


@pytest.mark.parametrize(
    ("numbers", "output", "expected"),
    [
        ([1.5], {"kind": "logit"}, 1.5),
        ([1.5], {"kind": "logit", "positive": "capture"}, -1.5),
        ([9.0, 1.5], {"kind": "logit", "index": 1}, 1.5),
        ([0.75], {"kind": "probability"}, math.log(3)),
        ([0.75], {"kind": "probability", "positive": "capture"}, -math.log(3)),
        ([1.0], {"kind": "probability"}, math.log(1e6 - 1)),
        ([1.0, 3.0], {"kind": "class_logits", "index": 1}, 2.0),
        ([0.0, 0.0, 0.0], {"kind": "class_logits", "index": 0}, -math.log(2)),
    ],
)
def test_outputs_become_logits(numbers, output, expected):
    assert said(numbers, **output).logit == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("numbers", "output"),
    [
        ([math.nan], {"kind": "logit"}),
        ([math.inf], {"kind": "logit"}),
        ([2.0], {"kind": "probability"}),
        ([1.0], {"kind": "logit", "index": 1}),
        ([1.0], {"kind": "class_logits"}),
    ],
)
def test_answers_that_are_none(numbers, output):
    with pytest.raises(DetectorError, match=r"^m: its output"):
        said(numbers, **output)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ({"kind": "logit_mean"}, 1.0),
        ({"kind": "max"}, 4.0),
        ({"kind": "topk", "k": 2}, 2.5),
        ({"kind": "topk", "k": 9}, 1.0),
    ],
)
def test_aggregation(aggregation, expected):
    assert aggregated([-2.0, 4.0, 1.0], Aggregation(**aggregation)) == pytest.approx(expected)


def test_the_mean_probability_even_of_the_very_sure():
    chances = [1 / (1 + math.exp(-logit)) for logit in (-2.0, 4.0)]
    mean = sum(chances) / 2
    kind = Aggregation(kind="mean")
    assert aggregated([-2.0, 4.0], kind) == pytest.approx(math.log(mean / (1 - mean)))
    assert aggregated([900.0, 900.0], kind) == pytest.approx(900.0)
    assert aggregated([-900.0, 900.0], kind) == pytest.approx(0.0, abs=1e-9)


def test_tiles_of_several_views_are_aggregated():
    tiles = {
        "resize": {"mode": "none"},
        "crop": "tiles",
        "size": 64,
        "count": 3,
        "ranking": "texture",
    }
    half = {"resize": {"mode": "factor", "factor": 0.75}, "crop": "centre", "size": 64}
    found = Detector(with_views(tiles, half), mean_gradient(), "m").score(PIXELS, 1)
    assert len(found.tiles) == 4
    assert found.logit == pytest.approx(np.mean([tile.logit for tile in found.tiles]))


def test_a_turned_picture_is_measured_upright():
    wide = {"resize": {"mode": "exact", "width": 64, "height": 32}, "crop": "whole"}
    detector = Detector(with_views(wide), mean_gradient(), "m")
    lying = detector.score(PIXELS.swapaxes(0, 1)[:, ::-1], 8)
    assert lying.logit == detector.score(PIXELS, 1).logit


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tile_names_its_place_in_the_picture_as_it_is_stored(orientation):
    tiles = {"resize": {"mode": "none"}, "crop": "tiles", "size": 64, "count": 1}
    stored = np.full((160, 224, 3), 128, np.uint8)
    stored[20:84, 150:214] = picture(64, 64)  # nothing else has texture
    chosen = with_views(tiles | {"ranking": "texture"})
    (tile,) = Detector(chosen, mean_gradient(), "m").score(stored, orientation).tiles
    middle = tile.x + tile.width / 2, tile.y + tile.height / 2
    assert middle == pytest.approx((182, 52), abs=24)


def test_a_tile_of_a_reduced_view_ends_within_the_picture():
    half = {"resize": {"mode": "factor", "factor": 0.5}, "crop": "centre", "size": 64}
    (tile,) = Detector(with_views(half), mean_gradient(), "m").score(picture(127, 127), 1).tiles
    assert (tile.x, tile.y, tile.width, tile.height) == (0, 0, 127, 127)


def test_too_small_a_picture_gets_no_score():
    assert Detector(card(), mean_gradient(), "m").score(PIXELS[:40], 1) == "too_small"


def test_the_same_picture_gets_the_same_score():
    detector = Detector(card(), mean_gradient(), "m")
    assert isinstance(detector.score(PIXELS, 1), Score)
    assert detector.score(PIXELS, 1) == detector.score(PIXELS, 1)


@pytest.mark.parametrize(
    ("build", "change", "reason"),
    [
        (mean_gradient, {"sha256": "0" * 64}, "its SHA-256 is"),
        (mean_gradient, {"output__name": "other"}, "output: the card says other"),
        (mean_gradient, {"input__dtype": "float16"}, r"input\.dtype"),
        (lambda: mean_gradient(64), {"input__layout": "NHWC"}, r"input\.layout"),
        (lambda: mean_gradient(32), {}, r"input\.views"),
    ],
)
def test_a_model_that_is_not_what_the_card_says(build, change, reason):
    with pytest.raises(DetectorError, match=f"^m: {reason}"):
        Detector(card(**change), build(), "m")


def test_more_than_one_input_is_refused():
    inputs = [("picture", FLOAT, [1, 3, 64, 64]), ("text", TensorProto.INT64, [1])]
    node = helper.make_node("ReduceMean", ["picture"], ["logit"], keepdims=0)
    cast = helper.make_node("Identity", ["text"], ["words"])
    built = model([node, cast], inputs, [("logit", FLOAT, []), ("words", TensorProto.INT64, [1])])
    with pytest.raises(DetectorError, match=r"^m: inputs: the card says 1, the model 2"):
        Detector(card(), built, "m")


def test_the_digest_of_the_card_is_that_of_the_file():
    data = mean_gradient()
    assert Detector(card(sha256=hashlib.sha256(data).hexdigest()), data, "m").card.sha256
