"""The demo case: what is promised is there, and the same again from the same seed."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from tamis.demo import oddities
from tamis.demo.case import STAND_INS, build
from tamis.demo.photographs import SHOTS
from tamis.errors import DecodeError
from tamis.fingerprints.pdq import Pdq
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import ListKind, MediaKind, printable_path

SCALE = 0.15


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return build(tmp_path_factory.mktemp("demo"), scale=SCALE)


def _files(root):
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def _content(path):
    data = path.read_bytes()
    return decode(data, sniff(data[:65536]), max_pixels=10_000_000)


def _distance(one, other):
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _pdq(path):
    return Pdq().compute(_content(path)).variants


def test_two_builds_are_identical_and_count_the_pictures_made(demo, tmp_path):
    calls = []
    again = build(tmp_path, scale=SCALE, progress=lambda *call: calls.append(call))
    total = len(SHOTS) + len(STAND_INS)
    assert calls == [(n, total) for n in range(1, total + 1)]
    first, second = demo.evidence.parent, again.evidence.parent
    names = [path.relative_to(first) for path in _files(first)]
    assert names == [path.relative_to(second) for path in _files(second)]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
        assert (first / name).stat().st_size == (second / name).stat().st_size
        if name.parts[0] == "evidence":
            assert (first / name).stat().st_mtime_ns == (second / name).stat().st_mtime_ns, name
    assert demo.counts == again.counts


def test_the_counts_are_those_of_the_files(demo):
    links = sum(path.is_symlink() for path in demo.evidence.rglob("*"))
    assert sum(demo.counts.values()) == len(_files(demo.evidence)) + links
    assert 60 <= sum(demo.counts.values()) <= 80


def test_the_truth_covers_every_picture(demo):
    with demo.truth.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert list(rows[0]) == ["path", "origin", "group"]
    assert {row["origin"] for row in rows} == {"capture", "synthetic", "hybrid", "graphic"}
    told = {row["path"] for row in rows}
    pictures = set()
    for path in _files(demo.evidence):
        try:
            _content(path)
        except DecodeError:
            continue
        pictures.add(printable_path(os.fsencode(path.relative_to(demo.evidence))))
    assert pictures == {path for path in told if "!/" not in path}
    cameras = {row["group"] for row in rows if row["path"].startswith(("DCIM", "Camera"))}
    assert len(cameras) == 3


def test_photographs_bear_the_exif_of_their_camera(demo):
    serials, orientations = set(), set()
    for path in demo.evidence.glob("DCIM/*/*.JPG"):
        with Image.open(path) as picture:
            exif = picture.getexif()
            serials.add(exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber])
            orientations.add(exif[ExifTags.Base.Orientation])
    assert len(serials) == 2
    assert orientations == {1, 6}


def test_scenes_are_far_apart_and_edits_are_near(demo):
    photographs = list(demo.evidence.glob("DCIM/100ORFEO/*.JPG"))
    prints = {path.name: _pdq(path) for path in photographs}
    names = sorted(prints)
    near = {
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if min(_distance(prints[a][0], variant) for variant in prints[b]) <= 60
    }
    assert near == {("ORF_1041.JPG", "ORF_1042.JPG")}  # the burst
    for ending in ("resaved.jpg", "copy.png", "grey.jpg", "mirrored.jpg", "turned.jpg"):
        (edit,) = demo.evidence.glob(f"Pictures/Edited/*-{ending}")
        variants = _pdq(edit)
        distances = [
            _distance(_pdq(path)[0], variant)
            for path in [*photographs, *demo.evidence.glob("Camera uploads/*.JPG")]
            for variant in variants
        ]
        assert min(distances) <= 31, ending


def test_the_stamped_photographs_claim_to_be_generated(demo):
    (png,) = demo.evidence.glob("Generated/txt2img/00031-*.png")
    (jpeg,) = demo.evidence.glob("Generated/txt2img/00032-*.jpg")
    with Image.open(png) as picture:
        assert "Steps: " in picture.text["parameters"]
    with Image.open(jpeg) as picture:
        tables = picture.quantization
        comment = picture.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
        assert "Steps: " in comment[8:].decode("utf-16-be")
    with Image.open(next(demo.evidence.glob("DCIM/101LUMEN/*.JPG"))) as picture:
        assert tables == picture.quantization


def test_the_hybrid_declares_itself(demo):
    with Image.open(demo.evidence / "Pictures/Edited/hills-new.jpg") as picture:
        assert b"compositeWithTrainedAlgorithmicMedia" in picture.info["xmp"]
        assert picture.getexif()[ExifTags.Base.Make] == "Orfeo"


def test_what_is_broken_is_broken(demo):
    recovered = demo.evidence / "Recovered"
    assert _content(recovered / "f0018832.jpg").truncated
    for name, code in (("f0020144.jpg", "truncated"), ("f0031000.png", "too_many_pixels")):
        with pytest.raises(DecodeError) as caught:
            _content(recovered / name)
        assert caught.value.code == code
    assert (recovered / "empty.jpg").read_bytes() == b""
    assert sniff((demo.evidence / "Movies/clip.mp4").read_bytes()).kind is MediaKind.VIDEO


def test_hostile_names_are_there(demo):
    names = {os.fsencode(path.name) for path in (demo.evidence / "Strange").iterdir()}
    assert names <= set(oddities.HOSTILE_NAMES)
    assert len(names) == demo.counts["hostile names"] >= 2


def test_the_link_leads_out_of_the_evidence_to_a_picture(demo):
    link = demo.evidence / "Pictures" / "private.jpg"
    assert link.is_symlink()
    assert not link.resolve().is_relative_to(demo.evidence.resolve())
    with Image.open(link) as picture:
        assert picture.format == "JPEG"


def test_the_archive_holds_pictures_and_an_archive(demo):
    with zipfile.ZipFile(demo.evidence / "Backup/phone.zip") as archive:
        assert "../../climbs-out.jpg" in archive.namelist()
        street = archive.read("phone/street.jpg")
        with zipfile.ZipFile(io.BytesIO(archive.read("phone/older.zip"))) as inner:
            (name,) = inner.namelist()
            assert Image.open(io.BytesIO(inner.read(name))).format == "JPEG"
    assert street in {path.read_bytes() for path in demo.evidence.glob("Camera uploads/*.JPG")}
    assert not (demo.evidence.parent.parent / "climbs-out.jpg").exists()


def test_duplicates_are_exact(demo):
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in _files(demo.evidence)]
    assert len(digests) - len(set(digests)) == demo.counts["duplicates"]


def test_there_is_a_list_of_every_kind_and_it_matches(demo):
    lists = {kind: Path(path) for _, kind, path in demo.lists}
    assert set(lists) == set(ListKind)
    assert all(name.startswith("demo-") for name, _, _ in demo.lists)
    data = [path.read_bytes() for path in _files(demo.evidence)]
    (row,) = csv.DictReader(lists[ListKind.ILLEGAL].read_text().splitlines())
    assert [hashlib.md5(d).hexdigest() for d in data].count(row["md5"]) == 2  # a duplicate too
    sha1 = {hashlib.sha1(d).hexdigest() for d in data}
    assert set(lists[ListKind.BENIGN].read_text().split()) <= sha1
    (row,) = csv.DictReader(lists[ListKind.GENERATED].read_text().splitlines())
    assert row["sha256"] in {hashlib.sha256(d).hexdigest() for d in data}


def test_the_protected_photograph_is_there_as_a_reduced_copy_only(demo):
    (path,) = [path for _, kind, path in demo.lists if kind is ListKind.PROTECTED]
    (row,) = csv.DictReader(path.read_text().splitlines())
    wanted = bytes.fromhex(row["pdq"])
    assert int(row["quality"]) >= 80
    near = []
    for file in _files(demo.evidence):
        try:
            value = Pdq().compute(_content(file))
        except DecodeError:
            continue
        if _distance(wanted, value.variants[0]) <= 31:
            near.append(file.name)
    assert near == ["attachment_8812.jpg"]
