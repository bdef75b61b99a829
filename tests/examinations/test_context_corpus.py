"""The context of real files: how often each finding is made, and how often where it is wrong.

The thresholds were chosen with part of these pictures in view.
"""

from __future__ import annotations

import csv
import io
import random
from collections import Counter, defaultdict
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from graphics import KINDS
from PIL import Image

from tamis.examinations.signal.context import Context
from tamis.examinations.signal.kind import Kind, kind_of, measure
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

KERNELS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def examined(data: bytes) -> dict[str, object]:
    media = decode(data, sniff(data[:65536]), max_pixels=1 << 28)
    return {item.name: item.value for item in Context().examine(media)}


def saved(picture: Image.Image, quality: int | None = None) -> bytes:
    """A picture as a JPEG file, or without loss."""
    buffer = io.BytesIO()
    if quality is None:
        picture.save(buffer, "BMP")
    else:
        picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def again(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(saved(picture, quality)), formats=["JPEG"]).convert("RGB")


@cache
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def observed(folder: Path) -> list[tuple[dict[str, str], dict[str, object]]]:
    return [(row, examined((folder / row["path"]).read_bytes())) for row in rows(folder)]


def some(folder: Path, most: int) -> list[Path]:
    """Files drawn at random, at most so many of each source."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    listed = rows(folder)
    for row in random.Random(20).sample(listed, len(listed)):
        source = found[row["path"].partition("/")[0]]
        if len(source) < most:
            source.append(folder / row["path"])
    return [path for source in sorted(found) for path in found[source]]


@cache
def reduced(corpus: Path) -> list[Image.Image]:
    """Photographs reduced far enough that nothing is left of blocks and colour filter."""
    found = []
    source = random.Random(21)
    for path in some(corpus / "real", 8):
        with Image.open(path) as picture:
            factor = source.uniform(0.4, 0.7)
            size = (round(picture.width * factor), round(picture.height * factor))
            if min(size) >= 180:
                kernel = source.choice(list(KERNELS.values()))
                found.append(picture.convert("RGB").resize(size, kernel))
    return found


def is_native(row: dict[str, str]) -> bool:
    return row["processing"] == "native" and row["original_format"] == "PNG"


def cut(picture: Image.Image, side: int) -> Image.Image:
    box = (0, 0, min(picture.width, side), min(picture.height, side))
    return picture.convert("RGB").crop(box)


@cache
def generated(corpus: Path) -> list[Image.Image]:
    """Pictures of generators, as they wrote them without loss, one of each source."""
    native = {corpus / "ai" / row["path"] for row in rows(corpus / "ai") if is_native(row)}
    found = []
    for path in some(corpus / "ai", 1):
        if path in native:
            with Image.open(path) as picture:
                found.append(cut(picture, 512))
    return found


def count(found, name: str) -> tuple[int, int]:
    """How many of how many have an observation."""
    values = list(found)
    return sum(name in value for value in values), len(values)


def test_kinds(corpus):
    kinds = {
        folder: Counter(value["context.kind"] for _, value in observed(corpus / folder))
        for folder in ("real", "ai")
    }
    assert kinds == {
        "real": {"photographic": 627, "flat": 60, "over_exposed": 4},
        "ai": {"photographic": 495, "over_exposed": 3},
    }
    flat = {
        row["path"] for row, value in observed(corpus / "real") if value["context.kind"] == "flat"
    }
    fields = {
        row["path"]
        for row in rows(corpus / "real")
        if "/ff-jpg" in row["path"] or "__ff-jpg__" in row["path"]
    }
    assert flat == fields
    reasons = Counter(
        reason
        for folder in ("real", "ai")
        for _, value in observed(corpus / folder)
        for reason in value["context.applicable"].get("reasons", ())
    )
    assert reasons == {"flat": 60}


def test_no_graphic_by_the_top_of_a_picture(corpus):
    """As pictures decoded reduced are judged; a sky with a branch comes nearest to a drawing."""
    wrong = 0
    for folder in ("real", "ai"):
        for row in rows(corpus / folder):
            with Image.open(corpus / folder / row["path"]) as picture:
                top = np.asarray(picture.convert("L"))[:96]
            wrong += kind_of(1000, 1000, measure(top)) is Kind.GRAPHIC
    assert wrong == 1


@pytest.mark.slow
def test_graphics():
    kinds: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for size in ((480, 360), (900, 600), (1600, 1200), (2600, 2100)):
        for (name, make), seed in product(KINDS.items(), range(10, 16)):
            picture = make(size, seed)
            for quality in (None, 95, 75, 50):
                found = examined(saved(picture, quality))
                stored = "without loss" if quality is None else "JPEG"
                kinds[name, stored][found["context.kind"]] += 1
                assert "context.jpeg_grid" not in found
    assert kinds == {
        ("page", "without loss"): {"graphic": 24},
        ("page", "JPEG"): {"graphic": 68, "photographic": 4},
        ("chart", "without loss"): {"graphic": 24},
        ("chart", "JPEG"): {"graphic": 66, "over_exposed": 6},
        ("drawing", "without loss"): {"graphic": 24},
        ("drawing", "JPEG"): {"graphic": 72},
    }


def test_no_earlier_jpeg(corpus):
    lossless = [
        (row, value)
        for row, value in observed(corpus / "ai")
        if value["context.stratum"].startswith("lossless")
    ]
    native = count((value for row, value in lossless if is_native(row)), "context.jpeg_grid")
    # these somebody may have saved again, and five of them were a JPEG in between
    others = count((value for row, value in lossless if not is_native(row)), "context.jpeg_grid")
    photographs = count(
        (examined(saved(picture)) for picture in reduced(corpus)), "context.jpeg_grid"
    )
    assert (native, others, photographs) == ((0, 305), (5, 22), (0, 159))


def test_earlier_jpeg(corpus):
    source = random.Random(22)
    pictures = reduced(corpus)[::2] + generated(corpus)
    found = {}
    for quality in (99, 98, 97, 96, 95, 90, 85, 75, 60, 40, 30):
        results: Counter[str] = Counter()
        for picture in pictures:
            x, y = source.randrange(8), source.randrange(8)
            cropped = again(picture, quality).crop((x, y, *picture.size))
            place = examined(saved(cropped)).get("context.jpeg_grid")
            results["seen"] += place is not None
            results["right"] += place == {"x": -x % 8, "y": -y % 8}
        found[quality] = (results["seen"], results["right"])
    assert len(pictures) == 134
    assert found == {
        99: (0, 0),
        98: (108, 108),
        97: (123, 123),
        96: (127, 127),
        95: (128, 128),
        90: (132, 132),
        85: (134, 133),
        75: (131, 131),
        60: (128, 127),
        40: (122, 122),
        30: (118, 116),
    }


def test_never_resized(corpus):
    real = observed(corpus / "real")
    cameras = [value for row, value in real if row["kind"] == "camera-original"]
    native = [value for row, value in observed(corpus / "ai") if is_native(row)]
    assert count(cameras, "context.resampled") == (1, 288)
    assert count(native, "context.resampled") == (0, 305)


def test_files_that_may_have_been_resized(corpus):
    real = observed(corpus / "real")
    web = [value for row, value in real if row["kind"] == "web"]
    resized = [value for row, value in real if row["kind"] == "camera-resized"]
    assert count(web, "context.resampled") == (10, 330)
    assert count(resized, "context.resampled") == (0, 73)


def shares(pictures: list[Image.Image], factors: tuple[float, ...], names) -> dict[object, float]:
    """In how many resizing is seen, by kernel and by quality of a later JPEG compression."""
    found: defaultdict[tuple[str, int | None], list[bool]] = defaultdict(list)
    for factor, picture, name in product(factors, pictures, names):
        size = (round(picture.width * factor), round(picture.height * factor))
        resized = picture.resize(size, KERNELS[name])
        for quality in (None, 90, 75):
            found[name, quality].append("context.resampled" in examined(saved(resized, quality)))
    return {key: round(sum(values) / len(values), 2) for key, values in found.items()}


@pytest.mark.slow
def test_enlarged(corpus):
    """By 1.2 to 1.7, of pictures that were never a JPEG at their size."""
    pictures = reduced(corpus)[::4]
    assert len(pictures) == 40
    assert shares(pictures, (1.2, 1.3, 1.5, 1.7), KERNELS) == {
        ("bilinear", None): 0.91,
        ("bilinear", 90): 0.74,
        ("bilinear", 75): 0.33,
        ("bicubic", None): 0.91,
        ("bicubic", 90): 0.51,
        ("bicubic", 75): 0.12,
        ("lanczos", None): 0.82,
        ("lanczos", 90): 0.16,
        ("lanczos", 75): 0.04,
    }


@pytest.mark.slow
def test_resized(corpus):
    """By each factor, bicubic: pictures that were never a JPEG at their size, and JPEG files."""
    found = {}
    files = []
    for path in some(corpus / "real", 2):
        with Image.open(path) as picture:
            files.append(cut(picture, 640))
    for factor in (0.5, 0.75, 0.9, 1.1, 1.3, 1.5, 1.7, 2.0):
        for name, pictures in (("never", reduced(corpus)[::4]), ("files", files)):
            values = shares(pictures, (factor,), ["bicubic"])
            found[factor, name] = tuple(values.values())
    assert len(files) == 42
    assert found == {
        (0.5, "never"): (0.0, 0.0, 0.0),
        (0.5, "files"): (0.0, 0.0, 0.0),
        (0.75, "never"): (0.05, 0.0, 0.0),
        (0.75, "files"): (0.5, 0.07, 0.02),
        (0.9, "never"): (0.1, 0.0, 0.0),
        (0.9, "files"): (0.76, 0.1, 0.0),
        (1.1, "never"): (0.17, 0.0, 0.0),
        (1.1, "files"): (0.79, 0.24, 0.07),
        (1.3, "never"): (0.93, 0.33, 0.03),
        (1.3, "files"): (0.98, 0.38, 0.1),
        (1.5, "never"): (0.9, 0.6, 0.15),
        (1.5, "files"): (0.98, 0.9, 0.43),
        (1.7, "never"): (0.95, 0.65, 0.23),
        (1.7, "files"): (0.95, 0.57, 0.19),
        (2.0, "never"): (0.12, 0.03, 0.0),
        (2.0, "files"): (0.43, 0.69, 0.45),
    }
