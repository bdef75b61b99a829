"""What happens to pictures on their way: the same for photographs and generated pictures.

Whatever differs between the classes of a corpus other than the making of the picture (format, size,
tables, a life as JPEG) is learnt first. So both go through one chain, and a generated picture that
was never a JPEG is first compressed with the tables of a photograph.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamis.training.corpus import Picture

    Tables = tuple[tuple[int, ...], ...]

REGION = 320
"""Side of what a picture is judged by in the protocol, in pixels, the same for all."""
CONTENT = 32
"""Side to which the control without traces is reduced."""
MOST_REDUCED, MOST_ENLARGED = 0.2, 1.3
"""Factors between which pictures are resized in training."""
KERNELS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


def jpeg(image: Image.Image, rng: np.random.Generator, quality: int) -> Image.Image:
    """Return `image` after a JPEG compression with a usual subsampling."""
    subsampling = int(rng.choice((0, 1, 2), p=(0.35, 0.1, 0.55)))
    return _through(image, "JPEG", quality=quality, subsampling=subsampling)


def webp(image: Image.Image, quality: int) -> Image.Image:
    """Return `image` after a lossy WebP compression."""
    return _through(image, "WEBP", quality=quality, method=2)


def with_tables(image: Image.Image, tables: Tables, sampling: int) -> Image.Image:
    """Return `image` as a camera with these quantisation tables would have stored it."""
    qtables = [list(table) for table in tables[:2]]
    return _through(image, "JPEG", qtables=qtables, subsampling=sampling)


def _through(image: Image.Image, form: str, **options: object) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return Image.open(stream).convert("RGB")


def scaled(image: Image.Image, rng: np.random.Generator, factor: float) -> Image.Image:
    """Return `image` resized by `factor` with a kernel drawn at random."""
    width, height = (max(8, round(side * factor)) for side in image.size)
    return image.resize((width, height), KERNELS[int(rng.integers(len(KERNELS)))])


def cut(image: Image.Image, side: int, left: int, top: int) -> Image.Image:
    """Return a square of `side` pixels, or less where the picture is smaller."""
    return image.crop((left, top, min(left + side, image.width), min(top + side, image.height)))


def draws(
    picture: Picture, condition: str, seed: int
) -> tuple[np.random.Generator, np.random.Generator]:
    """Return what a picture's first life, and then what the condition, are drawn from.

    Each picture has draws of its own, and those of the condition do not depend on whether there was
    one before: otherwise a class could be known by them.
    """
    drawn = np.random.default_rng([seed, zlib.crc32(picture.path.encode()), *condition.encode()])
    first, then = drawn.spawn(2)
    return first, then


class Chain:
    """The chain, with the tables that stand in for a life as JPEG.

    Args:
        pictures: those whose photographs lend their tables.
    """

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._lives = [(p.tables, p.sampling) for p in pictures if p.capture and len(p.tables) > 1]

    def life(self, picture: Picture, rng: np.random.Generator) -> tuple[Tables, int]:
        """Return the tables and the sampling with which a picture was, or will be, first stored."""
        if picture.lossless and self._lives:
            return self._lives[int(rng.integers(len(self._lives)))]
        return picture.tables, picture.sampling

    def begun(
        self, picture: Picture, rng: np.random.Generator, window: tuple[int, int, int]
    ) -> Image.Image:
        """Return a window (left, top, side) of a picture after one life as JPEG."""
        left, top, side = window
        image = cut(Image.fromarray(picture.pixels), side, left, top)
        tables, sampling = self.life(picture, rng)
        return with_tables(image, tables, sampling) if picture.lossless and tables else image

    def view(self, picture: Picture, rng: np.random.Generator, side: int) -> Image.Image:
        """Return what training sees: a square of `side` pixels of a picture after a random way."""
        height, width = picture.pixels.shape[:2]
        least = (side + 8) / min(height, width)
        factor = 1.0
        if least > 1 or rng.random() < 0.7:
            low = np.log(max(least, MOST_REDUCED))
            factor = float(np.exp(rng.uniform(low, max(np.log(MOST_ENLARGED), low))))
        window = min(int(np.ceil((side + 8) / factor)), height, width)
        left = int(rng.integers(0, (width - window) // 8 + 1)) * 8
        top = int(rng.integers(0, (height - window) // 8 + 1)) * 8
        image = self.begun(picture, rng, (left, top, window))
        image = _retouched(image, rng) if rng.random() < 0.25 else image
        if factor != 1.0:
            image = scaled(image, rng, factor)
        image = _stored(_recoloured(image, rng), rng)
        left = int(rng.integers(0, image.width - side + 1))
        top = int(rng.integers(0, image.height - side + 1))
        image = cut(image, side, left, top)
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image

    def test(self, picture: Picture, condition: str, seed: int) -> Image.Image:
        """Return the middle of a picture as `condition` leaves it."""
        before, rng = draws(picture, condition, seed)
        height, width = picture.pixels.shape[:2]
        left, top = (width - REGION) // 2 // 8 * 8, (height - REGION) // 2 // 8 * 8
        return CONDITIONS[condition](self.begun(picture, before, (left, top, REGION)), rng)


def _stored(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    way = rng.random()
    if way < 0.2:
        return image
    if way < 0.3:
        return webp(image, int(rng.integers(50, 98)))
    image = jpeg(image, rng, int(rng.integers(40, 99)))
    if way < 0.45:
        image = cut(image, max(image.size), int(rng.integers(0, 5)), int(rng.integers(0, 5)))
        image = jpeg(image, rng, int(rng.integers(60, 97)))
    return image


def _retouched(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    way = int(rng.integers(5))
    if way == 0:
        return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2))))
    if way == 1:
        return image.filter(ImageFilter.UnsharpMask(1.5, int(rng.integers(30, 150)), 2))
    if way == 2:
        return ImageEnhance.Contrast(image).enhance(float(rng.uniform(0.7, 1.4)))
    if way == 3:
        return ImageEnhance.Color(image).enhance(float(rng.uniform(0.3, 1.6)))
    noise = rng.normal(0, rng.uniform(1, 6), (*image.size[::-1], 3))
    noisy = np.asarray(image, np.float32) + noise.astype(np.float32)
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


def _recoloured(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return it in other colours or none now and then: colours are content, not traces."""
    way = rng.random()
    if way < 0.08:
        return image.convert("L").convert("RGB")
    if way < 0.25:
        gains = rng.uniform(0.75, 1.25, 3).astype(np.float32)
        values = np.asarray(image, np.float32) * gains + np.float32(rng.uniform(-15, 15))
        return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    return image


