"""The lattice of demosaicing in real files: how often in camera files, and how often elsewhere.

The threshold was chosen with these pictures in view. `bench/traces.py` measures more of them, and
the areas under the curve.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from examined import examine
from PIL import Image

from tamis.examinations.signal.traces import CameraTraces
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

LARGE = 1_000_000
KERNELS = (Image.NEAREST, Image.BILINEAR, Image.BICUBIC, Image.LANCZOS)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def originals(corpus: Path, *, large: bool) -> list[bytes]:
    """Camera files, by the megapixels of the frame before it was cut."""
    return [
        (corpus / "real" / row["path"]).read_bytes()
        for row in rows(corpus / "real")
        if row["kind"] == "camera-original"
        and (int(row["width"]) * int(row["height"]) > LARGE) == large
    ]


def generated(corpus: Path) -> list[bytes]:
    """Pictures of generators that were never compressed with loss."""
    return [
        (corpus / "ai" / row["path"]).read_bytes()
        for row in rows(corpus / "ai")
        if row["processing"] == "native" and row["original_format"] == "PNG"
    ]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def with_tables(image: Image.Image, tables: dict[int, list[int]]) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", qtables=tables)
    return buffer.getvalue()


def findings(files: list[bytes]) -> tuple[Counter[str], Counter[int]]:
    """How often each finding, without those that are not applicable; and the phase of lattices."""
    found, phases = Counter(), Counter()
    for data in files:
        (item,) = CameraTraces().examine(decode(data, sniff(data[:65536]), max_pixels=1 << 28))
        found[item.value.get("reason", item.value["finding"])] += 1
        if item.value["finding"] == "lattice":
            phases[item.value["phase"]] += 1
    return found, phases


def test_camera_originals(corpus):
    found, phases = findings(originals(corpus, large=True))
    assert found == {"lattice": 113, "none": 73, "other_lattice": 14, "quality": 41}
    assert phases == {0: 67, 1: 46}


def test_originals_that_the_camera_made_small(corpus):
    found, _ = findings(originals(corpus, large=False))
    assert found["lattice"] == found["other_lattice"] == 0
    assert found["none"] == 32


def test_originals_resized(corpus):
    smaller = []
    for data in originals(corpus, large=True):
        image = opened(data)
        size = [side * 7 // 10 for side in image.size]
        smaller.append(with_tables(image.resize(size, Image.LANCZOS), image.quantization))
    found, _ = findings(smaller)
    assert found["lattice"] == found["other_lattice"] == 0
    assert found["none"] > 180


def test_pictures_of_generators(corpus):
    found, phases = findings(generated(corpus))
    assert found == {"lattice": 7, "none": 293, "other_lattice": 4, "texture": 1}
    assert phases == {0: 7}


def test_pictures_of_generators_with_the_tables_of_cameras(corpus):
    cameras = [opened(data).quantization for data in originals(corpus, large=True)]
    files = [
        with_tables(opened(data), cameras[number % len(cameras)])
        for number, data in enumerate(generated(corpus))
    ]
    found, phases = findings(files)
    assert sum(found.values()) == 305
    assert found["lattice"] <= 3
    assert phases[1] == 0


def test_enlarged_photographs(corpus):
    """Halved first, so that nothing of the camera's own lattice is left."""
    files = []
    for data in originals(corpus, large=True)[::4]:
        image = opened(data).convert("RGB")
        half = image.resize((image.width // 2, image.height // 2), Image.LANCZOS)
        size = (half.width * 2, half.height * 2)
        files += [saved_png(half.resize(size, kernel)) for kernel in KERNELS]
    found, _ = findings(files)
    assert found["lattice"] == 0
    assert found["other_lattice"] > 10


def saved_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def test_hostile_files_raise_nothing(corpus):
    for path in sorted((corpus / "fuzz").rglob("*")):
        if path.is_file():
            examine(CameraTraces(), path.read_bytes())
