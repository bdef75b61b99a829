"""Which files give their pixels to the examinations, and that those are the stored ones."""

from __future__ import annotations

import io
import pickle
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tamis.media import lossless
from tamis.media.decode import decode
from tamis.media.lossless import is_lossless_webp
from tamis.media.sniff import sniff

RNG = np.random.default_rng(1)
COLOURS = RNG.integers(0, 256, (31, 43, 3), np.uint8)
WITH_ALPHA = RNG.integers(0, 256, (31, 43, 4), np.uint8)


def encoded(image, name, **options):
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def run(data):
    return decode(data, sniff(data[:65536]), max_pixels=100_000_000)


def png_of_16_bits():
    """RGB, sixteen bits to a sample, which Pillow cannot write."""
    rows = b"".join(b"\0" + RNG.integers(0, 256, 6 * 8, np.uint8).tobytes() for _ in range(8))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ],
)
def test_lossless_files_give_the_pixels_they_store(name, options):
    pixels = run(encoded(Image.fromarray(COLOURS), name, **options)).pixels
    np.testing.assert_array_equal(pixels, COLOURS)
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable


@pytest.mark.parametrize(
    ("name", "options"),
    [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})],
)
def test_alpha_and_what_lies_under_it_come_along(name, options):
    data = encoded(Image.fromarray(WITH_ALPHA), name, **options)
    np.testing.assert_array_equal(run(data).pixels, WITH_ALPHA)


def test_grey_with_alpha_becomes_colours_with_alpha():
    grey = WITH_ALPHA[..., [0, 3]]
    pixels = run(encoded(Image.fromarray(grey, "LA"), "PNG")).pixels
    np.testing.assert_array_equal(pixels, grey[..., [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("image", "name", "options"),
    [
        (Image.fromarray(COLOURS), "JPEG", {"quality": 100}),
        (Image.fromarray(COLOURS), "WEBP", {"quality": 100}),
        (Image.fromarray(WITH_ALPHA), "WEBP", {"quality": 100}),
        (Image.fromarray(COLOURS), "TIFF", {"compression": "jpeg"}),
        (Image.fromarray(COLOURS), "GIF", {}),
        (Image.fromarray(COLOURS), "JPEG2000", {}),
        (Image.fromarray(COLOURS), "AVIF", {}),
        (Image.fromarray(COLOURS[..., 0]), "PNG", {}),
        (Image.fromarray(COLOURS[..., 0]).convert("1"), "PNG", {}),
        (Image.fromarray(COLOURS).quantize(16), "PNG", {}),
        (Image.fromarray(COLOURS[..., 0].astype(np.uint16) << 8), "PNG", {}),
        (Image.fromarray(COLOURS).convert("CMYK"), "TIFF", {}),
    ],
)
def test_all_others_give_none(image, name, options):
    content = run(encoded(image, name, **options))
    assert content.luma is not None
    assert content.pixels is None


def test_sixteen_bits_to_a_sample_give_none():
    content = run(png_of_16_bits())
    assert content.luma is not None
    assert content.pixels is None


def test_animated_webp_gives_none():
    frames = [Image.fromarray(COLOURS), Image.fromarray(255 - COLOURS)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert run(data).pixels is None


def test_large_pictures_give_none(monkeypatch):
    data = encoded(Image.fromarray(COLOURS), "PNG")
    monkeypatch.setattr(lossless, "MAX_PIXELS", 31 * 43)
    assert run(data).pixels is not None
    monkeypatch.setattr(lossless, "MAX_PIXELS", 31 * 43 - 1)
    assert run(data).pixels is None


def test_conversion_waits_until_it_is_asked_for_and_happens_once():
    content = run(encoded(Image.fromarray(COLOURS), "PNG"))
    assert isinstance(content.raster._kept, Image.Image)
    assert content.pixels is content.pixels
    assert content.raster._kept is content.pixels  # and the picture is not kept beside it


def test_a_file_that_ends_early_gives_what_is_there():
    rows = RNG.integers(0, 256, (200, 200, 3), np.uint8)
    data = encoded(Image.fromarray(rows), "PNG")
    content = run(data[: len(data) // 2])
    assert content.truncated
    np.testing.assert_array_equal(content.pixels[:90], rows[:90])


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8X\xff\xff\xff\xff", bytes(4000)],
)
def test_what_is_no_webp_is_not_lossless(data):
    assert not is_lossless_webp(data)


def test_pixels_are_no_part_of_what_a_content_is_compared_by():
    content = replace(run(encoded(Image.fromarray(COLOURS), "PNG")), luma=None)
    assert content == replace(content, raster=None)
    assert "raster" not in repr(content)
    assert pickle.dumps(replace(content, raster=None))