def _native(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return image


def _webp(image: Image.Image, _: np.random.Generator) -> Image.Image:
    return webp(image, 80)


def _forum(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = scaled(image, rng, float(rng.uniform(0.7, 0.95)))
    return jpeg(image, rng, int(rng.integers(88, 97)))


def _screenshot(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A browser shows it reduced; the screenshot is cut by hand and sent on."""
    image = scaled(image, rng, float(rng.uniform(0.6, 0.9)))
    image = cut(image, max(image.size), int(rng.integers(8)), int(rng.integers(8)))
    return jpeg(image, rng, 85)


def _chained(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    for factor, quality in ((0.85, 80), (0.85, 75)):
        image = jpeg(scaled(image, rng, factor), rng, quality)
    return image


def _content(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The control: nothing but content is left."""
    small = image.resize((CONTENT, CONTENT), Image.Resampling.BOX)
    return jpeg(small.resize(image.size, Image.Resampling.BICUBIC), rng, 92)


CONDITIONS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "native": _native,
    "forum": _forum,
    "jpeg-90": lambda image, rng: jpeg(image, rng, 90),
    "jpeg-75": lambda image, rng: jpeg(image, rng, 75),
    "jpeg-60": lambda image, rng: jpeg(image, rng, 60),
    "three-quarters": lambda image, rng: jpeg(scaled(image, rng, 0.75), rng, 92),
    "half": lambda image, rng: jpeg(scaled(image, rng, 0.5), rng, 92),
    "webp": _webp,
    "screenshot": _screenshot,
    "chained": _chained,
    "content": _content,
}
"""Ways on which a picture is judged, by name; `content` is the control."""
