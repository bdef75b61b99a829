"""Decoding pictures from hostile bytes to luminance.

Three rules hold throughout. The header is read first, and a picture over the pixel cap is refused
before memory for a single pixel is asked for. A decoder is only given the format the bytes were
sniffed as. Whatever a decoder raises becomes a `DecodeError` with a stable code; only `MemoryError`
passes, because it says something about the machine and not about the file.

Pillow keeps the settings used here in module globals, so decoding is for one thread per process, as
in the workers.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

import pillow_heif
import simplejpeg
from PIL import Image, ImageFile, UnidentifiedImageError

from tamis.errors import DecodeError
from tamis.media import colours, lossless, luma, raw
from tamis.media.containers import items, png
from tamis.media.orientation import orientation
from tamis.media.pixel_cap import check_pixels
from tamis.model import Content, MediaKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tamis.media.sniff import Sniffed

LEAST_SIDE = 256
"""A JPEG is decoded reduced only as far as its shorter side keeps this many samples."""

_SCALES = (8, 4, 2)
_PILLOW = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "bmp": "BMP",
    "webp": "WEBP",
    "tiff": "TIFF",
    "heif": "HEIF",
    "avif": "AVIF",
    "jp2": "JPEG2000",
    "j2k": "JPEG2000",
    "ico": "ICO",
    "psd": "PSD",
}
# These decode row by row and leave what is missing as it was; the others give all or nothing.
_PARTIAL = frozenset({"jpeg", "png", "gif", "bmp", "tiff", "jp2", "j2k", "ico", "psd"})
# A decoder may give a picture up for what is beside the pixels.
_WITHOUT_METADATA = {"png": png.without_metadata, "avif": items.without_metadata}
# Colour spaces libjpeg-turbo gives RGB of; CMYK and YCCK need Pillow's conversion.
_SIMPLE = frozenset({"YCbCr", "Gray", "RGB"})


class _NotForSimplejpegError(Exception):
    """This JPEG needs Pillow."""


def decode(data: bytes, sniffed: Sniffed, *, max_pixels: int, strict: bool = False) -> Content:
    """Decode one picture; of an animation its first frame.

    A large JPEG is decoded reduced by 2, 4 or 8: each sample then is the mean of so many pixels
    squared. Of a small one the luminance it stores is taken, uint8, without going over RGB. All
    else is decoded in full to float32. ``docs/fingerprints.md`` says what this means for PDQ.

    Args:
        data: the whole file.
        sniffed: what its first bytes say.
        max_pixels: refuse pictures with more.
        strict: decode JPEGs in full and over RGB too, so that PDQ gets the very luminance the
            reference gets; slower.

    Returns:
        the content with its luminance; `Content.truncated` where the file is damaged or ends early
        and was decoded as far as it goes.

    Raises:
        DecodeError: ``too_many_pixels``, ``no_decoder``, ``empty_picture``, ``truncated`` (ends
            before its first pixel) or ``broken``.
        MemoryError, OSError of the system: passed through; the file is not to blame.
    """
    if sniffed.kind is not MediaKind.IMAGE:
        raise DecodeError("no_decoder", f"{sniffed.format} is not an image")
    try:
        if sniffed.format in raw.FORMATS:
            return raw.decode(data, sniffed, max_pixels=max_pixels)
        if sniffed.format == "jpeg":
            try:
                return _jpeg(data, sniffed, max_pixels, strict=strict)
            except _NotForSimplejpegError:
                pass
        with _quiet_pillow(max_pixels):
            return _pillow(data, sniffed, max_pixels, strict=strict)
    except (DecodeError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # Pillow's own have no number
        raise _as_decode_error(error) from error


def _jpeg(data: bytes, sniffed: Sniffed, max_pixels: int, *, strict: bool) -> Content:
    try:
        height, width, colour, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except (ValueError, KeyError) as error:
        raise _NotForSimplejpegError from error
    check_pixels(width, height, max_pixels)
    if colour not in _SIMPLE:
        raise _NotForSimplejpegError
    scale = 1 if strict else _scale(width, height)
    grey = scale == 1 and not strict
    wanted = {"min_height": -(-height // scale), "min_width": -(-width // scale)}
    pixels, truncated = _simplejpeg(data, "GRAY" if grey else "RGBX", wanted if scale > 1 else {})
    if pixels.shape[:2] != (-(-height // scale), -(-width // scale)):
        raise _NotForSimplejpegError
    return Content(
        data,
        sniffed.format,
        sniffed.mime,
        sniffed.kind,
        width=width,
        height=height,
        orientation=orientation(data, sniffed.format),
        luma=pixels[:, :, 0] if grey else luma.of_rgbx(pixels),
        scale=scale,
        truncated=truncated,
        colours=colours.of_jpeg(data, width, height),
    )


def _scale(width: int, height: int) -> int:
    return next((scale for scale in _SCALES if min(width, height) // scale >= LEAST_SIDE), 1)


def _simplejpeg(data: bytes, colour: str, wanted: dict[str, int]) -> tuple[NDArray[np.uint8], bool]:
    """Decode; where libjpeg warns, again with its warnings let pass, noting a premature end."""
    try:
        return simplejpeg.decode_jpeg(data, colour, **wanted), False
    except ValueError as warning:
        ended_early = "premature end" in str(warning).lower()
    try:
        return simplejpeg.decode_jpeg(data, colour, strict=False, **wanted), ended_early
    except ValueError as error:
        raise _NotForSimplejpegError from error


def _pillow(data: bytes, sniffed: Sniffed, max_pixels: int, *, strict: bool) -> Content:
    if sniffed.format not in _PILLOW:
        raise DecodeError("no_decoder", f"Tamis has no decoder for {sniffed.format}")
    image, truncated = _opened(data, sniffed.format, max_pixels)
    with image:
        return Content(
            data,
            sniffed.format,
            sniffed.mime,
            sniffed.kind,
            width=image.width,
            height=image.height,
            orientation=_orientation(image, data, sniffed.format),
            luma=luma.of_image(image, exact=strict),
            truncated=truncated,
            raster=lossless.of_image(image, data, sniffed.format),
            colours=colours.of_image(image, data, sniffed.format),
        )


def _opened(data: bytes, name: str, max_pixels: int) -> tuple[Image.Image, bool]:
    """The picture, and whether it ends early; what is beside the pixels must not hide them."""
    try:
        return _load(data, name, max_pixels), False
    except (DecodeError, MemoryError):
        raise
    except Exception:
        if name not in _PARTIAL and name not in _WITHOUT_METADATA:
            raise
    if name in _WITHOUT_METADATA:
        data = _WITHOUT_METADATA[name](data)
        if name not in _PARTIAL:
            return _load(data, name, max_pixels), False
        with suppress(ValueError, OSError, SyntaxError, EOFError):
            return _load(data, name, max_pixels), False
    with _tolerant_pillow():
        return _load(data, name, max_pixels), True


def _load(data: bytes, name: str, max_pixels: int) -> Image.Image:
    _register_heif()
    image = Image.open(io.BytesIO(data), formats=[_PILLOW[name]])
    check_pixels(image.width, image.height, max_pixels)
    image.load()
    # an icon's header may lie about the picture in it
    check_pixels(image.width, image.height, max_pixels)
    return image


def _orientation(image: Image.Image, data: bytes, name: str) -> int:
    """HEIF and TIFF come out of their decoders upright; AVIF's turn is reported as EXIF."""
    if name == "avif":
        try:
            value = image.getexif().get(0x0112, 1)
        except Exception:  # noqa: BLE001 - Pillow raises whatever broken EXIF leads it to
            return 1
        return value if value in range(1, 9) else 1
    return 1 if name == "tiff" else orientation(data, name)


def _as_decode_error(error: Exception) -> DecodeError:
    if isinstance(error, UnidentifiedImageError):  # its text holds a memory address
        return DecodeError("broken", "the header cannot be read")
    words = " ".join(str(error).split())[:300]
    detail = f"{type(error).__name__}: {words}" if words else type(error).__name__
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return DecodeError("too_many_pixels", detail)
    said = words.lower()
    short = isinstance(error, EOFError) or "truncated" in said or "premature end" in said
    return DecodeError("truncated" if short else "broken", detail)


@cache
def _register_heif() -> None:
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )


@contextmanager
def _quiet_pillow(max_pixels: int) -> Iterator[None]:
    """Make our cap Pillow's too, for pictures within pictures, and let no warning out."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _tolerant_pillow() -> Iterator[None]:
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
