"""A second compression on real files: how often it is seen, and how often where there was none.

The thresholds were chosen with about a third of these pictures and all camera originals in view.
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from functools import cache
from itertools import cycle, product
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageEnhance, ImageFilter, JpegPresets

from tamis.examinations.provenance.jpeg.examination import JpegStructure
from tamis.examinations.provenance.jpeg.recompression import FREQUENCIES
from tamis.media.containers.jpeg_structure import read_structure
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

QUALITIES = (50, 60, 70, 75, 80, 85, 90, 95)
ONCE = (50, 60, 65, 70, 75, 80, 85, 88, 90, 92, 94, 95, 96, 98, 100)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def seen(data: bytes):
    """What is observed of an earlier compression; None for nothing."""
    media = decode(data, sniff(data[:65536]), max_pixels=1 << 28)
    found = {item.name: item.value for item in JpegStructure().examine(media)}
    return found.get("jpeg.second_compression")


def saved(picture: Image.Image, how: int | list[list[int]], **options: object) -> bytes:
    buffer = io.BytesIO()
    steps = {"quality": how} if isinstance(how, int) else {"qtables": how}
    picture.save(buffer, "JPEG", **steps, **options)
    return buffer.getvalue()


def again(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB")


def some(folder: Path, by: str, most: int, wanted: dict[str, str]) -> list[Path]:
    """Files drawn at random, at most so many of each source or generator."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    listed = [row for row in rows(folder) if wanted.items() <= row.items()]
    for row in random.Random(20).sample(listed, len(listed)):
        group = row["path"].partition("/")[0] if by == "source" else row[by]
        if len(found[group]) < most:
            found[group].append(folder / row["path"])
    return [path for group in sorted(found) for path in found[group]]


@cache
def pictures(corpus: Path) -> list[Image.Image]:
    """Pictures that were never compressed on their grid, most of 0.06 to 0.4 megapixels.

    Photographs and drawings reduced, and lossless pictures of image generators.
    """
    found = []
    how = cycle(
        product((0.45, 0.5, 0.6, 0.7), (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS))
    )
    for path in some(corpus / "real", "source", 10, {}):
        with Image.open(path) as picture:
            factor, kernel = next(how)
            factor = min(factor, 800 / max(picture.size))
            if min(picture.size) * factor >= 180:
                size = (round(picture.width * factor), round(picture.height * factor))
                found.append(picture.convert("RGB").resize(size, kernel))
    for path in some(
        corpus / "ai", "generator", 3, {"processing": "native", "original_format": "PNG"}
    ):
        with Image.open(path) as picture:
            box = (0, 0, min(picture.width, 512), min(picture.height, 512))
            found.append(picture.convert("RGB").crop(box))
    return found


@cache
def twice(corpus: Path) -> dict[tuple[int, int], list[dict[str, object] | None]]:
    """What is seen of a sample saved with each pair of qualities."""
    sample = pictures(corpus)[::7]
    firsts = {
        quality: [again(saved(picture, quality)) for picture in sample] for quality in QUALITIES
    }
    return {
        (earlier, later): [seen(saved(picture, later)) for picture in firsts[earlier]]
        for earlier, later in product(QUALITIES, QUALITIES)
    }


def rate(found: list[dict[str, object] | None]) -> float:
    return sum(value is not None for value in found) / len(found)


def originals(corpus: Path) -> list[bytes]:
    return [
        (corpus / "real" / row["path"]).read_bytes()
        for row in rows(corpus / "real")
        if row["kind"] == "camera-original"
    ]


def test_pictures_saved_once(corpus):
    shown = pictures(corpus)
    wrong = [
        (number, quality, sampling)
        for number, picture in enumerate(shown)
        for quality in ONCE
        for sampling in ("4:4:4", "4:2:0")
        if seen(saved(picture, quality, subsampling=sampling))
    ]
    assert len(shown) == 244
    assert wrong == []


def test_originals_of_cameras(corpus):
    found = list(map(seen, originals(corpus)))
    assert len(found) == 288
    assert not any(found)


