from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tamis.media import compiled, luma, plain

MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV",
         "LAB", "I", "F", "I;16", "I;16B", "I;16L"]  # fmt: skip


def every_colour():
    """All 2^24 colours in 256 parts of (65536, 4) bytes."""
    part = np.zeros((65536, 4), np.uint8)
    part[:, 0], part[:, 1] = np.divmod(np.arange(65536), 256)
    for blue in range(256):
        part[:, 2] = blue
        part[:, 3] = 255 - blue
        yield part


def test_every_colour_has_the_luminance_the_reference_gives_it():
    for part in every_colour():
        # as in pdqhash/bindings.pyx
        expected = (part[:, 0] * 0.299 + part[:, 1] * 0.587 + part[:, 2] * 0.114).astype("f4")
        got = luma.of_rgbx(part.reshape(256, 256, 4)).ravel()
        np.testing.assert_array_equal(got, expected)


def test_plain_and_compiled_agree():
    pixels = np.random.default_rng(1).integers(0, 2**32, 200_000, dtype=np.uint32)
    one, other = np.empty((2, pixels.size), np.float32)
    compiled.weigh(pixels, one)
    plain.weigh(pixels, other)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_has_a_luminance(mode):
    image = Image.new(mode, (37, 23))
    values = luma.of_image(image)
    assert values.shape == (23, 37)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_sixteen_bits_are_scaled_not_clipped():
    image = Image.fromarray(np.array([[0, 257, 32896, 65535]], np.uint16))
    np.testing.assert_array_equal(luma.of_image(image), [[0, 1, 128, 255]])


def test_what_lies_under_transparency_counts():
    image = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    assert (luma.of_image(image) == 255).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 127.5, 255]),
        ([0.0, 128.0, 255.0], [0, 128, 255]),
        ([0.0, 257.0, 65535.0], [0, 1, 255]),
        ([-10.0, 0.0, 10.0], [0, 127.5, 255]),
        ([np.nan, np.inf, 200.0], [0, 0, 200]),
        ([1e30, 0.0, -1e30], [255, 127.5, 0]),
    ],
)
def test_floating_point_grey_of_any_range(values, expected):
    image = Image.fromarray(np.array([values], np.float32))
    np.testing.assert_allclose(luma.of_image(image), [expected], rtol=1e-5)


def test_large_pictures_take_a_byte_a_pixel_unless_exact(monkeypatch):
    monkeypatch.setattr(luma, "MAX_FLOAT_PIXELS", 99)
    image = Image.new("RGB", (10, 10), (10, 20, 31))
    rounded, exact = luma.of_image(image), luma.of_image(image, exact=True)
    assert (rounded.dtype, exact.dtype) == (np.uint8, np.float32)
    assert (rounded == np.rint(exact)).all()


def test_strips_join_without_a_seam(monkeypatch):
    pixels = np.random.default_rng(2).integers(0, 256, (51, 33, 3), dtype=np.uint8)
    whole = luma.of_image(Image.fromarray(pixels))
    monkeypatch.setattr(luma, "_STRIP_PIXELS", 100)
    np.testing.assert_array_equal(luma.of_image(Image.fromarray(pixels)), whole)
