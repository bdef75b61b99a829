"""A second compression: seen in pictures made in code, never where there was none."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
from examined import content
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from tamis.examinations.provenance.jpeg.examination import JpegStructure
from tamis.examinations.provenance.jpeg.luminance import stored_luminance
from tamis.examinations.provenance.jpeg.quantisation import LUMINANCE, scaled
from tamis.examinations.provenance.jpeg.recompression import FREQUENCIES, LEAST_BLOCKS, find
from tamis.media.containers.jpeg_structure import Component, read_structure
from tamis.media.decode import decode
from tamis.media.jpeg_strip import top_strip
from tamis.media.sniff import sniff

PHOTOSHOP_LIKE = [4 + place // 4 for place in range(64)]


def texture(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Random texture of three sizes, in colour, as rough as a picture of leaves."""
    rng = np.random.default_rng(seed)
    total = np.full((size[1], size[0], 3), 128.0)
    for grain, strength in ((4, 12), (12, 25), (40, 40)):
        small = rng.normal(0, strength, (size[1] // grain + 2, size[0] // grain + 2, 3))
        for channel in range(3):
            layer = Image.fromarray(small[:, :, channel].astype(np.float32))
            total[:, :, channel] += np.asarray(layer.resize(size, Image.Resampling.BICUBIC))
    return Image.fromarray(total.clip(2, 253).astype(np.uint8))


def saved(picture: Image.Image, quality: int | list[int], **options: object) -> bytes:
    buffer = io.BytesIO()
    how = {"quality": quality} if isinstance(quality, int) else {"qtables": [quality, quality]}
    picture.save(buffer, "JPEG", **how, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB")


def media(data: bytes):
    return decode(data, sniff(data[:65536]), max_pixels=1 << 24)


def observed(data: bytes) -> dict[str, object]:
    return {item.name: item for item in JpegStructure().examine(media(data))}


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("quality", [50, 75, 85, 90, 95, 98, 100])
def test_a_picture_saved_once(quality, sampling):
    found = observed(saved(texture(1), quality, subsampling=sampling))
    assert "jpeg.second_compression" not in found
    assert found["jpeg.conclusion"].value["finding"] == "nothing"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(50, 70), (50, 90), (60, 95), (75, 80), (75, 90), (85, 92), (90, 95), (90, 98), (70, 60)],
)
def test_a_picture_saved_twice(earlier, later):
    found = observed(saved(opened(saved(texture(2), earlier)), later))
    observation = found["jpeg.second_compression"]
    assert abs(observation.value["earlier_quality"] - earlier) <= 1
    assert observation.score > 0
    conclusion = found["jpeg.conclusion"].value
    assert (conclusion["finding"], conclusion["reasons"]) == ("resaved", ["compressed_twice"])


def test_earlier_steps_of_no_quality():
    found = observed(saved(opened(saved(texture(3), PHOTOSHOP_LIKE)), 95))
    value = found["jpeg.second_compression"].value
    assert value == {"earlier_steps": [PHOTOSHOP_LIKE[place] for place in FREQUENCIES]}


def test_the_same_steps_are_not_seen():
    data = saved(opened(saved(texture(4), 85)), 85)
    assert "jpeg.second_compression" not in observed(data)


def test_a_grid_that_was_moved_is_not_seen():
    moved = opened(saved(texture(5), 60)).crop((3, 5, 320, 240))
    assert "jpeg.second_compression" not in observed(saved(moved, 90))


def test_a_picture_resized_in_between_is_not_seen():
    resized = opened(saved(texture(6), 60)).resize((288, 216), Image.Resampling.BICUBIC)
    assert "jpeg.second_compression" not in observed(saved(resized, 90))


@pytest.mark.parametrize("size", [(1600, 1200), (1030, 530), (517, 3000)])
def test_a_large_picture_is_seen_by_its_top(size):
    twice = media(saved(opened(saved(texture(7, size), 70)), 90))
    assert twice.scale > 1
    structure = read_structure(twice.data)
    strip = stored_luminance(twice, structure)
    assert strip.shape[0] < twice.height
    assert find(strip, structure.used_tables[0].steps).quality == 70
    once = saved(texture(7, size), 90)
    assert "jpeg.second_compression" not in observed(once)


@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"restart_marker_blocks": 3}])
@pytest.mark.parametrize("size", [(64, 48), (97, 131), (1, 1), (700, 33)])
def test_a_strip_is_the_top_of_the_picture(size, options):
    data = saved(texture(8, size), 88, **options)
    whole = np.asarray(Image.open(io.BytesIO(data)).convert("L") if size == (1, 1) else luma(data))
    strip = top_strip(data, 1000)
    assert strip.dtype == np.uint8
    assert strip.shape[0] == min(size[1], -(-1000 // (size[0] * 32)) * 32)
    assert np.abs(strip.astype(int) - whole[: strip.shape[0]]).max() <= (size == (1, 1))


def luma(data: bytes):
    picture = Image.open(io.BytesIO(data))
    picture.draft("L", picture.size)
    return picture


def test_large_progressive_files_have_no_strip():
    data = saved(texture(9, (1100, 600)), 90, progressive=True)
    assert top_strip(data, 1 << 16) is None
    assert stored_luminance(media(data), read_structure(data)) is None


@pytest.mark.parametrize("cut", [0, 2, 30, 180, 400, 620, 700])
def test_strips_of_files_that_are_cut_off(cut):
    strip = top_strip(saved(texture(10), 90)[:cut], 1 << 16)
    assert strip is None or strip.shape[1] == 320


def test_no_luminance_is_taken_where_none_is_stored():
    data = saved(texture(11), 90)
    whole, structure = media(data), read_structure(data)
    assert stored_luminance(whole, structure) is whole.luma
    assert stored_luminance(replace(whole, truncated=True), structure) is None
    parts = structure.components
    for change in (
        {"precision": 12},
        {"frame": 3},
        {"frame": None},
        {"adobe_transform": 0},
        {"tables": {}},
        {"components": ()},
        {"components": parts * 2},
        {"components": (Component(1, 1, 1, 0), *parts[1:]), "tables": {}},
        {"components": (parts[1], parts[0], parts[2])},
        {"jfif": None, "components": tuple(map(renamed, b"RGB", parts))},
    ):
        assert stored_luminance(whole, replace(structure, **change)) is None


def renamed(identifier: int, part: Component) -> Component:
    return replace(part, identifier=identifier)


@pytest.mark.parametrize("steps", [[0] * 64, [65535] * 64, [65] * 64, [1] * 8 + [0] * 56])
def test_steps_that_are_not_examined(steps):
    assert find(np.asarray(texture(12).convert("L")), tuple(steps)) is None


@pytest.mark.parametrize("value", [0, 1, 128, 254, 255])
def test_flat_and_clipped_pictures(value):
    flat = np.full((400, 400), value, np.uint8)
    for quality in (30, 75, 100):
        assert find(flat, scaled(LUMINANCE, quality)) is None


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 300), st.integers(1, 300)), fill=st.just(9)),
    st.lists(st.integers(0, 300), min_size=64, max_size=64),
)
@settings(max_examples=60, deadline=None)
def test_nothing_is_raised_for_any_shape(picture, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = find(picture, tuple(steps))
    assert found is None or picture.size >= LEAST_BLOCKS * 64


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 100), st.booleans())
@settings(max_examples=60, deadline=None)
def test_files_of_any_size(width, height, quality, grey):
    picture = texture(13, (width, height)).convert("L" if grey else "RGB")
    data = saved(picture, quality)
    assert "jpeg.second_compression" not in observed(data)
    assert "jpeg.second_compression" not in {
        item.name for item in JpegStructure().examine(content(data))
    }


MUTATED = saved(texture(14, (600, 560)), 90)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_strips_of_mutated_files(data):
    raw = bytearray(MUTATED)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(2, 1200))] = data.draw(st.integers(0, 255))
    strip = top_strip(bytes(raw), 1 << 16)
    assert strip is None or (strip.ndim == 2 and strip.dtype == np.uint8)