def test_pictures_saved_twice(corpus):
    groups: defaultdict[str, list[dict[str, object] | None]] = defaultdict(list)
    for (earlier, later), values in twice(corpus).items():
        if earlier == later:
            name = "same"
        elif earlier < later:
            name = "finer later"
        else:
            name = "coarser by 10" if earlier - later <= 10 else "coarser by more"
        groups[name] += values
    assert {name: (len(values), round(rate(values), 2)) for name, values in groups.items()} == {
        "same": (280, 0.0),
        "finer later": (980, 0.96),
        "coarser by 10": (385, 0.52),
        "coarser by more": (595, 0.21),
    }


def test_the_earlier_quality(corpus):
    """Before a finer compression; as far as it is seen at all."""
    off = [
        abs(value.get("earlier_quality", 0) - earlier)
        for (earlier, later), values in twice(corpus).items()
        for value in values
        if earlier < later and value
    ]
    assert round(sum(by <= 2 for by in off) / len(off), 3) == 0.998
    assert round(sum(by == 0 for by in off) / len(off), 2) == 0.6


def test_tables_of_photoshop(corpus):
    """Presets of Photoshop first; where no IJG quality fits, the steps are given."""
    sample = pictures(corpus)[::14]
    values, right = [], []
    for name, later in product(("low", "medium", "high", "maximum"), (90, 95)):
        tables = [list(table) for table in JpegPresets.presets[name]["quantization"]]
        for picture in sample:
            value = seen(saved(again(saved(picture, tables)), later))
            values.append(value)
            if value and "earlier_steps" in value:
                steps = zip(value["earlier_steps"], FREQUENCIES, strict=True)
                right += [step == tables[0][place] for step, place in steps]
    assert (len(values), round(rate(values), 2)) == (144, 0.99)
    assert (len(right), sum(right)) == (963, 957)


def test_copies_of_camera_files(corpus):
    """Copies saved by Pillow, by whether the steps of the camera were above 1.5 in the mean."""
    found: defaultdict[tuple[bool, int], list[dict[str, object] | None]] = defaultdict(list)
    for data in originals(corpus):
        steps = read_structure(data).used_tables[0].steps
        coarse = sum(steps[place] for place in FREQUENCIES) > 1.5 * len(FREQUENCIES)
        for later in (75, 85, 90, 95):
            found[coarse, later].append(seen(saved(again(data), later)))
    assert {key: (len(values), round(rate(values), 2)) for key, values in found.items()} == {
        (True, 75): (158, 0.31),
        (True, 85): (158, 0.42),
        (True, 90): (158, 0.89),
        (True, 95): (158, 0.96),
        (False, 75): (130, 0.01),
        (False, 85): (130, 0.0),
        (False, 90): (130, 0.02),
        (False, 95): (130, 0.02),
    }


def test_large_pictures(corpus):
    """Seen by the eighth at their top alone."""
    large = []
    for row in rows(corpus / "real"):
        with Image.open(corpus / "real" / row["path"]) as picture:
            if min(picture.size) >= 1100:
                size = (picture.width * 9 // 16, picture.height * 9 // 16)
                large.append(picture.convert("RGB").resize(size))
    once = [seen(saved(picture, quality)) for picture in large for quality in (75, 85, 90, 95)]
    both = [
        seen(saved(again(saved(picture, earlier)), later))
        for earlier, later in ((60, 90), (75, 85), (75, 95), (85, 95))
        for picture in large
    ]
    assert (len(large), rate(once), round(rate(both), 2)) == (22, 0, 0.9)


def test_changes_in_between(corpus):
    """Saved at 60, changed, saved at 90."""
    changes = {
        "cropped on the grid": lambda picture: picture.crop((16, 8, *picture.size)),
        "brightened": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
        "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(1, 50)),
        "cropped off the grid": lambda picture: picture.crop((3, 5, *picture.size)),
        "resized": lambda picture: picture.resize([side * 9 // 10 for side in picture.size]),
    }
    firsts = [again(saved(picture, 60)) for picture in pictures(corpus)[::7]]
    assert {
        name: round(rate([seen(saved(change(first), 90)) for first in firsts]), 2)
        for name, change in changes.items()
    } == {
        "cropped on the grid": 0.97,
        "brightened": 0.97,
        "sharpened": 0.89,
        "cropped off the grid": 0.0,
        "resized": 0.0,
    }
