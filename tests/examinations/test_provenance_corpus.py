"""The provenance examinations on real files."""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
import warnings
from collections import Counter
from pathlib import Path

import pytest
from examined import content
from PIL import Image

from tamis.examinations.provenance.c2pa import C2paManifests
from tamis.examinations.provenance.camera import CameraMetadata
from tamis.examinations.provenance.declared import declared
from tamis.examinations.provenance.generator import GeneratorMetadata
from tamis.examinations.provenance.iptc import IptcSourceType
from tamis.media.embedded import read_embedded
from tamis.media.exif import read_exif
from tamis.media.sniff import sniff

pytestmark = pytest.mark.corpus

EXAMINATIONS = (C2paManifests(), IptcSourceType(), GeneratorMetadata(), CameraMetadata())

RECOGNISED = {
    "a1111-exif": {"generator:Automatic1111", "generator:SD.Next"},
    "a1111-parameters": {"generator:Automatic1111"},
    "c2pa+digitalSourceType": {"generator:Adobe Firefly", "generator:OpenAI"},
    "comfyui-exif": {"generator:ComfyUI"},
    "comfyui-prompt+comfyui-workflow": {"generator:ComfyUI"},
    "exif-usercomment-json": {"generator:SD.Next"},
    "exif-generator:Dalle": {"generator:imaginAIry"},
    "exif-generator:Stable Diffusion": {"generator:imaginAIry"},
    "exif-generator:imaginAIry": {"generator:imaginAIry"},
    "exif-generator:imaginairy": {"generator:imaginAIry"},
    "fooocus-json+fooocus": {"generator:Fooocus"},
    "invokeai": {"generator:InvokeAI"},
    "novelai": {"generator:NovelAI"},
}


def examine(path):
    media = content(path.read_bytes())
    return [item for examination in EXAMINATIONS for item in examination.examine(media)]


def files(folder):
    listed = {".csv", ".json", ".md"}
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in listed and path.name != "LICENSE"
    )


def test_genuine_generator_metadata(corpus):
    with (corpus / "meta" / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["has_generator_metadata"] for row in rows} == RECOGNISED.keys()
    for row in rows:
        kind = row["has_generator_metadata"]
        expected = RECOGNISED[kind]
        found = declared(examine(corpus / "meta" / row["path"]))
        found = [term for term in found if not term.startswith("c2pa:")]
        assert len(found) == 1, row["path"]
        assert found[0] in expected, row["path"]


def test_every_generation_is_read_as_it_stands_in_the_file(corpus):
    golden = tomllib.loads(Path(__file__).with_name("golden_generations.toml").read_text())
    assert golden.keys() == {path.name for path in files(corpus / "meta")}
    for path in files(corpus / "meta"):
        found = {}
        for item in GeneratorMetadata().examine(content(path.read_bytes())):
            name, value = item.name.removeprefix("generator."), item.value
            if name in ("prompt", "negative_prompt"):
                value = hashlib.sha256(value.encode()).hexdigest()[:16]
            if name not in ("texts", "places"):
                found[name] = value
        assert found == golden[path.name], path.name


def test_real_photos_declare_nothing_but_a_camera(corpus):
    kinds: Counter[str] = Counter()
    for path in files(corpus / "real"):
        for term in declared(examine(path)):
            kinds[term.partition(":")[0]] += 1
    assert kinds.keys() == {"camera"}
    assert kinds["camera"] >= 300


@pytest.mark.parametrize("folder", ["fuzz", "formats"])
def test_hostile_and_odd_files_raise_nothing(corpus, folder):
    paths = files(corpus / folder)
    assert paths
    for path in paths:
        examine(path)


TAGS = {0x010F: "Make", 0x0110: "Model", 0x0131: "Software", 0x0132: "DateTime"}
DETAILS = {
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x9003: "DateTimeOriginal",
    0x920A: "FocalLength",
    0xA431: "BodySerialNumber",
    0xA434: "LensModel",
}


def test_exif_agrees_with_pillow(corpus):
    facts = 0
    for path in files(corpus / "real") + files(corpus / "c2pa") + files(corpus / "meta"):
        data = path.read_bytes()
        tags = read_exif(read_embedded(sniff(data[:65536]).format, data).exif).tags
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as picture:
                block = picture.getexif()
                theirs = [(TAGS, block), (DETAILS, block.get_ifd(0x8769))]
                for names, values in theirs:
                    for tag, value in values.items():
                        if tag in names and _known(value):
                            facts += 1
                            assert _same(value, tags.get(names[tag])), (path.name, names[tag])
    assert facts > 2000


def _known(value):
    """A rational whose denominator is 0 is no number."""
    return isinstance(value, str) or not math.isnan(value)


def _same(theirs, ours):
    if isinstance(theirs, str):
        return isinstance(ours, str) and theirs.partition("\0")[0].strip() == ours.strip()
    return ours == pytest.approx(float(theirs))
