"""The context of pictures made in code."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from graphics import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.errors import DecodeError
from tamis.examinations.signal import grid, resampling, scenes
from tamis.examinations.signal.coding import coding_of, quality_of
from tamis.examinations.signal.context import Context
from tamis.examinations.signal.region import MOST_COLUMNS, MOST_PIXELS, native_region
from tamis.examinations.signal.scenes import hills, saved
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Content

HILLS = hills(384, 320)


def content(data: bytes) -> Content:
    return decode(data, sniff(data[:65536]), max_pixels=1 << 28)


def examined(data: bytes) -> dict[str, object]:
    return {item.name: item.value for item in Context().examine(content(data))}


def again(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(saved(picture, "JPEG", quality=quality))).convert("RGB")


@pytest.mark.parametrize(
    ("data", "stratum"),
    [
        (saved(HILLS, "PNG"), "lossless/4:4:4/below-512/unresampled"),
        (saved(HILLS.convert("L"), "PNG"), "lossless/grey/below-512/unresampled"),
        (saved(HILLS, "JPEG", quality=90), "jpeg-high/4:2:0/below-512/unresampled"),
        (saved(HILLS, "JPEG", quality=89), "jpeg-medium/4:2:0/below-512/unresampled"),
        (
            saved(HILLS, "JPEG", quality=74, subsampling="4:4:4"),
            "jpeg-low/4:4:4/below-512/unresampled",
        ),
        (saved(HILLS, "WEBP", quality=80), "other-lossy/4:2:0/below-512/unmeasured"),
        (saved(HILLS, "WEBP", lossless=True), "lossless/4:4:4/below-512/unresampled"),
        (saved(HILLS, "TIFF"), "lossless/4:4:4/below-512/unresampled"),
        (saved(HILLS.convert("L"), "TIFF"), "unknown/unknown/below-512/unmeasured"),
        (saved(hills(255, 200), "PNG"), "lossless/4:4:4/below-256/unresampled"),
        (saved(hills(256, 200), "PNG"), "lossless/4:4:4/below-512/unresampled"),
        (saved(hills(1024, 90), "PNG"), "lossless/4:4:4/below-2048/unmeasured"),
        (saved(hills(2048, 128), "BMP"), "lossless/4:4:4/from-2048/unresampled"),
        (
            saved(hills(640, 560), "JPEG", quality=95),
            "jpeg-high/4:2:0/below-1024/unresampled",
        ),
        (
            saved(hills(640, 560), "JPEG", quality=95, progressive=True),
            "jpeg-high/4:2:0/below-1024/unmeasured",
        ),
    ],
)
def test_stratum(data, stratum):
    found = examined(data)
    assert found["context.stratum"] == stratum
    assert found["context.kind"] == "photographic"
    assert found["context.applicable"] == {"applicable": True}


def test_quality_of_every_ijg_table():
    from tamis.examinations.provenance.jpeg.quantisation import LUMINANCE, scaled

    for quality in range(30, 101):  # below, steps are held at 255
        assert abs(quality_of(scaled(LUMINANCE, quality)) - quality) <= 1


@pytest.mark.parametrize("quality", [40, 75, 90])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (3, 5), (7, 1)])
def test_grid(quality, x, y):
    picture = again(HILLS, quality).crop((x, y, *HILLS.size))
    assert examined(saved(picture, "PNG"))["context.jpeg_grid"] == {"x": -x % 8, "y": -y % 8}


def test_grid_of_a_picture_larger_than_the_part_looked_at():
    picture = again(hills(1400, 700), 85).crop((5, 2, 1400, 700))
    media = content(saved(picture, "BMP"))
    region = native_region(media)
    assert region.shape[1] == MOST_COLUMNS
    assert region.size <= MOST_PIXELS
    assert examined(media.data)["context.jpeg_grid"] == {"x": 3, "y": 6}


@pytest.mark.parametrize("quality", [95, 75])
def test_no_grid_is_sought_in_a_jpeg(quality):
    assert "context.jpeg_grid" not in examined(saved(HILLS, "JPEG", quality=quality))


def test_no_grid():
    ramp = np.add.outer(np.arange(300), np.arange(400)) % 256
    noise = np.random.default_rng(1).integers(0, 256, (300, 400))
    tiles = np.kron(np.random.default_rng(2).integers(0, 256, (40, 50)), np.ones((8, 8)))
    coarse = np.asarray(HILLS.convert("L")) // 16 * 16
    stretched = np.clip(np.asarray(HILLS.convert("L")).astype(float) * 2 - 100, 0, 255)
    for samples in (ramp, noise, tiles, coarse, stretched, np.zeros((300, 400))):
        assert grid.find(samples.astype(np.float32)) is None


@pytest.mark.parametrize("kernel", ["BILINEAR", "BICUBIC", "LANCZOS"])
@pytest.mark.parametrize("factor", [1.3, 1.5, 1.7])
def test_enlarged(kernel, factor):
    size = (round(HILLS.width * factor), round(HILLS.height * factor))
    found = examined(saved(HILLS.resize(size, Image.Resampling[kernel]), "PNG"))
    frequency = found["context.resampled"]["frequency"]
    assert min(abs(frequency - 1 / factor), abs(1 - frequency - 1 / factor)) < 0.01
    assert found["context.stratum"].endswith("/resampled")
    assert "context.jpeg_grid" not in found


def test_enlarged_in_a_large_jpeg():
    picture = HILLS.resize((960, 800), Image.Resampling.BICUBIC)
    media = content(saved(picture, "JPEG", quality=92))
    assert media.scale > 1
    assert examined(media.data)["context.stratum"] == "jpeg-high/4:2:0/below-1024/resampled"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("quality", [None, 95, 75])
@pytest.mark.parametrize("size", [(480, 360), (1700, 1300)])
def test_graphics(name, quality, size):
    picture = KINDS[name](size, 1)
    options = {} if quality is None else {"quality": quality}
    found = examined(saved(picture, "JPEG" if quality else "BMP", **options))
    assert found["context.kind"] == "graphic"
    assert found["context.applicable"] == {"applicable": False, "reasons": ["graphic"]}
    assert found["context.stratum"].endswith("/unmeasured")


def test_other_kinds():
    flat = Image.fromarray(np.random.default_rng(3).normal(90, 1, (300, 400)).astype(np.uint8))
    assert examined(saved(flat, "PNG"))["context.kind"] == "flat"
    assert examined(scenes.tiny())["context.kind"] == "tiny"
    assert examined(saved(hills(1200, 16), "PNG"))["context.kind"] == "tiny"
    assert examined(saved(hills(1200, 31), "PNG"))["context.kind"] == "tiny"
    bright = Image.fromarray(np.clip(np.asarray(HILLS).astype(int) * 3, 0, 255).astype(np.uint8))
    found = examined(saved(bright, "PNG"))
    assert found["context.kind"] == "over_exposed"
    assert found["context.applicable"] == {"applicable": True}


def _sixteen_bits() -> bytes:
    return saved(Image.fromarray(np.asarray(HILLS.convert("L")).astype(np.uint16) * 257), "PNG")


def _moving(kind: str) -> bytes:
    buffer = io.BytesIO()
    HILLS.save(buffer, kind, save_all=True, append_images=[hills(384, 320, 8)])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (saved(HILLS.convert("CMYK"), "JPEG"), ["cmyk"]),
        (_sixteen_bits(), ["not_8_bits"]),
        (saved(HILLS.quantize(64), "PNG"), ["palette"]),
        (saved(HILLS, "GIF"), ["palette"]),
        (_moving("GIF"), ["animation", "palette"]),
        (_moving("PNG"), ["animation"]),
        (_moving("WEBP"), ["animation"]),
        (saved(HILLS, "JPEG", quality=90)[:9000], ["truncated"]),
    ],
)
def test_not_applicable(data, reasons):
    found = examined(data)
    assert found["context.applicable"] == {"applicable": False, "reasons": reasons}
    assert "context.jpeg_grid" not in found


def test_nothing_decoded():
    data = saved(HILLS, "JPEG")
    sniffed = sniff(data)
    media = Content(data, sniffed.format, sniffed.mime, sniffed.kind)
    (only,) = Context().examine(media)
    assert only.value == {"applicable": False, "reasons": ["nothing_decoded"]}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40) | st.sampled_from([95, 96, 97, 200]),
    st.integers(1, 40) | st.sampled_from([95, 96, 97, 200]),
    st.sampled_from(["L", "RGB", "RGBA", "LA", "P", "1", "CMYK", "I;16"]),
    st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"]),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_odd_pictures(width, height, mode, kind, kept, filling):
    """Whatever can be written, also cut short, is examined or refused as undecodable."""
    random = np.random.default_rng(filling)
    levels = random.integers(0, 256 if filling else 1, (height, width), dtype=np.uint8)
    picture = Image.fromarray(levels)
    try:
        data = saved(picture.convert(mode), kind)
    except (OSError, ValueError, KeyError):
        return
    for part in (data, data[: int(len(data) * kept)]):
        try:
            media = content(part)
        except DecodeError:
            continue
        names = [item.name for item in Context().examine(media)]
        assert names[-1] == "context.applicable"
        assert len(set(names)) == len(names)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["jpeg", "png", "gif", "webp", "avif", "heif", "tiff", "bmp"]), st.binary())
def test_coding_of_any_bytes(form, tail):
    heads = {"gif": b"GIF89a\1\0\1\0\x80\0\0", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
    heads["webp"] = b"RIFF" + struct.pack("<I", 9) + b"WEBP"
    sniffed = sniff(b"\xff\xd8\xff\xe0")
    coding_of(Content(heads.get(form, b"") + tail, form, sniffed.mime, sniffed.kind))


@given(st.integers(0, 30), st.integers(0, 30), st.booleans())
def test_small_parts(height, width, whole):
    luma = np.zeros((height, width), np.uint8 if whole else np.float32)
    assert grid.find(luma) is None
    assert resampling.find(luma) is None
