"""Graphics made in code: pages of text in a window, charts and drawings."""

from __future__ import annotations

import random
from itertools import pairwise

from PIL import Image, ImageDraw

COLOURS = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40))


def _write(draw: ImageDraw.ImageDraw, source: random.Random, place, lines: int, ink) -> None:
    for number in range(lines):
        words = (
            "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9)))
            for _ in range(source.randint(4, 9))
        )
        draw.text((place[0], place[1] + 14 * number), " ".join(words), fill=ink)


def page(size: tuple[int, int], seed: int) -> Image.Image:
    """Text in columns under a title bar; every third one light on dark."""
    source = random.Random(seed)
    dark = seed % 3 == 2
    picture = Image.new("RGB", size, (20, 22, 30) if dark else (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size[0], 28), fill=(60, 90, 160))
    ink = (210, 210, 210) if dark else (20, 20, 20)
    for left in range(20, size[0] - 200, 320):
        _write(draw, source, (left, 50), size[1] // 14 - 6, ink)
    return picture


def chart(size: tuple[int, int], seed: int) -> Image.Image:
    """Bars, lines or a pie, smoothed at their edges."""
    source = random.Random(seed)
    width, height = size[0] * 2, size[1] * 2
    picture = Image.new("RGB", (width, height), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for number in range(6):
        y = height // 10 + number * height * 4 // 25
        draw.line((width // 12, y, width - 40, y), fill=(220, 220, 220), width=2)
    if seed % 3 == 0:
        count = source.randint(4, 12)
        for number in range(count):
            left = width // 12 + number * (width * 5 // 6) // count
            top = source.randint(height // 8, height * 3 // 4)
            right = left + width * 2 // 3 // count
            draw.rectangle((left, top, right, height * 9 // 10), fill=COLOURS[number % 4])
    elif seed % 3 == 1:
        for colour in COLOURS[:3]:
            y = height / 2
            points = []
            for x in range(width // 12, width - 40, 10):
                y = min(max(y + source.gauss(0, height / 80), height / 9), height * 8 / 9)
                points.append((x, y))
            for line in pairwise(points):
                draw.line(line, fill=colour, width=4)
    else:
        box = (width // 4, height // 6, width * 3 // 4, height * 5 // 6)
        for number, colour in enumerate(COLOURS):
            draw.pieslice(box, 90 * number, 90 * number + 90, fill=colour)
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    _write(ImageDraw.Draw(picture), source, (60, 6), 2, (0, 0, 0))
    return picture


def drawing(size: tuple[int, int], seed: int) -> Image.Image:
    """Overlapping discs with outlines, smoothed at their edges."""
    source = random.Random(seed)
    width, height = size[0] * 2, size[1] * 2
    picture = Image.new("RGB", (width, height), tuple(source.choices(range(150, 256), k=3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(source.randint(8, 25)):
        x, y, side = source.randrange(width), source.randrange(height), source.randint(40, 300)
        colour = tuple(source.choices(range(256), k=3))
        draw.ellipse((x, y, x + side, y + side), fill=colour, outline=(0, 0, 0), width=4)
    return picture.resize(size, Image.Resampling.LANCZOS)


KINDS = {"page": page, "chart": chart, "drawing": drawing}
