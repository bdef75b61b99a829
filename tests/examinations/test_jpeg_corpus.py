"""JPEG structure on real files: how often it is right, and that it never calls a copy untouched.

No file is measured with signatures it was counted for: those of one half of each camera's files, or
of all other cameras, are used. The counts are those of ``bench/count_signatures.py``.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import random
import sys
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from examined import content
from PIL import Image

from conftest import ROOT
from tamis.errors import DecodeError
from tamis.examinations.provenance.jpeg import thumbnail
from tamis.examinations.provenance.jpeg.examination import JpegStructure
from tamis.examinations.provenance.jpeg.signatures import parse
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

PACKAGE = ROOT / "src" / "tamis" / "examinations" / "provenance" / "jpeg"
PROGRAMS = (PACKAGE / "programs.toml").read_text("utf-8")


def load_script():
    path = ROOT / "bench" / "count_signatures.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


counting = load_script()


@pytest.fixture(scope="module")
def photographs(corpus):
    return counting.photographs(corpus / "real")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def examined(data: bytes, signatures=None) -> dict[str, object]:
    found = sniff(data[:65536])
    try:
        media = decode(data, found, max_pixels=1 << 28)
    except DecodeError:
        media = content(data)
    return {item.name: item.value for item in JpegStructure(signatures).examine(media)}


def finding(data: bytes, signatures=None) -> str:
    conclusion = examined(data, signatures).get("jpeg.conclusion", {"finding": "none"})
    return conclusion["finding"]


def halves(photographs):
    """The files of each camera, dealt out one by one."""
    cameras: dict[tuple[str, str], list[object]] = {}
    for photograph in photographs:
        cameras.setdefault((photograph.make, photograph.model), []).append(photograph)
    return [
        [photograph for files in cameras.values() for photograph in files[start::2]]
        for start in (0, 1)
    ]


def test_the_counts_are_those_of_the_script(photographs):
    text = (PACKAGE / "cameras.toml").read_text("utf-8")
    assert text.endswith(counting.as_toml(photographs))
    assert len(photographs) == 286
    assert sum(bool(photograph.layout) for photograph in photographs) == 57


def test_halves_of_the_files_of_each_camera(photographs):
    """57 photographs as the camera wrote them, judged by the other half: 26 untouched, 0 resaved.

    20 of the 26 are of one camera, the PowerShot A10: most models have one file only. Of 206 files
    of models that the other half holds too, 183 have tables that were counted for that model.
    """
    first, second = halves(photographs)
    findings: Counter[str] = Counter()
    cropped: Counter[str] = Counter()
    known = judged = 0
    for counted, tested in ((first, second), (second, first)):
        signatures = parse(counting.as_toml(counted), PROGRAMS)
        models = {(photograph.make, photograph.model) for photograph in counted}
        for photograph in tested:
            group = findings if photograph.layout else cropped
            group[finding(photograph.path.read_bytes(), signatures)] += 1
            if (photograph.make, photograph.model) in models:
                judged += 1
                known += bool(
                    signatures.files_of_model(
                        photograph.make,
                        photograph.model,
                        photograph.tables,
                        photograph.sampling,
                    )
                )
    assert findings["resaved"] == 0
    assert (findings["untouched_camera"], findings["nothing"]) == (26, 31)
    # A program wrote these again, without compressing them: none may pass for untouched.
    assert cropped["untouched_camera"] == 0
    assert (cropped["resaved"], cropped["nothing"]) == (193, 36)
    assert (known, judged) == (183, 206)


def test_cameras_whose_own_files_were_not_counted(photographs):
    """Without the files of the model itself: 31 untouched, 20 of them of one camera; 0 resaved."""
    findings: Counter[str] = Counter()
    for model in {(photograph.make, photograph.model) for photograph in photographs}:
        others = [other for other in photographs if (other.make, other.model) != model]
        own = [
            photograph
            for photograph in photographs
            if (photograph.make, photograph.model) == model and photograph.layout
        ]
        if own:
            signatures = parse(counting.as_toml(others), PROGRAMS)
            findings.update(finding(one.path.read_bytes(), signatures) for one in own)
    assert findings == {"untouched_camera": 31, "nothing": 26}


def test_photographs_by_their_history(corpus):
    """With the signatures that come with Tamis, counted from the first two of these groups.

    The one original that is called resaved names FinePix Viewer as its software.
    """
    findings: dict[str, Counter[str]] = {}
    for row in rows(corpus / "real"):
        kind = row["kind"] + (", cropped" if row["lossless_crop"] else "")
        data = (corpus / "real" / row["path"]).read_bytes()
        findings.setdefault(kind, Counter())[finding(data)] += 1
    assert findings == {
        "camera-original": {"untouched_camera": 50, "nothing": 7, "resaved": 1},
        "camera-original, cropped": {"resaved": 224, "nothing": 6},
        "camera-resized": {"resaved": 28, "nothing": 5},
        "camera-resized, cropped": {"resaved": 27, "nothing": 13},
        "web": {"nothing": 182, "resaved": 51},
        "web, cropped": {"nothing": 62, "resaved": 35},
    }


def test_no_generated_picture_is_an_untouched_photograph(corpus):
    findings = Counter(
        finding((corpus / "ai" / row["path"]).read_bytes()) for row in rows(corpus / "ai")
    )
    assert findings == {"nothing": 142, "resaved": 7, "none": 349}  # none: no JPEG files


@pytest.mark.parametrize(
    ("options", "resaved"),
    [
        ({"quality": 75}, 219),
        ({"quality": 95}, 239),
        ({"quality": "keep"}, 197),
        ({"quality": 90, "optimize": True}, 234),
    ],
    ids=str,
)
def test_no_copy_with_the_exif_of_its_camera_is_untouched(photographs, options, resaved):
    findings: Counter[str] = Counter()
    for photograph in photographs:
        with warnings.catch_warnings(), Image.open(photograph.path, formats=["JPEG"]) as picture:
            warnings.simplefilter("ignore")
            picture.format = "JPEG"  # not MPO, which holds several
            copy = io.BytesIO()
            picture.save(copy, "JPEG", exif=picture.info.get("exif", b""), **options)
        media = content(copy.getvalue())
        observed = {item.name: item.value for item in JpegStructure().examine(media)}
        findings[observed["jpeg.conclusion"]["finding"]] += 1
    assert findings == {"resaved": resaved, "nothing": 286 - resaved}


def thumbnails(corpus):
    """Media with their thumbnail and source, of pictures that were not cropped since."""
    found = []
    for row in rows(corpus / "real"):
        data = (corpus / "real" / row["path"]).read_bytes()
        small = thumbnail.find(read_metadata(content(data)))
        if small is not None and row["kind"] != "web" and not row["lossless_crop"]:
            media = decode(data, sniff(data[:65536]), max_pixels=1 << 28)
            found.append((media, small, row["path"].partition("/")[0]))
    return found


def test_thumbnails(corpus):
    """Of 83 own thumbnails none is called a mismatch, of 1486 foreign ones none passes.

    The least correlation of the first is 0.94, the greatest of the second 0.73.
    """
    found = thumbnails(corpus)
    own = [thumbnail.compare(media, small) for media, small, _ in found]
    matching = [comparison.correlation for comparison in own if comparison is not None]
    rng = random.Random(1)
    foreign = []
    for _ in range(2000):
        (media, _, here), (_, small, there) = rng.sample(found, 2)
        if here != there:  # within a source many show the same chart
            comparison = thumbnail.compare(media, small)
            if comparison is not None:
                foreign.append(comparison.correlation)
    assert len(matching) == 83
    assert min(matching) > 0.94
    assert len(foreign) > 1400
    assert max(foreign) < 0.74
    assert max(foreign) < thumbnail.LEAST_CORRELATION < min(matching)
