"""Inputs of models are, to the bit, what Pillow and numpy make by the plain recipe."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from cards import card, with_views
from PIL import Image, ImageOps

from tamis.detectors.preprocessing import pieces, refusal, resized, tensor, upright

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET = {"divisor": 255.0, "mean": list(MEAN), "std": list(STD)}
COMMFOR = {
    "resize": {"mode": "shorter_side", "pixels": 440},
    "crop": "centre",
    "size": 384,
}


def picture(width, height):
    """Made of whole numbers alone, so that it is the same on every machine."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    planes = [(x * 7 + y * 3) % 256, (x * y // 5 + 90) % 256, (x * x // 9 + y * 13) % 256]
    return np.stack(planes, 2).astype(np.uint8)


def made(chosen, pixels, orientation=1):
    return [piece.tensor for piece in pieces(chosen, pixels, orientation)]


def digest(tensors):
    return hashlib.sha256(b"".join(part.tobytes() for part in tensors)).hexdigest()[:16]


def by_hand(pixels, shorter, crop):
    """torchvision's Resize, CenterCrop, ToTensor, Normalize, written out."""
    image = Image.fromarray(pixels)
    width, height = image.size
    size = (
        (shorter, int(shorter * height / width))
        if width <= height
        else (int(shorter * width / height), shorter)
    )
    image = image.resize(size, Image.BILINEAR)
    left, top = round((size[0] - crop) / 2.0), round((size[1] - crop) / 2.0)
    shown = np.asarray(image)[top : top + crop, left : left + crop]
    channels = []
    for channel in range(3):
        samples = shown[..., channel].astype(np.float32) / np.float32(255)
        channels.append((samples - np.float32(MEAN[channel])) / np.float32(STD[channel]))
    return np.stack(channels)[None]


@pytest.mark.parametrize("size", [(640, 480), (481, 1023), (440, 440), (500, 385), (1001, 333)])
def test_it_is_the_recipe_of_community_forensics(size):
    chosen = with_views(COMMFOR, input__normalisation=IMAGENET)
    pixels = picture(*size)
    (found,) = made(chosen, pixels)
    np.testing.assert_array_equal(found, by_hand(pixels, 440, 384))
    assert found.dtype == np.float32
    assert found.flags.c_contiguous


VIEWS = {
    "tiles by texture": {
        "resize": {"mode": "none"},
        "crop": "tiles",
        "size": 128,
        "count": 5,
        "ranking": "texture",
    },
    "tiles of the half": {
        "resize": {"mode": "factor", "factor": 0.5, "kernel": "lanczos"},
        "crop": "tiles",
        "size": 64,
        "count": 3,
        "ranking": "grid",
    },
    "whole, exact": {
        "resize": {"mode": "exact", "width": 224, "height": 224, "kernel": "bicubic"},
        "crop": "whole",
    },
    "centre of what is stored": {"resize": {"mode": "none"}, "crop": "centre", "size": 97},
    "box": {
        "resize": {"mode": "shorter_side", "pixels": 100, "kernel": "box"},
        "crop": "centre",
        "size": 96,
    },
}
GOLDEN = {
    "tiles by texture": "d6532336e4250728",
    "tiles of the half": "6e68c09198c484af",
    "whole, exact": "d0f9eec1d860a3a0",
    "centre of what is stored": "470eb019f5f9067e",
    "box": "63ab7ea66781a886",
}


@pytest.mark.parametrize("name", VIEWS)
def test_inputs_are_the_same_to_the_bit_for_ever(name):
    chosen = with_views(VIEWS[name], input__normalisation=IMAGENET)
    assert digest(made(chosen, picture(531, 397))) == GOLDEN[name]


def test_layouts_types_and_colours():
    pixels = picture(64, 64)
    (nchw,) = made(card(), pixels)
    np.testing.assert_array_equal(nchw[0], pixels.transpose(2, 0, 1) / np.float32(255))
    (nhwc,) = made(card(input__layout="NHWC", input__colour="BGR"), pixels)
    np.testing.assert_array_equal(nhwc[0], pixels[..., ::-1] / np.float32(255))
    (half,) = made(card(input__dtype="float16"), pixels)
    np.testing.assert_array_equal(half, nchw.astype(np.float16))
    (raw,) = made(card(input__dtype="uint8", input__normalisation=None), pixels)
    np.testing.assert_array_equal(raw[0], pixels.transpose(2, 0, 1))


def test_the_mean_follows_the_order_of_colours():
    given = {"divisor": 1.0, "mean": [1.0, 2.0, 3.0], "std": [1.0, 1.0, 2.0]}
    turned = card(input__colour="BGR", input__layout="NHWC", input__normalisation=given)
    found = tensor(np.full((1, 1, 3), 5, np.uint8), turned.input)
    assert found.ravel().tolist() == [1.0, 3.0, 4.0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_that_of_pillow(orientation):
    pixels = picture(5, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(upright(pixels, orientation), expected)


def test_as_stored_where_the_card_says_so():
    (found,) = made(card(input__upright=False), picture(64, 64), 6)
    np.testing.assert_array_equal(found, made(card(), picture(64, 64))[0])


@pytest.mark.parametrize(
    ("resize", "size", "expected"),
    [
        ({"mode": "shorter_side", "pixels": 440}, (1000, 333), (1321, 440)),
        ({"mode": "shorter_side", "pixels": 440}, (333, 1000), (440, 1321)),
        ({"mode": "factor", "factor": 0.5}, (101, 99), (50, 50)),
        ({"mode": "none"}, (101, 99), (101, 99)),
        ({"mode": "halve"}, (101, 99), (50, 49)),
        ({"mode": "exact", "width": 30, "height": 40}, (101, 99), (30, 40)),
    ],
)
def test_sizes_after_resizing(resize, size, expected):
    view = {"resize": resize, "crop": "centre", "size": 16}
    assert resized(with_views(view).input.views[0].resize, *size) == expected


def test_pictures_it_is_not_for():
    chosen = with_views(COMMFOR, min_side=100)
    assert refusal(chosen, 99, 4000) == "too_small"
    assert refusal(chosen, 100, 4000) == ""
    assert refusal(chosen, 100, 40_000) == "too_large"
    assert refusal(card(min_side=16), 63, 4000) == "too_small"  # smaller than the crop
    whole = with_views({"resize": {"mode": "shorter_side", "pixels": 1000}, "crop": "whole"})
    assert refusal(whole, 100, 500) == "too_large"


def test_an_optional_view_is_left_out_of_a_small_picture():
    centre = {"resize": {"mode": "none"}, "crop": "centre", "size": 64}
    half = {"resize": {"mode": "factor", "factor": 0.5}, "crop": "centre", "size": 64}
    both = with_views(centre, half)
    assert refusal(both, 100, 100) == "too_small"
    chosen = with_views(centre, half | {"optional": True})
    assert refusal(chosen, 100, 100) == ""
    assert [piece.view for piece in pieces(chosen, picture(100, 100), 1)] == [0]
    assert [piece.view for piece in pieces(chosen, picture(128, 128), 1)] == [0, 1]


def test_a_halved_view_has_the_means_of_four_pixels():
    tiles = {"crop": "tiles", "size": 48, "count": 1, "ranking": "grid"}
    halved = with_views({"resize": {"mode": "halve"}} | tiles, input__normalisation={"divisor": 1})
    pixels = picture(97, 97)
    (tensor_of,) = made(halved, pixels)
    expected = pixels[:96, :96].reshape(48, 2, 48, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(tensor_of[0] - expected).max() <= 0.5
