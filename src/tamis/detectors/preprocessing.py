"""How a picture becomes the input of a model, to the bit as Pillow and numpy make it.

A detector is only as good as this: a resampler that differs in the last bit, a centre off by one
pixel, and its scores are those of another detector. So nothing here is approximate. Resizing is
Pillow's own; the longer side after ``shorter_side`` is cut down to a whole number and the place of
the centre is rounded, halves to even, both as torchvision does; samples are divided, shifted and
scaled one after the other in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tamis.detectors import tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tamis.detectors.card import Card, Input, Resize, View

MOST_PIXELS = 64_000_000
"""Of a picture after resizing."""
LARGEST_INPUT = 2048 * 2048
"""Pixels of one input of a model."""

_KERNELS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One input of a model, and what it shows.

    Args:
        view: number of the view.
        left: of the piece, pixels of the resized picture.
        top: likewise.
        tensor: shape (1, 3, h, w) or (1, h, w, 3).
    """

    view: int
    left: int
    top: int
    tensor: NDArray[Any]


def refusal(card: Card, width: int, height: int) -> str:
    """Return why a picture of this size gets no score: ``too_small``, ``too_large``, or nothing.

    Args:
        card: of the detector.
        width: pixels, upright where the card asks for it.
        height: likewise.
    """
    if min(width, height) < card.min_side:
        return "too_small"
    for view in card.input.views:
        across, down = resized(view.resize, width, height)
        if view.size and min(across, down) < view.size and not view.optional:
            return "too_small"
        whole = across * down if view.crop == "whole" else 0
        if across * down > MOST_PIXELS or whole > LARGEST_INPUT:
            return "too_large"
    return ""


def resized(resize: Resize, width: int, height: int) -> tuple[int, int]:
    """Return width and height after resizing, pixels."""
    if resize.mode == "shorter_side" and resize.pixels:
        longer = int(resize.pixels * max(width, height) / min(width, height))
        return (resize.pixels, longer) if width <= height else (longer, resize.pixels)
    if resize.mode == "factor" and resize.factor:
        return max(1, round(width * resize.factor)), max(1, round(height * resize.factor))
    if resize.mode == "halve":
        return max(1, width // 2), max(1, height // 2)
    if resize.width and resize.height:
        return resize.width, resize.height
    return width, height


def pieces(card: Card, rgb: NDArray[np.uint8], orientation: int) -> Iterator[Piece]:
    """Yield the inputs of a model, view by view.

    Args:
        card: of the detector; `refusal` has nothing against the picture.
        rgb: stored pixels, shape (h, w, 3).
        orientation: EXIF orientation, 1 to 8.
    """
    if card.input.upright:
        rgb = upright(rgb, orientation)
    stored = _image(rgb)
    for number, view in enumerate(card.input.views):
        size = resized(view.resize, stored.width, stored.height)
        if view.size and min(size) < view.size:
            continue  # an optional one, or the picture would have been refused
        image = stored
        if view.resize.mode == "halve" and min(stored.size) > 1:
            image = stored.reduce(2, (0, 0, 2 * size[0], 2 * size[1]))
        elif size != stored.size:
            image = stored.resize(size, _KERNELS[view.resize.kernel])
        for left, top, right, bottom in _boxes(view, image):
            shown = np.asarray(image.crop((left, top, right, bottom)))
            yield Piece(number, left, top, tensor(shown, card.input))


def _image(rgb: NDArray[np.uint8]) -> Image.Image:
    """Return a Pillow image of pixels; `Image.fromarray` paints it black before, at a price."""
    image = Image.new("RGB", (rgb.shape[1], rgb.shape[0]), None)
    image.frombytes(np.ascontiguousarray(rgb).data)
    return image


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return pixels, shape (h, w, 3), turned as an EXIF orientation of 1 to 8 asks."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def stored_box(
    box: tuple[int, int, int, int], size: tuple[int, int], orientation: int
) -> tuple[int, int, int, int]:
    """Return where a part of an upright picture lies in the picture as it is stored.

    Args:
        box: left, top, width and height in the upright picture, in pixels.
        size: width and height of the upright picture.
        orientation: EXIF orientation by which it was turned, 1 to 8.
    """
    left, top, width, height = box
    if orientation in (2, 3, 6, 7):
        left = size[0] - left - width
    if orientation in (3, 4, 7, 8):
        top = size[1] - top - height
    return (top, left, height, width) if orientation >= 5 else (left, top, width, height)


def tensor(pixels: NDArray[np.uint8], given: Input) -> NDArray[Any]:
    """Return the input made of one piece.

    Args:
        pixels: red, green, blue, shape (h, w, 3).
        given: layout, type, order of colours and normalisation.

    Returns:
        shape (1, 3, h, w) or (1, h, w, 3), contiguous.
    """
    if given.colour == "BGR":
        pixels = pixels[..., ::-1]
    samples: NDArray[Any] = pixels
    if given.normalisation is not None:
        order = slice(None, None, -1 if given.colour == "BGR" else 1)
        mean = np.array(given.normalisation.mean[order], np.float32)
        std = np.array(given.normalisation.std[order], np.float32)
        samples = pixels.astype(np.float32) / np.float32(given.normalisation.divisor)
        samples = ((samples - mean) / std).astype(given.dtype)
    if given.layout == "NCHW":
        samples = samples.transpose(2, 0, 1)
    return np.ascontiguousarray(samples[None])


def _boxes(view: View, image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Yield the pieces of a view: left, top, right, bottom."""
    if view.size is None:
        yield 0, 0, image.width, image.height
        return
    if view.count is None or view.ranking is None:
        starts = [(round((image.width - view.size) / 2), round((image.height - view.size) / 2))]
    else:
        starts = tiles.chosen(image, view.size, view.count, view.ranking)
    for left, top in starts:
        yield left, top, left + view.size, top + view.size
