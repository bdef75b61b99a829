"""One scene in every format and mode has one PDQ.

Where the encoding is lossless the distance is 0. The other bounds are what the encoding may cost;
each is written beside its format. The common libraries are 34 to 256 bits off on several of these.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, features
from scenes import bits, decoded, encoded, scene

from tamis.fingerprints.pdq import Pdq, stored_index

SCENE = scene(640, 480)
RGB = Image.fromarray(SCENE)
GREY = RGB.convert("L")


def pdq(data, **options):
    return Pdq().compute(decoded(data, **options))


REFERENCE = pdq(encoded(RGB, "PNG"))
GREY_REFERENCE = pdq(encoded(GREY, "PNG"))


def palette(colours=256):
    return RGB.quantize(colours, dither=Image.Dither.NONE)


def transparent(mode):
    """Colour and grey that lie under all degrees of transparency."""
    image = RGB.convert(mode)
    image.putalpha(Image.fromarray((np.indices(SCENE.shape[:2]).sum(axis=0) % 256).astype("u1")))
    return image


def sixteen_bit_rgb_png():
    """Pillow cannot write it: a PNG by hand (ISO/IEC 15948)."""
    height, width = SCENE.shape[:2]
    rows = (SCENE.astype(">u2") * 257).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw, 1))
        + chunk(b"IEND", b"")
    )


def sixteen_bit_rgb_tiff():
    """Likewise (TIFF 6.0): one strip, uncompressed, little-endian."""
    height, width = SCENE.shape[:2]
    body = (SCENE.astype("<u2") * 257).tobytes()
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8),  # bits per sample, behind the header
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 14 + 2 + 9 * 12 + 4),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, len(body)),
    ]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *t) for t in tags)
    return (
        b"II*\0" + struct.pack("<I", 14) + struct.pack("<3H", 16, 16, 16) + directory
        + bytes(4) + body
    )  # fmt: skip


def ycck():
    """An Adobe JPEG in YCCK: the inks as YCbCr under CMYK's name, then the flag for it raised."""
    cyan, magenta, yellow, black = RGB.convert("CMYK").split()
    planes = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    inverted = [plane.point(lambda value: 255 - value) for plane in planes]
    data = encoded(Image.merge("CMYK", (*inverted, black)), "JPEG", quality=95)
    flag = data.index(b"Adobe") + 11
    return data[:flag] + b"\x02" + data[flag + 1 :]


def lab():
    srgb, lab_profile = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(srgb, lab_profile, "RGB", "LAB")
    return ImageCms.applyTransform(RGB, transform)


def encoded_heif():
    out = io.BytesIO()
    pillow_heif.from_pillow(RGB).save(out, quality=90)
    return out.getvalue()


LOSSLESS = {
    "bmp": lambda: encoded(RGB, "BMP"),
    "png of 16 bits": sixteen_bit_rgb_png,
    "tiff": lambda: encoded(RGB, "TIFF"),
    "tiff lzw": lambda: encoded(RGB, "TIFF", compression="tiff_lzw"),
    "tiff of 16 bits": sixteen_bit_rgb_tiff,
    "webp lossless": lambda: encoded(RGB, "WEBP", lossless=True),
    "jpeg 2000 lossless": lambda: encoded(RGB, "JPEG2000", irreversible=False),
    "jpeg 2000 codestream": lambda: encoded(RGB, "JPEG2000", no_jp2=True),
    "rgba": lambda: encoded(RGB.convert("RGBA"), "PNG"),
    "rgba, transparent": lambda: encoded(transparent("RGB"), "PNG"),
    "ico": lambda: encoded(RGB.resize((256, 192)), "ICO", sizes=[(256, 192)]),
}

