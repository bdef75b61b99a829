"""Watermarks of the method dwtDct: as the package reads them, and what they survive."""

from __future__ import annotations

import io
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from examined import content, examine
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.examinations.provenance import dwt_dct, specimens, watermark
from tamis.examinations.provenance.declared import declared
from tamis.examinations.provenance.dwt_dct import Route, read_votes
from tamis.examinations.provenance.watermark import DATA, DwtDctWatermark, marks
from tamis.model import Content, MediaKind
from watermarking import embed, package_bits, reference_votes

ROUTES = pytest.mark.parametrize("route", list(Route))
MARKS = pytest.mark.parametrize("mark", marks(), ids=lambda mark: mark.name)


def scene(height=512, width=512, seed=0):
    """Smooth colours with some texture, as in a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(40, 216, (7, 9, 3), np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), float)
    return np.clip(np.rint(smooth + rng.normal(0, 3, smooth.shape)), 0, 255).astype(np.uint8)


def tiles():
    rng = np.random.default_rng(5)
    flat = rng.integers(0, 256, (34, 42, 3)).repeat(10, 0).repeat(10, 1)
    noisy = np.clip(flat + rng.integers(-9, 10, flat.shape), 0, 255)
    return noisy.astype(np.uint8)[:331, :417]


def saved(pixels, name="PNG", **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, name, **options)
    return out.getvalue()


def mark_in(pixels):
    return examine(DwtDctWatermark(), saved(pixels)).get("watermark.mark")


# --- reading


@pytest.mark.parametrize(
    ("route", "message"),
    [
        (Route.BYTES, "f07ff3116ec53fdff77a9d0ba4390e8ccb"),
        (Route.FLOATS, "7bf3cba4f5cdd30c3feb460e6d5883bc9d"),
        (Route.SWAPPED, "c5dfecfb1c1a79ddbfe682c0c941b7f874"),
    ],
)
def test_the_votes_are_those_of_the_package(route, message):
    """What invisible-watermark 0.2.0 with OpenCV 5.0 and PyWavelets 1.8 decodes of this picture."""
    bits = package_bits(read_votes(tiles())[route], 136)
    assert np.packbits(bits).tobytes().hex() == message


@ROUTES
@pytest.mark.parametrize(
    "pixels",
    [tiles()[:95, :121], scene(64, 80), np.zeros((40, 40, 3), np.uint8), scene(33, 8)],
)
def test_the_votes_are_those_of_a_straight_reading(pixels, route):
    votes = read_votes(pixels)[route]
    np.testing.assert_array_equal(votes.votes, reference_votes(pixels, route))
    np.testing.assert_array_equal(votes.numbers, np.arange(votes.votes.size))


@ROUTES
def test_of_large_pictures_some_rows_of_blocks_are_asked(route, monkeypatch):
    pixels = scene(200, 160)
    whole = read_votes(pixels)[route]
    monkeypatch.setattr(dwt_dct, "MAX_BLOCKS", 200)  # of 500: every third row
    some = read_votes(pixels)[route]
    assert some.votes.size == 9 * 20
    np.testing.assert_array_equal(some.votes, whole.votes[some.numbers])


def test_of_very_wide_pictures_the_left_is_asked(monkeypatch):
    pixels = scene(24, 400)
    whole = read_votes(pixels)[Route.BYTES]
    monkeypatch.setattr(dwt_dct, "MAX_BLOCKS", 30)  # of 150: of each row 30, of three rows one
    some = read_votes(pixels)[Route.BYTES]
    np.testing.assert_array_equal(some.numbers, np.arange(30))
    np.testing.assert_array_equal(some.votes, whole.votes[some.numbers])


@ROUTES
@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([3, 4]), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_any_size_can_be_read(route, height, width, channels, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    votes = read_votes(pixels)[route]
    assert votes.votes.size == (height // 8) * (width // 8)
    assert votes.bits(48).shape == (48,)


# --- marks


def test_the_data_state_the_marks():
    known = {mark.name: mark for mark in marks()}
    assert len(known) == len(marks()) == 6
    assert bytes(np.packbits(known["Stable Diffusion 2"].bits)) == b"SDV2"
    assert {name: len(mark.bits) for name, mark in known.items()} == {
        "Stable Diffusion 1": 136,
        "Stable Diffusion 1 inpainting": 224,
        "Stable Diffusion 2": 32,
        "Stable Diffusion XL": 48,
        "FLUX": 46,
        "InvokeAI": 64,
    }
    sdxl = int("".join(str(int(bit)) for bit in known["Stable Diffusion XL"].bits), 2)
    assert sdxl == 0xB3EC907BB19E


@MARKS
def test_a_threshold_is_well_above_chance(mark):
    entry = next(e for e in tomllib.loads(DATA.read_text())["marks"] if e["name"] == mark.name)
    assert entry["closest"] < mark.threshold <= len(mark.bits)
    assert entry["source"]
    if len(mark.bits) <= 32:
        assert mark.threshold == len(mark.bits)
    else:
        assert mark.threshold >= 0.84 * len(mark.bits)


@MARKS
def test_an_embedded_mark_is_found_by_each_of_its_routes(mark):
    for route in mark.routes:
        found = examine(DwtDctWatermark(), saved(embed(scene(), mark.bits, route)))
        assert found["watermark.mark"] == mark.name
        assert found["watermark.bits"] == len(mark.bits)
        assert mark.threshold <= found["watermark.bits_matched"] <= len(mark.bits)


def test_the_score_is_the_share_that_matched():
    mark = marks()[0]
    observations = DwtDctWatermark().examine(
        content(saved(embed(scene(), mark.bits, mark.routes[0])))
    )
    first = observations[0]
    assert first.score == observations[1].value / observations[2].value
    assert declared(observations) == (f"watermark:{mark.name}",)


def test_other_marks_are_named(monkeypatch):
    mark = marks()[0]
    copy = replace(mark, name="copy")
    monkeypatch.setattr(watermark, "marks", lambda: (mark, copy))
    found = examine(DwtDctWatermark(), saved(embed(scene(), mark.bits, mark.routes[0])))
    assert found["watermark.mark"] == mark.name
    assert found["watermark.others"] == ["copy"]


def test_marks_survive_lossless_formats_and_a_cut_at_the_bottom():
    mark = marks()[0]
    pixels = embed(scene(), mark.bits, mark.routes[0])
    for name, options in (("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        found = examine(DwtDctWatermark(), saved(pixels, name, **options))
        assert found["watermark.mark"] == mark.name
    assert mark_in(pixels[:400]) == mark.name
    assert mark_in(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])) == mark.name


def test_what_destroys_a_mark():
    mark = marks()[0]
    pixels = embed(scene(), mark.bits, mark.routes[0])
    half = Image.fromarray(pixels).resize((400, 400), Image.Resampling.BICUBIC)
    assert mark_in(np.asarray(half)) is None
    assert mark_in(pixels[3:, 3:]) is None
    assert mark_in(pixels[:, :500]) is None
    assert mark_in(pixels[..., ::-1]) is None


@pytest.mark.parametrize(
    "pixels",
    [
        scene(),
        np.zeros((512, 512, 3), np.uint8),
        np.full((512, 512, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8),
        np.full((1, 1, 3), 7, np.uint8),
        np.full((2, 40_000, 3), 7, np.uint8),
    ],
)
def test_pictures_without_a_mark(pixels):
    assert examine(DwtDctWatermark(), saved(pixels)) == {}


def test_no_pixels_and_too_few():
    assert DwtDctWatermark().examine(Content(b"", "png", "image/png", MediaKind.IMAGE)) == []
    mark = marks()[0]
    pixels = embed(scene(), mark.bits, mark.routes[0])[:120]
    assert mark_in(pixels) is None
    assert examine(DwtDctWatermark(), saved(scene(), "JPEG")) == {}


def test_a_specimen_of_another_message_is_no_mark():
    for bits in ([True], [False], [True, False], marks()[0].bits[:-1].tolist()):
        assert examine(DwtDctWatermark(), specimens.tiles(bits)) == {}
