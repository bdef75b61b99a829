"""The tiles a detector looked at, drawn where they lie, each with the logit it gave.

Colours go from blue (camera) over grey to orange (synthetic), which people with any of the common
colour deficiencies tell apart, and each logit is printed too. By default nothing of the picture is
drawn: whoever asks which places carried a score need not look at the content again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from tamis.detectors.tile import tile_of
from tamis.examinations.signal import lettering
from tamis.examinations.signal.views import View
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tamis.detectors.tile import Tile

    Colour = tuple[int, int, int]
    Box = tuple[int, int, int, int]

LARGEST = 512
"""Side of the picture without its legend, pixels; never more, with content or without."""
STRONGEST = 4.0
"""Logit from which the colour is full: odds of about 55."""
MOST_TILES = 64
"""Tiles that are drawn: those with the strongest logits."""

_CAMERA, _NEUTRAL, _SYNTHETIC = (33, 102, 172), (160, 160, 160), (230, 97, 1)
_BLANK = (48, 48, 48)
_DARKEST, _CONTRAST = 36, 4  # of dimmed content: level of black, and the part of contrast left
_FILL = 3  # one part in so many of a tile is its colour, the rest what lies beneath
_DASH = 4
_BAR, _AROUND = (240, 10), 6
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def tiles_of(value: object) -> list[Tile]:
    """Return the tiles in the value of an observation, the strongest logit first.

    Args:
        value: of ``network.score`` or ``detector.score``, as stored.

    Raises:
        ValueError: it names no tiles with their places, or what it names is no tile.
    """
    found = value.get("tiles") if isinstance(value, dict) else None
    if not isinstance(found, list) or not found:
        raise ValueError("the observation does not name its tiles")
    tiles = [tile_of(each) for each in found]
    return sorted(tiles, key=lambda tile: (-abs(tile.logit), tile.y, tile.x, tile.width))


def tile_overlay(
    size: tuple[int, int], tiles: Sequence[Tile], rgb: NDArray[np.uint8] | None = None
) -> View:
    """Return where tiles lie in a picture, and what each says.

    Args:
        size: width and height of the picture, stored pixels.
        tiles: the most important first.
        rgb: stored pixels, shape (height, width, 3), to be drawn small, grey and dim; None to draw
            none of the content.

    Raises:
        ValueError: there is no tile, or one reaches out of the picture.
    """
    width, height = size
    if not tiles or not all(_within(tile, width, height) for tile in tiles):
        raise ValueError("the tiles do not lie within the picture")
    factor = min(LARGEST / max(size), 1.0)
    drawn_size = max(round(width * factor), 1), max(round(height * factor), 1)
    image = Image.new("RGB", drawn_size, _BLANK) if rgb is None else _dimmed(rgb, drawn_size)
    chosen = tiles[:MOST_TILES]
    boxes = [_box(tile, factor, drawn_size) for tile in chosen]
    for tile, box in sorted(zip(chosen, boxes, strict=True), key=lambda pair: -pair[0].width):
        _draw_tile(image, tile, box)
    _draw_labels(image, chosen, boxes)
    numbers = {"tiles": len(tiles), "drawn": len(chosen), "content": int(rgb is not None)}
    return View(lettering.captioned(_with_bar(image), _legend(tiles, chosen)), numbers)


def _within(tile: Tile, width: int, height: int) -> bool:
    """Say whether a tile lies within."""
    inside = tile.x + tile.width <= width and tile.y + tile.height <= height
    return min(tile.x, tile.y) >= 0 and inside


def _dimmed(rgb: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    """Return the content in grey, reduced, dark and with a quarter of its contrast."""
    grey = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX).convert("L"))
    return Image.fromarray(_DARKEST + grey // _CONTRAST).convert("RGB")


def _box(tile: Tile, factor: float, size: tuple[int, int]) -> Box:
    """Return the corners of a tile as drawn, both within the picture."""
    left, top = (min(int(start * factor), side - 1) for start, side in _along(tile, size))
    right, bottom = (
        min(max(int((start + extent) * factor) - 1, low), side - 1)
        for (start, side), extent, low in zip(
            _along(tile, size), (tile.width, tile.height), (left, top), strict=True
        )
    )
    return left, top, right, bottom


def _along(tile: Tile, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    return (tile.x, size[0]), (tile.y, size[1])


def colour_of(logit: float) -> Colour:
    """Return the colour of a logit."""
    share = min(abs(logit) / STRONGEST, 1.0)
    end = _SYNTHETIC if logit > 0 else _CAMERA
    red, green, blue = (
        round(start + (stop - start) * share) for start, stop in zip(_NEUTRAL, end, strict=True)
    )
    return red, green, blue


def _draw_tile(image: Image.Image, tile: Tile, box: Box) -> None:
    """Fill a tile a little, and draw its border: of a reduced view dashed."""
    left, top, right, bottom = box
    colour = colour_of(tile.logit)
    within = np.asarray(image.crop((left, top, right + 1, bottom + 1))).astype(np.int32)
    filled = (within * (_FILL - 1) + np.array(colour)) // _FILL
    image.paste(Image.fromarray(filled.astype(np.uint8)), (left, top))
    draw = ImageDraw.Draw(image)
    if tile.scale == 1:
        draw.rectangle(box, outline=colour, width=2)
        return
    for start in range(left, right + 1, 2 * _DASH):
        end = min(start + _DASH - 1, right)
        draw.line((start, top, end, top), fill=colour)
        draw.line((start, bottom, end, bottom), fill=colour)
    for start in range(top, bottom + 1, 2 * _DASH):
        end = min(start + _DASH - 1, bottom)
        draw.line((left, start, left, end), fill=colour)
        draw.line((right, start, right, end), fill=colour)


def _with_bar(image: Image.Image) -> NDArray[np.uint8]:
    """Return the picture above a bar of the colours, from the logit of camera to the other."""
    steps = np.linspace(-STRONGEST, STRONGEST, _BAR[0])
    bar = np.array([[colour_of(float(step)) for step in steps]] * _BAR[1], np.uint8)
    width = max(image.width, _BAR[0] + 2 * _AROUND)
    whole = Image.new("RGB", (width, image.height + _BAR[1] + _AROUND), lettering.PAPER)
    whole.paste(image, (0, 0))
    whole.paste(Image.fromarray(bar), (_AROUND, image.height + _AROUND))
    return np.asarray(whole)


def _draw_labels(image: Image.Image, tiles: Sequence[Tile], boxes: Sequence[Box]) -> None:
    """Print each logit in its tile or beside it; where there is no room, the legend has it."""
    draw = ImageDraw.Draw(image)
    taken: list[Box] = []
    for tile, box in zip(tiles, boxes, strict=True):
        text = f"{tile.logit:+.1f}"
        wide, high = lettering.extent(text)
        for left, top in _places(box, wide, high):
            label = (left - 1, top, left + wide, top + high)
            free = not any(_overlap(label, other) for other in taken)
            if (
                free
                and left > 0
                and top >= 0
                and label[2] < image.width
                and label[3] < image.height
            ):
                draw.rectangle(label, fill=_BLACK)
                lettering.write(draw, (left, top), text, _WHITE)
                taken.append(label)
                break


def _places(box: Box, wide: int, high: int) -> list[tuple[int, int]]:
    """Return where a label may stand: in the middle of its tile, in its corners, beside it."""
    left, top, right, bottom = box
    middle, half = (left + right - wide) // 2, (top + bottom - high) // 2
    within = [(left + 4, top + 3), (right - wide - 3, bottom - high - 3)]
    beside = [(middle, bottom + 2), (middle, top - high - 2), (right + 3, half)]
    roomy = right - left > wide + 8 and bottom - top > high + 8
    return [(middle, half), *(within if roomy else []), *beside, (left - wide - 3, half)]


def _overlap(one: Box, other: Box) -> bool:
    across = one[0] <= other[2] and other[0] <= one[2]
    return across and one[1] <= other[3] and other[1] <= one[3]


def _legend(tiles: Sequence[Tile], chosen: Sequence[Tile]) -> list[str]:
    bound = f"{STRONGEST:.0f}"
    lines = [
        _("blue -{bound}: camera; orange +{bound}: synthetic", bound=bound),
        _("dashed: looked at after resizing"),
    ]
    for tile in chosen:
        place = f"{tile.logit:+.2f}  x {tile.x}  y {tile.y}  {tile.width} x {tile.height}"
        lines.append(place if tile.scale == 1 else f"{place}  ({tile.scale:g})")
    if len(tiles) > len(chosen):
        lines.append(_("and {number} more", number=len(tiles) - len(chosen)))
    return lines
