"""Test data for local evidence: photographs in which a region was replaced, and untouched ones.

All is made from the corpus of benign pictures at the time it is measured; nothing is kept. A
region is an ellipse with a soft edge of 4 to 25 % of the picture. It is replaced by a part of a
generated picture (`pasted`), by what an autoencoder makes of the same place (`decoded`, see
`autoencoder.py`), by the place made smaller and larger again (`softened`) or by the place without
its noise (`denoised`).
"""

from __future__ import annotations

import csv
import io
import os
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
SAVES = ("png", "95", "90", "75", "85 then 95")
"""How a picture is saved: without loss, as JPEG of a quality, or twice."""
FEATHER = 5
LEAST_SIDE, MOST_SIDE = 240, 640
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Host:
    """A photograph, its source, and what the autoencoder made of its middle."""

    source: str
    path: Path
    decoded: Path | None

    def picture(self) -> Image.Image:
        """Open it; of a large one the middle, on the grid of 16 pixels."""
        picture = Image.open(self.path)
        left, top = (max(0, side - MOST_SIDE) // 32 * 16 for side in picture.size)
        right, bottom = (
            min(start + MOST_SIDE, side)
            for start, side in zip((left, top), picture.size, strict=True)
        )
        return picture.convert("RGB").crop((left, top, right, bottom))


@cache
def rows(folder: str) -> list[dict[str, str]]:
    with (CORPUS / folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def hosts(most: int, decoded: Path | None = None) -> list[Host]:
    """Photographs in the order of `autoencoder.py`, at most so many of a source."""
    listed = list(rows("real"))
    random.Random(3).shuffle(listed)
    count: dict[str, int] = {}
    found = []
    for row in listed:
        source = row["path"].partition("/")[0]
        count[source] = count.get(source, 0) + 1
        path = CORPUS / "real" / row["path"]
        if count[source] > most or min(Image.open(path).size) < LEAST_SIDE:
            continue
        made = decoded / f"{row['path'].replace('/', '__')}.png" if decoded else None
        found.append(Host(source, path, made if made and made.exists() else None))
    return found


@cache
def generated() -> list[Image.Image]:
    return [
        Image.open(CORPUS / "ai" / row["path"]).convert("RGB")
        for row in rows("ai")
        if row["processing"] == "native" and row["original_format"] == "PNG"
    ]


def saved(picture: Image.Image, how: str) -> bytes:
    buffer = io.BytesIO()
    first, _, then = how.partition(" then ")
    if how == "png":
        picture.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
    picture.save(buffer, "JPEG", quality=int(first))
    return saved(Image.open(buffer), then) if then else buffer.getvalue()


def drawn_box(chance: random.Random, size: tuple[int, int], within: Box) -> Box:
    """A box of 5 to 32 % of a picture, of which an ellipse takes 4 to 25 %, within another."""
    left, top, right, bottom = within
    area = chance.uniform(0.05, 0.32) * size[0] * size[1]
    shape = chance.uniform(0.7, 1.4)
    width = min(round((area * shape) ** 0.5), right - left)
    height = min(round((area / shape) ** 0.5), bottom - top)
    x, y = chance.randint(left, right - width), chance.randint(top, bottom - height)
    return x, y, x + width, y + height


def soft_mask(size: tuple[int, int], box: Box) -> Image.Image:
    mask = Image.new("L", size)
    left, top, right, bottom = box
    inner = (left + FEATHER, top + FEATHER, right - FEATHER, bottom - FEATHER)
    ImageDraw.Draw(mask).ellipse(inner, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(FEATHER / 2))


def middle_of(picture: Image.Image, made: Image.Image) -> Box:
    """Where the autoencoder's part lies in its photograph; see `autoencoder.middle`."""
    left, top = ((a - b) // 16 * 8 for a, b in zip(picture.size, made.size, strict=True))
    return left, top, left + made.width, top + made.height


def hybrid(host: Host, kind: str, seed: int) -> tuple[Image.Image, Box] | None:
    """The picture with a region replaced, and the box of the region; None where it cannot be."""
    chance = random.Random(f"{host.path.name} {kind} {seed}")
    picture = host.picture()
    within = (0, 0, *picture.size)
    if kind == "decoded":
        if host.decoded is None:
            return None
        made = Image.open(host.decoded)
        within = middle_of(picture, made)
    elif kind == "pasted":
        other = chance.choice(generated())
        within = (0, 0, picture.width, picture.height)
    box = drawn_box(chance, picture.size, within)
    other_picture = picture.copy()
    if kind == "decoded":
        other_picture.paste(made, within[:2])
    elif kind == "pasted":
        other_picture.paste(_part(other, box, chance), box[:2])
    elif kind == "softened":
        small = picture.resize([round(side * 0.6) for side in picture.size], Image.LANCZOS)
        other_picture = small.resize(picture.size, Image.BICUBIC)
    else:
        other_picture = picture.filter(ImageFilter.MedianFilter(3))
    picture.paste(other_picture, (0, 0), soft_mask(picture.size, box))
    return picture, box


def _part(other: Image.Image, box: Box, chance: random.Random) -> Image.Image:
    """A part of a generated picture as large as a box; enlarged only where it is too small."""
    width, height = box[2] - box[0], box[3] - box[1]
    factor = max(1.0, width / other.width, height / other.height)
    if factor > 1:
        other = other.resize([int(side * factor) + 1 for side in other.size], Image.BICUBIC)
    left, top = chance.randint(0, other.width - width), chance.randint(0, other.height - height)
    return other.crop((left, top, left + width, top + height))


def control(host: Host, kind: str) -> Image.Image:
    """An unaltered photograph, or one edited as people do without harm."""
    chance = random.Random(f"{host.path.name} {kind}")
    picture = host.picture()
    if kind == "cropped":
        return picture.crop((3, 5, *picture.size))
    if kind == "resized":
        return picture.resize([round(side * 0.7) for side in picture.size], Image.LANCZOS)
    if kind == "overexposed":
        return picture.point([min(255, round(level * 1.5)) for level in range(256)] * 3)
    if kind == "text":
        return _with_text(picture)
    if kind == "border":
        frame = Image.new("RGB", (picture.width + 48, picture.height + 48), (250, 250, 250))
        frame.paste(picture, (24, 24))
        return frame
    if kind in ("portrait in camera", "portrait later"):
        return _with_soft_background(picture, chance, in_camera=kind.endswith("camera"))
    return picture


def _with_text(picture: Image.Image) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    size = picture.height // 16
    place = (picture.width // 20, picture.height - 2 * size)
    draw.text(place, "Sunday at the lake", fill=(255, 255, 255), font_size=size)
    return picture


def _with_soft_background(
    picture: Image.Image, chance: random.Random, *, in_camera: bool
) -> Image.Image:
    """All but an ellipse out of focus, as phones do: before the camera's own JPEG, or after it."""
    if in_camera:
        picture = picture.resize([round(side * 0.75) for side in picture.size], Image.LANCZOS)
    sharp = soft_mask(picture.size, drawn_box(chance, picture.size, (0, 0, *picture.size)))
    soft = picture.filter(ImageFilter.GaussianBlur(2.5))
    soft.paste(picture, (0, 0), sharp)
    return Image.open(io.BytesIO(saved(soft, "93"))).convert("RGB") if in_camera else soft