# Bits by which each may be off from the RGB PNG, each a little over what was measured.
LOSSY = {
    # 256 colours without dithering: what that loses
    "palette png": (lambda: encoded(palette(), "PNG"), 18),
    "grey png": (lambda: encoded(GREY, "PNG"), 4),
    "cmyk jpeg": (lambda: encoded(RGB.convert("CMYK"), "JPEG", quality=95), 4),
    "ycck jpeg": (ycck, 4),
    "cmyk tiff": (lambda: encoded(RGB.convert("CMYK"), "TIFF"), 2),
    "grey jpeg": (lambda: encoded(GREY, "JPEG", quality=95), 4),
    "rgb jpeg": (lambda: encoded(RGB, "JPEG", quality=95, keep_rgb=True), 4),
    "progressive jpeg": (lambda: encoded(RGB, "JPEG", quality=95, progressive=True), 4),
    "ycbcr tiff": (lambda: encoded(RGB.convert("YCbCr"), "TIFF"), 4),
    "lab tiff": (lambda: encoded(lab(), "TIFF"), 4),
    "webp": (lambda: encoded(RGB, "WEBP", quality=90), 4),
    "avif": (lambda: encoded(RGB, "AVIF", quality=90), 4),
    "heif": (encoded_heif, 4),
    # one bit per pixel: the dots of the dither remain after the filter
    "one bit": (lambda: encoded(RGB.convert("1"), "PNG"), 12),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_have_identical_bits(name):
    value = pdq(LOSSLESS[name]())
    expected = REFERENCE
    if name == "ico":
        expected = pdq(encoded(RGB.resize((256, 192)), "PNG"))
    assert value == expected


@pytest.mark.parametrize("name", LOSSY)
def test_other_formats_stay_close(name):
    if name == "avif" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    make, bound = LOSSY[name]
    value = pdq(make())
    assert bits(value.variants[0], REFERENCE.variants[0]) <= bound


PALETTE = {
    "png": lambda: encoded(palette(), "PNG"),
    "png of 16 colours": lambda: encoded(palette(16), "PNG"),
    "png with transparency": lambda: encoded(palette(), "PNG", transparency=3),
    "tiff": lambda: encoded(palette(), "TIFF"),
    "bmp": lambda: encoded(palette(), "BMP"),
    "gif": lambda: encoded(palette(), "GIF"),
    "gif with transparency": lambda: encoded(palette(), "GIF", transparency=3),
}


@pytest.mark.parametrize("name", PALETTE)
def test_a_palette_is_looked_up(name):
    colours = 16 if "16" in name else 256
    assert pdq(PALETTE[name]()) == pdq(encoded(palette(colours).convert("RGB"), "PNG"))


GREY_LOSSLESS = {
    "16 bits": lambda: encoded(
        Image.fromarray(np.asarray(GREY).astype(np.uint16) * np.uint16(257)), "PNG"
    ),
    "16 bits tiff": lambda: encoded(
        Image.fromarray(np.asarray(GREY).astype(np.uint16) * np.uint16(257)), "TIFF"
    ),
    "32 bits tiff": lambda: encoded(
        Image.fromarray(np.asarray(GREY).astype(np.int32) * 257), "TIFF"
    ),
    "float tiff": lambda: encoded(Image.fromarray(np.asarray(GREY).astype(np.float32)), "TIFF"),
    "grey with alpha": lambda: encoded(transparent("L"), "PNG"),
    "grey tiff": lambda: encoded(GREY, "TIFF"),
    "grey webp": lambda: encoded(GREY.convert("RGB"), "WEBP", lossless=True),
    "grey gif": lambda: encoded(GREY, "GIF"),
}


@pytest.mark.parametrize("name", GREY_LOSSLESS)
def test_grey_formats_have_identical_bits(name):
    assert pdq(GREY_LOSSLESS[name]()) == GREY_REFERENCE


def test_float_from_0_to_1_is_stretched_to_the_same_bits():
    data = encoded(Image.fromarray(np.asarray(GREY).astype(np.float32) / 255), "TIFF")
    assert bits(pdq(data).variants[0], GREY_REFERENCE.variants[0]) <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_found_and_the_stored_pixels_keep_their_hash(name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "WEBP" else {"quality": 95} if name == "JPEG" else {}
    content = decoded(encoded(RGB, name, exif=exif, **options))
    assert content.orientation == orientation
    stored = Pdq().compute(content).variants[stored_index(orientation)]
    assert bits(stored, REFERENCE.variants[0]) <= (6 if name == "JPEG" else 0)


def test_turned_tiff_and_avif_are_displayed_alike():
    exif = Image.Exif()
    exif[0x0112] = 6
    shown = pdq(encoded(RGB.transpose(Image.Transpose.ROTATE_270), "PNG"))
    turned = pdq(encoded(RGB, "TIFF", exif=exif))
    assert bits(turned.variants[0], shown.variants[0]) == 0  # turned by the decoder itself
    if features.check("avif"):
        content = decoded(encoded(RGB, "AVIF", quality=90, exif=exif.tobytes()))
        assert content.orientation == 6
        assert bits(Pdq().compute(content).variants[0], shown.variants[0]) <= 24
