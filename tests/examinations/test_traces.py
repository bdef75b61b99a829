"""The lattice of a colour filter array: seen where it is, and not where it is not."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.errors import DecodeError
from tamis.examinations.signal import lattice, windows
from tamis.examinations.signal.mosaics import demosaiced, resized, saved, scene
from tamis.examinations.signal.traces import CameraTraces
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Content


def media(data: bytes) -> Content:
    sniffed = sniff(data[:65536])
    with suppress(DecodeError):
        return decode(data, sniffed, max_pixels=1 << 26)
    return Content(data, sniffed.format, sniffed.mime, sniffed.kind)


def observed(data: bytes):
    (item,) = CameraTraces().examine(media(data))
    assert item.name == "traces.demosaicing"
    return item


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def reason(data: bytes) -> object:
    item = observed(data)
    assert item.score is None  # never a number
    assert item.value.keys() == {"finding", "reason"}
    assert item.value["finding"] == "not_applicable"
    return item.value["reason"]


def doubled(pixels: np.ndarray) -> np.ndarray:
    """Twice the size: every other pixel kept, the others the mean of their neighbours."""
    found = pixels.astype(float)
    for axis in (0, 1):
        shape = [side * (1 + (place == axis)) for place, side in enumerate(found.shape)]
        between = (found + np.roll(found, -1, axis)) / 2
        found = np.stack((found, between), axis + 1).reshape(shape)
    return np.rint(found).astype(np.uint8)


@pytest.mark.parametrize("green", [0, 1])
@pytest.mark.parametrize(
    ("kind", "quality"), [("PNG", 0), ("BMP", 0), ("JPEG", 100), ("JPEG", 95), ("JPEG", 90)]
)
def test_an_interpolated_picture(green, kind, quality):
    item = observed(saved(demosaiced(scene(), green), kind, quality))
    assert item.value["finding"] == "lattice"
    assert item.value["phase"] == green
    assert (item.value["contrast"] > 0) == (green == 0)
    assert item.score > 1
    assert item.score > item.value["rival"]


@pytest.mark.parametrize("factor", [0.5, 0.7, 0.9, 1.3])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_same_picture_resized(factor, kind):
    item = observed(saved(resized(demosaiced(scene(512)), factor), kind))
    assert item.value["finding"] == "none"
    assert "phase" not in item.value
    assert item.score < 0.15


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_with_all_colours_measured(kind):
    item = observed(saved(scene().astype(np.uint8), kind))
    assert item.value["finding"] == "none"
    assert item.value["certainty"] < 3


@pytest.mark.parametrize("seed", range(5))
def test_blocks_of_jpeg_are_no_lattice(seed):
    """Saved coarsely, then without loss: on its grid and off it."""
    pixels = scene(seed=seed).astype(np.uint8)
    coarse = np.asarray(Image.open(io.BytesIO(saved(pixels, "JPEG", 60))))
    for shifted in (coarse, coarse[3:, 5:]):
        assert observed(saved(np.ascontiguousarray(shifted), "PNG")).value["finding"] == "none"


def test_the_phase_moves_with_the_picture():
    pixels = demosaiced(scene(), 1)
    for rows, columns in ((1, 0), (0, 1), (1, 1), (2, 0)):
        cut = np.ascontiguousarray(pixels[rows:, columns:])
        assert observed(saved(cut, "PNG")).value["phase"] == (1 + rows + columns) % 2


def test_the_score_does_not_grow_with_the_picture():
    small, large = (observed(saved(demosaiced(scene(side)), "PNG")) for side in (256, 512))
    assert large.value["blocks"] == 4 * small.value["blocks"] == 3600
    assert large.score == pytest.approx(small.score, rel=0.1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_enlarged_picture(kind):
    coarse = scene(16).astype(np.uint8).repeat(12, axis=0).repeat(12, axis=1)
    noise = np.random.default_rng(3).normal(0, 20, coarse.shape)
    pixels = np.clip(coarse + noise, 0, 255).astype(np.uint8)
    item = observed(saved(doubled(pixels), kind))
    assert item.value["finding"] == "other_lattice"
    assert item.score > 0.15
    assert item.value["rival"] > item.score


def test_where_it_is_not_looked_for():
    pixels = demosaiced(scene())
    image = Image.fromarray(pixels)
    flat = np.full((256, 256, 3), 90, np.uint8)
    assert reason(written(image, "GIF")) == "format"
    assert reason(written(image, "JPEG2000")) == "format"
    assert reason(written(image.quantize(64), "PNG")) == "samples"
    assert reason(written(image.convert("L"), "PNG")) == "samples"
    assert reason(written(image, "WEBP", quality=95)) == "samples"
    assert reason(saved(flat, "PNG")) == "texture"
    assert reason(saved(flat, "JPEG")) == "texture"
    assert reason(saved(pixels[:64, :64], "PNG")) == "texture"
    assert reason(saved(pixels, "JPEG", 89)) == "quality"
    assert reason(written(image.convert("CMYK"), "JPEG", quality=95)) == "coding"
    assert reason(saved(pixels, "PNG")[:-40000]) == "damaged"
    assert reason(saved(pixels, "PNG")[:60]) == "damaged"
    assert reason(saved(pixels, "JPEG")[:-20000]) == "damaged"


def test_large_jpeg_files_are_looked_at_from_the_top():
    pixels = demosaiced(scene(1024))
    large = np.concatenate((pixels, pixels), axis=1)
    assert observed(saved(large, "JPEG")).value["finding"] == "lattice"
    assert reason(written(Image.fromarray(large), "JPEG", quality=95, progressive=True)) == "coding"


def test_lossless_webp_and_tiff():
    image = Image.fromarray(demosaiced(scene()))
    for data in (written(image, "WEBP", lossless=True), written(image, "TIFF")):
        assert observed(data).value["finding"] == "lattice"


def test_windows_are_few_aligned_and_where_the_texture_is():
    luma = np.zeros((1100, 2000), np.float32)
    luma[512:768, 256:512] = np.random.default_rng(1).normal(128, 9, (256, 256))
    luma[256:512, 1024:1280] = np.random.default_rng(2).normal(128, 5, (256, 256))
    found = windows.textured(luma)
    assert len(found) == windows.MOST
    assert np.array_equal(found[0], luma[512:768, 256:512])
    assert np.array_equal(found[1], luma[256:512, 1024:1280])


@pytest.mark.parametrize("shape", [(256, 60000), (60000, 256), (4096, 6144), (8, 8), (270, 9)])
def test_windows_of_any_shape(shape):
    found = windows.textured(np.zeros(shape, np.uint8))
    assert 1 <= len(found) <= windows.MOST
    for window in found:
        assert window.shape == tuple(min(256, side // 8 * 8) for side in shape)


def test_the_windows_compared_are_bounded_and_spread():
    corners = windows._corners(40, 60, 256, 256)
    assert len(corners) <= windows.MOST_LOOKED_AT
    assert len({top for top, _ in corners}) == 40
    assert len({left for _, left in corners}) > 50


@pytest.mark.parametrize("shape", [(0, 0), (0, 50), (7, 300), (1, 1)])
def test_nothing_to_measure(shape):
    assert windows.textured(np.zeros(shape, np.uint8)) == []
    assert lattice.measure([np.zeros(shape, np.float32)]) is None
    assert lattice.measure([]) is None


SHAPES = st.tuples(st.integers(1, 300), st.integers(1, 300))
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "RGB", "RGBA", "CMYK", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "JPEG": ("L", "RGB", "CMYK"),
}


@st.composite
def files(draw):
    kind = draw(st.sampled_from(sorted(MODES)))
    mode = draw(st.sampled_from(MODES[kind]))
    height, width = draw(SHAPES)
    chance = np.random.default_rng(draw(st.integers(0, 99)))
    if mode == "I;16":
        image = Image.fromarray(chance.integers(0, 65536, (height, width), dtype=np.uint16))
    else:
        pixels = chance.integers(0, 256, (height, width, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).convert(mode)
    options = {"lossless": draw(st.booleans())} if kind == "WEBP" else {}
    if kind == "JPEG":
        options = {"quality": draw(st.integers(85, 100)), "progressive": draw(st.booleans())}
    data = written(image, kind, **options)
    return data[: draw(st.one_of(st.just(len(data)), st.integers(1, len(data))))]


@settings(max_examples=150, deadline=None)
@given(files())
def test_no_file_raises(data):
    found = media(data)
    try:
        first = CameraTraces().examine(found)
    except DecodeError:
        return
    assert first == CameraTraces().examine(found)
    assert [item.name for item in first] == ["traces.demosaicing"]
    assert (first[0].score is None) == (first[0].value["finding"] == "not_applicable")
