"""Watermarks and hidden texts in real files: where none may be, and where genuine ones are."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from examined import content, examine
from PIL import Image

from tamis.examinations.provenance.dwt_dct import MIN_PIXELS, Votes, read_votes
from tamis.examinations.provenance.metadata import read_metadata
from tamis.examinations.provenance.watermark import DwtDctWatermark, marks

pytestmark = pytest.mark.corpus

CUT = re.compile(r"(\d+)x(\d+)\+(\d+)\+(\d+)")
LOSSLESS = (".png", ".webp", ".bmp", ".tif", ".tiff")


def found_in(votes):
    return {mark.name for mark in marks() if mark.matched(votes) >= mark.threshold}


def lossless(corpus, folder):
    """The files of a folder that give pixels, with what they give."""
    for path in sorted((corpus / folder).rglob("*")):
        if path.suffix.lower() in LOSSLESS:
            media = content(path.read_bytes())
            if media.pixels is not None:
                yield path.relative_to(corpus / folder).as_posix(), media


def test_no_photograph_has_a_mark(corpus):
    """A sample of the 7707 pictures that bench/watermark.py looks at, with none in any either."""
    paths = [path for path in sorted((corpus / "real").rglob("*")) if path.suffix.lower() == ".jpg"]
    looked_at = 0
    for path in paths[::8]:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        whole = np.asarray(image)
        image.thumbnail((640, 640))
        for pixels in (whole, whole[8:520, 8:520], np.asarray(image)):
            if pixels.shape[0] * pixels.shape[1] >= MIN_PIXELS:
                looked_at += 1
                assert found_in(read_votes(pixels)) == set(), path.name
    assert looked_at > 120


def test_whole_files_that_carry_a_genuine_mark(corpus):
    found = {}
    for folder in ("ai", "meta", "formats"):
        for name, media in lossless(corpus, folder):
            for item in DwtDctWatermark().examine(media):
                if item.name == "watermark.mark":
                    found[name] = item.value
    assert len(found) == 3
    assert all(name.startswith("sd-1.4__edmundhong") for name in found)
    assert set(found.values()) == {"Stable Diffusion 1"}


def test_genuine_marks_of_pictures_cut_on_the_grid(corpus):
    """The cut moved the blocks; with the numbers they had before, the messages are there."""
    with (corpus / "ai" / "manifest.csv").open(encoding="utf-8") as lines:
        rows = {row["path"]: row for row in csv.DictReader(lines)}
    found = {}
    for name, media in lossless(corpus, "ai"):
        cut = CUT.fullmatch(rows[name]["lossless_crop"])
        if not cut:
            continue
        left, top = int(cut[3]) // 8, int(cut[4]) // 8
        before, now = int(rows[name]["width"]) // 8, media.pixels.shape[1] // 8
        votes = {
            route: Votes(
                each.votes, (each.numbers // now + top) * before + each.numbers % now + left
            )
            for route, each in read_votes(media.pixels).items()
        }
        for mark in found_in(votes):
            found[name] = mark
    generators = {name.partition("__")[0]: mark for name, mark in found.items()}
    assert generators == {"sd-1.4": "Stable Diffusion 1", "sdxl": "Stable Diffusion XL"}
    assert len(found) == 66


def test_no_file_hides_a_text(corpus):
    looked_at = 0
    for folder in ("ai", "meta", "formats", "real"):
        for name, media in lossless(corpus, folder):
            looked_at += 1
            assert read_metadata(media).stealth == (), name
    assert looked_at == 347


def test_hostile_files_raise_nothing(corpus):
    for path in sorted((corpus / "fuzz").rglob("*")):
        if path.is_file():
            examine(DwtDctWatermark(), path.read_bytes())
