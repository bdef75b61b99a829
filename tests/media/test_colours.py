"""Which files give their colours to the examinations, and that those are the decoded ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pillow_heif import from_pillow
from test_lossless import COLOURS, WITH_ALPHA, encoded, png_of_16_bits, run

from pictures import field, jpeg
from tamis.media import colours


def shapes():
    """Sides that end within a block, a row of units and at their borders."""
    return [(320, 240), (321, 243), (17, 9), (1, 1), (1031, 700)]


@pytest.mark.parametrize("size", shapes())
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}])
def test_of_jpeg_they_are_those_pillow_decodes(size, options):
    data = jpeg(3, size=size, **options)
    content = run(data)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(content.rgb, np.asarray(image.convert("RGB")))
    assert content.rgb.dtype == np.uint8
    assert not content.rgb.flags.writeable
    assert content.rgb is content.rgb


def test_a_jpeg_decoded_reduced_gives_them_in_full():
    content = run(jpeg(4, size=(1600, 1200)))
    assert content.scale > 1
    assert content.rgb.shape == (1200, 1600, 3)


def test_grey_becomes_three_equal_channels():
    grey = COLOURS[..., 0]
    for name in ("PNG", "TIFF", "BMP"):
        pixels = run(encoded(Image.fromarray(grey), name)).rgb
        np.testing.assert_array_equal(pixels, np.repeat(grey[..., None], 3, 2))
    pixels = run(encoded(field(1).convert("L"), "JPEG")).rgb
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


@pytest.mark.parametrize(
    ("name", "options"),
    [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})],
)
def test_alpha_is_dropped_not_composited(name, options):
    pixels = run(encoded(Image.fromarray(WITH_ALPHA), name, **options)).rgb
    np.testing.assert_array_equal(pixels, WITH_ALPHA[..., :3])


def test_a_palette_becomes_its_colours():
    image = Image.fromarray(COLOURS).quantize(16)
    for name in ("PNG", "GIF"):
        pixels = run(encoded(image, name)).rgb
        np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))


def test_of_an_animation_the_first_frame_comes():
    first, second = Image.fromarray(COLOURS), Image.fromarray(COLOURS[::-1].copy())
    data = encoded(first, "PNG", save_all=True, append_images=[second])
    np.testing.assert_array_equal(run(data).rgb, COLOURS)


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "JPEG2000"])
def test_lossy_formats_give_what_pillow_decodes(name):
    data = encoded(field(5), name)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(run(data).rgb, np.asarray(image))


def test_heif_gives_its_colours():
    out = io.BytesIO()
    from_pillow(field(6)).save(out, quality=80)
    assert run(out.getvalue()).rgb.shape == (240, 320, 3)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: encoded(field(7).convert("CMYK"), "JPEG"), id="CMYK JPEG"),
        pytest.param(lambda: encoded(field(7).convert("CMYK"), "TIFF"), id="CMYK TIFF"),
        pytest.param(png_of_16_bits, id="16 bits in colour"),
        pytest.param(
            lambda: encoded(Image.fromarray(COLOURS[..., 0].astype(np.uint16) * 257), "PNG"),
            id="16 bits grey",
        ),
        pytest.param(lambda: encoded(field(7).convert("F"), "TIFF"), id="floating point"),
    ],
)
def test_other_samples_give_none(data):
    assert run(data()).rgb is None


def test_large_pictures_give_none(monkeypatch):
    monkeypatch.setattr(colours, "MAX_PIXELS", 320 * 240 - 1)
    assert run(jpeg(8)).rgb is None
    assert run(encoded(field(8), "PNG")).rgb is None
    assert run(jpeg(8, size=(319, 240))).rgb is not None


def test_a_jpeg_cut_off_gives_what_there_is():
    data = jpeg(9)
    content = run(data[: len(data) * 2 // 3])
    assert content.truncated
    assert content.rgb.shape == (240, 320, 3)
