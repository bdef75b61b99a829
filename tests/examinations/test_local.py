"""Local evidence: a region with another history stands out, and nothing where there is none."""

from __future__ import annotations

import base64
import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tamis.errors import DecodeError
from tamis.examinations.signal import block_map, scenes, specimens
from tamis.examinations.signal.block_map import blocks_of, strongest
from tamis.examinations.signal.local import LocalEvidence
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Content


def media(data: bytes) -> Content:
    sniffed = sniff(data[:65536])
    with suppress(DecodeError):
        return decode(data, sniffed, max_pixels=1 << 26)
    return Content(data, sniffed.format, sniffed.mime, sniffed.kind)


def observed(data: bytes) -> dict[str, object]:
    return {item.name: item.value for item in LocalEvidence().examine(media(data))}


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def overlap(one: list[int], other: tuple[int, ...]) -> float:
    """Area common to two boxes over the area of both."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return common / (sum(areas) - common)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize(
    ("build", "of_map"), [(specimens.pasted, "grid"), (specimens.pasted_jpeg, "compression")]
)
def test_a_region_put_in_stands_out_where_it_is(build, of_map):
    found = observed(build())
    assert found["local.looked_at"] == {"applicable": True, "map": of_map, "share": 1.0}
    value = found["local.hybrid"]
    assert value["map"] == of_map
    assert overlap(value["box"], specimens.BOX) > 0.7
    cells = np.frombuffer(base64.b64decode(value["cells"]), np.uint8)
    cells = cells.reshape(value["rows"], value["columns"])
    assert max(cells.shape) <= block_map.MOST_CELLS
    left, top, right, bottom = (side // 8 for side in specimens.BOX)
    middle = cells[top + 5 : bottom - 5, left + 5 : right - 5]
    assert middle.mean() > 127 > cells[:, :5].mean()


@pytest.mark.parametrize("build", [specimens.kept, specimens.kept_jpeg])
def test_nothing_stands_out_of_an_untouched_picture(build):
    found = observed(build())
    assert found.keys() == {"local.looked_at"}
    assert found["local.looked_at"]["applicable"]


def test_a_crop_takes_the_grid_along():
    found = observed(written(opened(specimens.pasted()).crop((3, 5, 320, 256)), "PNG"))
    box = [side - move for side, move in zip(specimens.BOX, (3, 5, 3, 5), strict=True)]
    assert overlap(found["local.hybrid"]["box"], tuple(box)) > 0.7


def test_blurring_a_region_later_stands_out_too():
    """It says that a region has another history, not which."""
    picture = opened(specimens.kept())
    part = picture.crop(specimens.BOX).filter(ImageFilter.GaussianBlur(1))
    picture.paste(part, specimens.BOX[:2])
    assert "local.hybrid" in observed(written(picture, "PNG"))


def test_clipped_colours_say_nothing():
    """Their blocks lose their coefficients in any photograph."""
    picture = scenes.hills()
    red = picture.getchannel("R").point([min(255, level + 90) for level in range(256)])
    picture.paste(Image.merge("RGB", (red, *picture.split()[1:])).crop((0, 0, 160, 256)), (0, 0))
    found = observed(written(opened(written(picture, "JPEG", quality=70)), "PNG"))
    assert found["local.looked_at"]["applicable"]
    assert "local.hybrid" not in found


def reason(data: bytes) -> object:
    found = observed(data)
    assert found.keys() == {"local.looked_at"}
    assert found["local.looked_at"]["applicable"] is False
    return found["local.looked_at"]["reason"]


def test_where_it_is_not_looked_for():
    picture = opened(specimens.kept())
    assert reason(specimens.never()) == "history"
    assert reason(written(picture.resize((240, 192)), "PNG")) == "history"
    assert reason(written(picture, "JPEG", quality=40)) == "history"
    assert reason(written(picture, "WEBP", quality=95)) == "format"
    assert reason(written(picture, "GIF")) == "samples"
    assert reason(written(picture.convert("L"), "PNG")) == "samples"
    assert reason(scenes.chart()) == "kind"
    assert reason(scenes.tiny()) == "kind"
    assert reason(specimens.kept()[:-30000]) == "damaged"
    assert reason(specimens.kept_jpeg()[:-9000]) == "damaged"


def test_the_strongest_square_grows_to_what_is_connected():
    evidence = np.full((40, 60), -1, np.float32)
    evidence[10:22, 20:45] = 1
    blocks = blocks_of(np.zeros((322, 485), np.uint8), 5, 2)
    region = strongest(evidence, blocks)
    # a square of 12 blocks lies within; three by three blocks decide how far it grows
    assert region.strength == 144
    assert region.box == (5 + 160, 2 + 80, 5 + 360, 2 + 176)
    assert region.cells.shape == (40, 60)
    assert region.cells[15, 30] > 127 > region.cells[0, 0]


def test_no_block_counts_for_more_than_its_share():
    evidence = np.zeros((10, 10), np.float32)
    evidence[5, 5] = 1000
    blocks = blocks_of(np.zeros((80, 80), np.uint8), 0, 0)
    assert strongest(evidence, blocks).strength == block_map.MOST_EVIDENCE


@pytest.mark.parametrize("shape", [(3000, 4000), (33, 90000), (90000, 33), (1608, 1600)])
def test_of_large_pictures_blocks_are_taken_evenly(shape):
    luma = np.zeros(shape, np.uint8)
    blocks = blocks_of(luma, 1, 1)
    if blocks is None:  # too narrow once every second block is left out
        return
    assert blocks.rows * blocks.columns <= 1.1 * block_map.MOST_BLOCKS + sum(shape) / 8
    assert blocks.samples.shape == (blocks.rows * blocks.columns, 64)
    region = strongest(np.zeros((blocks.rows, blocks.columns), np.float32), blocks)
    assert max(region.cells.shape) <= block_map.MOST_CELLS


@given(
    shape=st.tuples(st.integers(4, 130), st.integers(4, 130)),
    seed=st.integers(0, 99),
    x=st.integers(0, 7),
    y=st.integers(0, 7),
)
@settings(max_examples=60)
def test_any_map_gives_a_box_within_the_picture(shape, seed, x, y):
    luma = np.zeros((shape[0] * 8 + y, shape[1] * 8 + x), np.uint8)
    blocks = blocks_of(luma, x, y)
    assert blocks is not None
    chance = np.random.default_rng(seed)
    evidence = chance.normal(-1, 3, (blocks.rows, blocks.columns)).astype(np.float32)
    region = strongest(evidence, blocks)
    left, top, right, bottom = region.box
    assert x <= left < right <= luma.shape[1]
    assert y <= top < bottom <= luma.shape[0]
    assert region.strength <= block_map.MOST_EVIDENCE * evidence.size
    assert max(region.cells.shape) <= block_map.MOST_CELLS


@st.composite
def files(draw):
    kind = draw(st.sampled_from(["PNG", "JPEG", "BMP", "TIFF", "WEBP"]))
    size = draw(st.tuples(st.integers(1, 400), st.integers(1, 300)))
    picture = scenes.hills(400, 300, seed=draw(st.integers(0, 9))).crop((0, 0, *size))
    if draw(st.booleans()):
        picture = opened(written(picture, "JPEG", quality=draw(st.integers(40, 95))))
    options = {"quality": draw(st.integers(60, 100))} if kind == "JPEG" else {}
    options = {"lossless": True} if kind == "WEBP" else options
    data = written(picture, kind, **options)
    return data[: draw(st.one_of(st.just(len(data)), st.integers(1, len(data))))]


@settings(max_examples=80)
@given(files())
def test_no_file_raises_and_the_same_gives_the_same(data):
    found = media(data)
    first = LocalEvidence().examine(found)
    found.notes.clear()
    assert first == LocalEvidence().examine(found)
    assert first[0].name == "local.looked_at"
    assert first[0].score is None
    assert all(item.score >= 1 for item in first[1:])
