"""What the network that comes with Tamis says, and of what it says nothing."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.detectors import builtin, self_test
from tamis.detectors.tile import tile_of
from tamis.errors import DecodeError
from tamis.examinations.signal import network, scenes
from tamis.examinations.signal.network import PixelNetwork
from tamis.media.decode import decode
from tamis.media.sniff import sniff


def said(data: bytes):
    """Its only observation."""
    content = decode(data, sniff(data[:65536]), max_pixels=100_000_000)
    (observation,) = PixelNetwork().examine(content)
    return observation


def saved(image: Image.Image, form: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def scene(width: int = 400, height: int = 300) -> Image.Image:
    return scenes.hills(width, height)


def reasons(data: bytes) -> list[str]:
    found = said(data)
    assert found.name == "network.not_applicable"
    assert found.score is None
    assert not {"logit", "log10_lr"} & found.value.keys()
    return found.value["reasons"]


def test_it_says_a_number_of_a_picture_and_what_it_is_made_of():
    found = said(saved(scene()))
    assert found.name == "network.score"
    value = found.value
    tiles = [tile_of(each) for each in value["tiles"]]
    assert {tile.scale for tile in tiles} == {1.0, 0.5}
    assert all(0 <= tile.x <= tile.x + tile.width <= 400 for tile in tiles)
    assert all(0 <= tile.y <= tile.y + tile.height <= 300 for tile in tiles)
    assert found.score == value["logit"]
    assert value["logit"] == pytest.approx(np.mean([tile.logit for tile in tiles]), abs=2e-3)
    calibration = builtin.card().calibration
    assert calibration is not None
    assert calibration.lower <= value["log10_lr"] <= calibration.upper
    assert value["log10_lr"] == pytest.approx(calibration.log10_lr(value["logit"]), abs=2e-3)


def test_the_same_picture_gets_the_same_number():
    data = saved(scene(), "JPEG", quality=90)
    assert said(data) == said(data)


def test_of_a_small_picture_no_half_view_is_taken():
    assert {tile["scale"] for tile in said(saved(scene(240, 200))).value["tiles"]} == {1.0}


def exif_of(**tags: str) -> Image.Exif:
    exif = Image.Exif()
    for tag, text in tags.items():
        exif[{"model": 0x0110, "software": 0x0131}[tag]] = text
    return exif


def animated() -> bytes:
    frames = [scene(), scene().rotate(3)]
    stream = io.BytesIO()
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def deep() -> bytes:
    levels = np.asarray(scene().convert("L"), np.uint16) * 257
    return saved(Image.fromarray(levels))


def see_through() -> Image.Image:
    picture = scene().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def bright() -> Image.Image:
    picture = np.asarray(scene()).copy()
    picture[: len(picture) * 2 // 3] = 255
    return Image.fromarray(picture)


BAD = {
    "tiny": lambda: saved(scene(120, 90)),
    "too_small": lambda: saved(scene(400, 150)),
    "flat": lambda: saved(Image.new("RGB", (400, 300), (90, 120, 60))),
    "over_exposed": lambda: saved(bright()),
    "graphic": scenes.chart,
    "panorama": lambda: saved(scene(1200, 300)),
    "transparent": lambda: saved(see_through()),
    "scanned": lambda: saved(scene(), "JPEG", exif=exif_of(model="Perfection V600")),
    "animation": animated,
    "not_8_bits": deep,
    "cmyk": lambda: saved(scene().convert("CMYK"), "JPEG"),
    "palette": lambda: saved(scene().quantize(64)),
    "truncated": lambda: saved(scene(800, 600), "JPEG")[:20_000],
}


@pytest.mark.parametrize("reason", BAD)
def test_no_number_where_it_would_mean_nothing(reason):
    assert reason in reasons(BAD[reason]())


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_an_opaque_alpha_channel_hides_nothing(form):
    options = {"lossless": True} if form == "WEBP" else {}
    opaque = saved(scene().convert("RGBA"), form, **options)
    assert said(opaque).name == "network.score"


def test_a_lossy_picture_with_alpha_is_transparent():
    assert reasons(saved(see_through(), "WEBP", quality=80)) == ["transparent"]


@pytest.mark.parametrize("software", ["VueScan 9 x64", "CamScanner", "Adobe Scan for Android"])
def test_programs_that_scan(software):
    data = saved(scene(), "JPEG", exif=exif_of(software=software))
    assert reasons(data) == ["scanned"]


def test_a_camera_is_no_scanner():
    data = saved(scene(), "JPEG", exif=exif_of(model="NIKON D70s", software="Ver.1.00"))
    assert said(data).name == "network.score"


@settings(max_examples=25, deadline=None)
@given(st.integers(160, 500), st.integers(160, 500), st.integers(0, 2**32 - 1))
def test_any_picture_gets_a_finite_number_or_a_reason(width, height, seed):
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    picture = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    noisy = np.clip(picture + random.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
    try:
        found = said(saved(Image.fromarray(noisy), "JPEG", quality=int(random.integers(30, 100))))
    except DecodeError:
        pytest.fail("a picture of ours cannot be decoded")
    assert (found.name == "network.score") == (found.score is not None)
    assert found.score is None or np.isfinite(found.score)


def test_the_stored_version_names_weights_and_calibration():
    card = builtin.card()
    model = files("tamis.detectors").joinpath("pixels", "model.onnx").read_bytes()
    assert hashlib.sha256(model).hexdigest() == card.sha256
    assert len(model) <= 20 << 20
    text = files("tamis.detectors").joinpath("pixels", "card.json").read_bytes()
    assert hashlib.sha256(text).hexdigest()[:8] in PixelNetwork().stored_version


def test_the_numbers_of_the_card_come_out_here():
    card, detector = builtin.card(), builtin.detector()
    assert card.proven
    assert card.state == "calibrated"
    again = self_test.logits(detector, "model.onnx")
    expected = [picture.logit for picture in card.self_test.pictures]
    assert again == pytest.approx(expected, abs=card.self_test.tolerance)


def test_a_network_that_fails_says_so(monkeypatch):
    def fails(detector, content):
        raise network.DetectorError("model.onnx: broken")

    monkeypatch.setattr(network, "scored", fails)
    found = said(saved(scene()))
    assert found.value == {"reasons": ["failed"], "detail": "model.onnx: broken"}
