from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pillow_heif
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from tamis.errors import DecodeError
from tamis.media import decode as module
from tamis.media import luma
from tamis.media.decode import decode
from tamis.media.sniff import Sniffed, sniff
from tamis.model import MediaKind

CAP = 220_000_000


def picture(width=320, height=240, seed=0):
    small = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image, name, **options):
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def run(data, **options):
    return decode(data, sniff(data[:65536]), **({"max_pixels": CAP} | options))


def code_of(data, **options):
    with pytest.raises(DecodeError) as caught:
        run(data, **options)
    assert caught.value.detail
    assert "0x" not in caught.value.detail
    return caught.value.code


def png_header(width, height):
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 40) + b"IDAT" + bytes(40)


def jpeg_saying(data, width, height):
    """The same JPEG with another size in its frame header."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


JPEG = encoded(picture(), "JPEG", quality=90)
PNG = encoded(picture(), "PNG")


# --- JPEG


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((255, 300), 1),
        ((511, 700), 1),
        ((512, 700), 2),
        ((1023, 1023), 2),
        ((1024, 1100), 4),
        ((2047, 2050), 4),
        ((2048, 2050), 8),
        ((2053, 2049), 8),
    ],
)
def test_a_jpeg_is_reduced_as_far_as_256_samples_remain(size, scale):
    content = run(encoded(picture(*size), "JPEG"))
    assert (content.width, content.height, content.scale) == (*size, scale)
    assert content.luma.shape == (-(-size[1] // scale), -(-size[0] // scale))
    assert content.luma.dtype == (np.uint8 if scale == 1 else np.float32)


def test_strict_gives_the_luminance_of_the_full_rgb():
    data = encoded(picture(900, 700), "JPEG", quality=80)
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image)
    content = run(data, strict=True)
    expected = pixels[:, :, 0] * 0.299 + pixels[:, :, 1] * 0.587 + pixels[:, :, 2] * 0.114
    assert content.scale == 1
    np.testing.assert_array_equal(content.luma, expected.astype(np.float32))


def test_reduced_samples_are_means_of_their_pixels():
    data = encoded(picture(1100, 1040), "JPEG", quality=95)
    full, reduced = run(data, strict=True).luma, run(data).luma
    means = full.reshape(260, 4, 275, 4).mean(axis=(1, 3))
    assert np.abs(means - reduced).max() < 2
    assert abs((means - reduced).mean()) < 0.1


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_both_jpeg_decoders_give_identical_pixels(options):
    """Pillow and simplejpeg bundle their own libjpeg-turbo; an update of either must not differ."""
    data = encoded(picture(333, 257), "JPEG", quality=85, **options)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", image.size)
        np.testing.assert_array_equal(np.asarray(image), run(data).luma)
    with Image.open(io.BytesIO(data)) as image:
        pixels = simplejpeg.decode_jpeg(data, "RGB")
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("part", [0.98, 0.6, 0.3])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_a_truncated_jpeg_is_decoded_as_far_as_it_goes(part, progressive, strict):
    whole = encoded(picture(600, 520), "JPEG", quality=90, progressive=progressive)
    content = run(whole[: int(len(whole) * part)], strict=strict)
    assert content.truncated
    first = run(whole, strict=strict).luma[:20] if not progressive else content.luma[:20]
    np.testing.assert_array_equal(content.luma[:20], first)


def test_a_jpeg_that_keeps_no_more_than_its_header():
    start = JPEG.index(b"\xff\xda")
    content = run(JPEG[: start + 14])
    assert content.truncated
    assert (content.width, content.height) == (320, 240)


@pytest.mark.parametrize(
    "data",
    [
        JPEG,
        JPEG + b"trailing rubbish" * 40,
        JPEG + PNG,
        encoded(picture(), "JPEG", progressive=True),
        JPEG[:-2] + bytes(5) + JPEG[-2:],
        PNG,
        PNG + bytes(100),
        encoded(picture(), "GIF"),
        encoded(picture(), "WEBP"),
        encoded(picture(), "TIFF"),
    ],
)
def test_a_file_that_ends_where_it_should_is_not_truncated(data):
    assert not run(data).truncated


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_colour_spaces_of_jpeg(mode):
    content = run(encoded(picture().convert(mode), "JPEG", quality=95))
    expected = np.asarray(picture().convert("L"), np.float32)
    assert np.abs(content.luma.astype(np.float32) - expected).mean() < 2


# --- everything else


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000", "AVIF", "PPM"])
def test_each_format_has_a_decoder_or_says_that_it_has_none(name):
    data = encoded(picture(), name)
    if name == "PPM":
        assert code_of(data) == "no_decoder"
        return
    content = run(data)
    assert (content.width, content.height, content.scale) == (320, 240, 1)
    assert content.luma.dtype == np.float32
    expected = np.asarray(picture().convert("L"), np.float32)
    assert np.abs(content.luma - expected).mean() < 6


def test_heif():
    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, quality=90)
    content = run(out.getvalue())
    assert (content.format, content.orientation) == ("heif", 1)
    assert np.abs(content.luma - np.asarray(picture().convert("L"))).mean() < 4


def test_first_frame_of_an_animation():
    frames = [picture(seed=seed) for seed in (1, 2)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(run(data).luma, luma.of_image(frames[0]))


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP", "TIFF"])
def test_what_ends_early_is_decoded_as_far_as_it_goes(name):
    whole = encoded(picture(seed=3), name)
    content = run(whole[: len(whole) * 2 // 3])
    assert content.truncated
    rows = slice(-40, None) if name == "BMP" else slice(40)  # a BMP begins at the bottom
    np.testing.assert_array_equal(content.luma[rows], run(whole).luma[rows])


def test_turned_tiff_comes_out_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = run(encoded(picture(), "TIFF", exif=exif))
    assert (content.width, content.height, content.orientation) == (240, 320, 1)


# --- refused


@pytest.mark.parametrize(
    "data",
    [
        png_header(60_000, 60_000),
        jpeg_saying(JPEG, 60_000, 60_000),
        jpeg_saying(encoded(picture().convert("CMYK"), "JPEG"), 60_000, 60_000),
    ],
    ids=["png", "jpeg", "cmyk jpeg"],
)
def test_a_bomb_is_refused_by_its_header(data, monkeypatch):
    def decoded(*args, **options):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(simplejpeg, "decode_jpeg", decoded)
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    assert code_of(data) == "too_many_pixels"


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000", "AVIF"])
def test_the_cap_holds_for_every_format_to_the_pixel(name):
    data = encoded(picture(100, 80), name)
    assert code_of(data, max_pixels=7999) == "too_many_pixels"
    assert run(data, max_pixels=8000).luma is not None


def test_a_small_icon_that_holds_a_large_picture():
    inner = png_header(60_000, 60_000)
    data = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inner), 22) + inner
    assert code_of(data) == "too_many_pixels"


def test_empty_pictures():
    assert code_of(jpeg_saying(JPEG, 0, 240)) in {"empty_picture", "broken"}
    assert code_of(png_header(0, 10)) in {"empty_picture", "broken"}


def test_no_decoder():
    assert code_of(b"\xff\x0a" + bytes(30)) == "no_decoder"
    assert code_of(b"qoif" + bytes(30)) == "no_decoder"
    with pytest.raises(DecodeError, match="is not an image"):
        decode(b"x", Sniffed("mp4", "video/mp4", MediaKind.VIDEO), max_pixels=CAP)


@pytest.mark.parametrize("name", sorted(module._PILLOW))
def test_rubbish_behind_the_magic_is_broken(name):
    sniffed = Sniffed(name, "image/x", MediaKind.IMAGE)
    for data in (b"", b"\xff\xd8\xff", bytes(100), b"\x89PNG\r\n\x1a\n" + b"a" * 50):
        with pytest.raises(DecodeError) as caught:
            decode(data, sniffed, max_pixels=CAP)
        assert caught.value.code in {"broken", "truncated", "empty_picture"}


def test_only_the_format_sniffed_is_tried():
    with pytest.raises(DecodeError):
        decode(PNG, Sniffed("gif", "image/gif", MediaKind.IMAGE), max_pixels=CAP)


@pytest.mark.parametrize(
    "raised",
    [SyntaxError("broken PNG file"), struct.error("unpack"), ValueError(), OverflowError("big"),
     KeyError(7), ZeroDivisionError(), RecursionError(), OSError("decoder error -2")],
)  # fmt: skip
def test_whatever_a_decoder_raises_becomes_a_reason(raised, monkeypatch):
    def fail(*args, **options):
        raise raised

    monkeypatch.setattr(Image, "open", fail)
    assert code_of(PNG) == "broken"


def test_memory_error_and_interrupt_pass(monkeypatch):
    for raised in (MemoryError, KeyboardInterrupt):

        def fail(*args, raised=raised, **options):
            raise raised

        monkeypatch.setattr(Image, "open", fail)
        with pytest.raises(raised):
            run(PNG)
        monkeypatch.setattr(simplejpeg, "decode_jpeg", fail)
        with pytest.raises(raised):
            run(JPEG)


def test_pillow_is_left_as_it_was():
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    run(PNG[:2000])
    code_of(png_header(60_000, 60_000))
    after = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    assert after == before


def test_no_warning_gets_out(monkeypatch):
    def warn(*args, **options):
        warnings.warn("corrupt EXIF data", UserWarning, stacklevel=2)
        return real(*args, **options)

    real = Image.open
    monkeypatch.setattr(Image, "open", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(PNG).luma is not None


# --- hostile and large


@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "WEBP"]),
    st.integers(0, 3000),
    st.binary(min_size=1, max_size=6),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_damaged_files_decode_or_give_a_reason(name, at, garbage, cut):
    whole = encoded(picture(64, 48), name)
    at %= len(whole)
    data = whole[:at] if cut else whole[:at] + garbage + whole[at + len(garbage) :]
    try:
        content = decode(data, sniff(whole), max_pixels=10_000_000)
    except DecodeError as error:
        code = error.code
    else:
        code = "" if content.luma is not None else "nothing"
    assert code in {"", "broken", "truncated", "too_many_pixels", "empty_picture"}


LARGE = """
import resource, struct, sys, zlib
from tamis.fingerprints.pdq import Pdq, warm
from tamis.media.decode import decode
from tamis.media.sniff import sniff

