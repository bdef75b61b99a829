"""Local evidence on real photographs: regions of generated pictures put in, and nothing put in.

The thresholds were chosen with these pictures in view. `bench/local.py` measures more of them.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw, ImageFilter

from tamis.examinations.signal.local import LocalEvidence
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

SIDE = 448
BOX = (120, 136, 330, 310)
SOURCES = ("banana", "opensfm", "odm_lewis", "sceaux", "stitching", "prnu_nikon")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def photographs(corpus: Path) -> list[Image.Image]:
    """Two of each source, their top left corner."""
    found = []
    for source in SOURCES:
        paths = [row["path"] for row in rows(corpus / "real") if row["path"].startswith(source)]
        for path in paths[:2]:
            picture = opened(corpus / "real" / path)
            found.append(picture.crop((0, 0, min(SIDE, picture.width), min(SIDE, picture.height))))
    return found


def generated(corpus: Path) -> Image.Image:
    path = next(row["path"] for row in rows(corpus / "ai") if row["processing"] == "native")
    return opened(corpus / "ai" / path).resize((SIDE, SIDE))


def with_region(picture: Image.Image, other: Image.Image) -> Image.Image:
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse(BOX, fill=255)
    result = picture.copy()
    part = other.crop((0, 0, *picture.size))
    result.paste(part, (0, 0), mask.filter(ImageFilter.GaussianBlur(3)))
    return result


def stands_out(picture: Image.Image) -> bool:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    data = buffer.getvalue()
    media = decode(data, sniff(data[:65536]), max_pixels=1 << 26)
    return "local.hybrid" in {item.name for item in LocalEvidence().examine(media)}


def test_photographs_with_a_region_put_in(corpus):
    other = generated(corpus)
    found = [stands_out(with_region(picture, other)) for picture in photographs(corpus)]
    assert sum(found) >= len(found) * 0.75


def test_untouched_photographs(corpus):
    assert not any(stands_out(picture) for picture in photographs(corpus))