warm()
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
width, height = 12_000, 8_500
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
row = bytes(1) + bytes(range(250)) * (3 * width // 250)
packer = zlib.compressobj(1)
rows = b"".join([packer.compress(row) for _ in range(height)] + [packer.flush()])
data = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(
    b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
content = decode(data, sniff(data), max_pixels=220_000_000, strict=sys.argv[1] == "strict")
print(content.luma.dtype, Pdq().compute(content) is not None)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("route", "kind"), [("fast", "uint8"), ("strict", "float32")])
def test_a_hundred_megapixels_fit_into_two_gibibytes(route, kind):
    done = subprocess.run([sys.executable, "-c", LARGE, route], capture_output=True, text=True)
    assert done.stdout.split() == [kind, "True"], done.stderr[-2000:]


@pytest.mark.corpus
def test_formats_of_the_corpus(corpus):
    codes = {}
    for path in sorted((corpus / "formats").iterdir()):
        data = path.read_bytes()
        sniffed = sniff(data[:65536])
        if sniffed.kind is not MediaKind.IMAGE:
            continue
        try:
            content = decode(data, sniffed, max_pixels=CAP)
        except DecodeError as error:
            codes[path.name] = (sniffed.format, error.code)
        else:
            assert content.luma.shape == (
                -(-content.height // content.scale),
                -(-content.width // content.scale),
            )
    raw = {"dng", "cr3", "crw", "kdc"}
    unexpected = {n: c for n, c in codes.items() if c[0] not in raw and c != ("jxl", "no_decoder")}
    assert unexpected == {}


def test_texts_and_profiles_do_not_hide_the_pixels_of_a_png():
    image = picture()
    plain = run(encoded(image, "PNG"))
    bomb = zlib.compress(bytes(100 << 20))
    for kind, body in (
        (b"tEXt", b"a\0" + bytes(70 << 20)),
        (b"zTXt", b"a\0\0" + bomb),
        (b"iCCP", b"a\0\0" + bomb),
    ):
        chunk = struct.pack(">I", len(body)) + kind + body
        chunk += struct.pack(">I", zlib.crc32(kind + body))
        data = encoded(image, "PNG")
        content = run(data[:33] + chunk + data[33:])
        assert not content.truncated
        assert np.array_equal(content.luma, plain.luma)


def test_broken_exif_does_not_hide_the_pixels_of_an_avif():
    exif = Image.Exif()
    exif[0x010F] = "ACME"
    data = encoded(picture(), "AVIF", exif=exif)
    at = data.index(b"MM\0*")
    broken = data[:at] + b"XX" + data[at + 2 :]
    assert np.array_equal(run(broken).luma, run(data).luma)
