from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from pictures import camera_jpeg, jpeg, noise, stamped_png
from scanning import states
from tamis.config import Settings
from tamis.errors import SourceError, UsageError
from tamis.pipeline.scan import Scan, Summary
from tamis.store import digests, files, results
from tamis.store.database import Store, open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.jpg").write_bytes(jpeg(1))
    (folder / "sub" / "copy of one.jpg").write_bytes(jpeg(1))
    (folder / "one again.jpg").write_bytes(jpeg(1, quality=60))
    (folder / "camera.jpg").write_bytes(camera_jpeg(2))
    (folder / "stamped.png").write_bytes(stamped_png(3))
    (folder / "cut.jpg").write_bytes(jpeg(4)[:-1500])
    (folder / "broken.jpg").write_bytes(jpeg(5)[:40] + bytes(400))
    (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(100))
    (folder / "notes.txt").write_text("nothing to see\n")
    (folder / "empty").write_bytes(b"")
    (folder / "noise").write_bytes(noise(6, 500))
    (folder / "link.jpg").symlink_to("/etc/hostname")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("in/seven.jpg", jpeg(7))
        archive.writestr("in/notes.txt", "text")
    return folder


def scan(store: Store, *locations: Path, engine: str = "inline") -> Summary:
    settings = Settings(workers=2, timeout_s=20)
    return Scan(store, settings, engine=engine).run(locations)


@pytest.mark.parametrize("engine", ["inline", "local"])
def test_every_file_ends_in_a_state_with_a_reason(
    store: Store, evidence: Path, engine: str
) -> None:
    summary = scan(store, evidence, engine=engine)
    found = states(store)
    assert {path: state for path, (state, _) in found.items()} == {
        "one.jpg": "examined",
        "sub/copy of one.jpg": "examined",
        "one again.jpg": "examined",
        "camera.jpg": "examined",
        "stamped.png": "examined",
        "cut.jpg": "partly_examined",
        "broken.jpg": "unreadable",
        "film.mp4": "taken_in",
        "notes.txt": "not_media",
        "empty": "not_media",
        "noise": "not_media",
        "link.jpg": "not_media",
        "more.zip": "not_media",
        "more.zip!/in/seven.jpg": "examined",
        "more.zip!/in/notes.txt": "not_media",
    }
    assert all(reason for state, reason in found.values() if state != "examined")
    assert found["cut.jpg"][1] == "truncated"
    assert found["link.jpg"][1].startswith("symlink")
    assert sum(summary.counts.values()) == len(found)


def test_both_engines_end_alike(tmp_path: Path, evidence: Path) -> None:
    found = []
    for engine in ("inline", "local"):
        with open_store(tmp_path / engine, create=True, seed=b"seed") as store:
            scan(store, evidence, engine=engine)
            with store.read() as connection:
                found.append(digests.of_scan(connection))
    assert found[0] == found[1]


def test_copies_are_one_media_and_re_saves_one_stack(store: Store, evidence: Path) -> None:
    scan(store, evidence)
    with store.read() as connection:
        members = results.stacks(connection)
        by_path = {str(file.locator): file.sha256 for file in files.listing(connection)}
    assert by_path["one.jpg"] == by_path["sub/copy of one.jpg"] != by_path["one again.jpg"]
    sizes: dict[int, int] = {}
    for member in members:
        sizes[member.representative_id] = sizes.get(member.representative_id, 0) + 1
    assert sorted(sizes.values()) == [1, 1, 1, 1, 1, 1, 2]


def test_a_second_scan_does_nothing(store: Store, evidence: Path) -> None:
    first = scan(store, evidence)
    before = states(store)
    again = scan(store, evidence)
    assert first.looked_at == len(before) - 1  # a link is not opened
    assert again.looked_at == 0
    assert again.walked.new == again.walked.changed == 0
    assert states(store) == before
    assert scan(store).looked_at == 0  # no source named: those the case knows


def test_new_and_changed_files_are_taken_in(store: Store, evidence: Path) -> None:
    scan(store, evidence)
    (evidence / "later.jpg").write_bytes(jpeg(8))
    (evidence / "one.jpg").write_bytes(jpeg(9, quality=80))
    summary = scan(store, evidence)
    assert (summary.walked.new, summary.walked.changed, summary.looked_at) == (1, 1, 2)
    with store.read() as connection:
        by_path = {str(file.locator): file.sha256 for file in files.listing(connection)}
    assert by_path["one.jpg"] != by_path["sub/copy of one.jpg"]


def test_a_file_that_vanishes_is_said(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Scan._walk

    def walk_then_lose(self, opened):
        counts = walk(self, opened)
        (evidence / "one.jpg").unlink()
        return counts

    monkeypatch.setattr(Scan, "_walk", walk_then_lose)
    scan(store, evidence)
    assert states(store)["one.jpg"] == ("unreadable", "vanished: No such file or directory")


def test_a_drive_that_was_away_is_taken_in_when_it_is_back(
    store: Store, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Scan._process

    def pull_out(self, executor, feed):
        evidence.rename(tmp_path / "away")
        return process(self, executor, feed)

    with monkeypatch.context() as patched:
        patched.setattr(Scan, "_process", pull_out)
        scan(store, evidence)
    assert {state for state, _ in states(store).values()} == {"unreadable", "not_media"}
    # Another source leaves alone what is not there.
    other = tmp_path / "other"
    other.mkdir()
    (other / "ten.jpg").write_bytes(jpeg(10))
    assert scan(store, other).looked_at == 1
    (tmp_path / "away").rename(evidence)
    scan(store, evidence)
    with open_store(tmp_path / "whole", create=True) as whole:
        scan(whole, evidence)
        expected = states(whole)
    assert {path: end for path, end in states(store).items() if path != "ten.jpg"} == expected


def test_a_changed_examination_looks_again(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamis.examinations.provenance.camera import CameraMetadata

    scan(store, evidence)
    monkeypatch.setattr(CameraMetadata, "version", "next")
    again = scan(store, evidence)
    pictures, videos = 7, 1  # one per content, not one per file
    assert again.looked_at == pictures + videos
    assert scan(store, evidence).looked_at == 0


def test_the_case_may_not_lie_in_the_evidence(tmp_path: Path) -> None:
    with open_store(tmp_path / "case", create=True) as store, pytest.raises(UsageError):
        scan(store, tmp_path)


def test_a_source_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        scan(store, tmp_path / "nowhere")


HOSTILE_NAMES = [
    b"new\nline.jpg",
    b"esc\x1b[31m.jpg",
    b"\xff\xfe.jpg",
    b"x" * 251 + b".jpg",
    "r\u202egpj.exe".encode(),
    b"<script>.jpg",
    b"=1+1.jpg",
    b"'; DROP TABLE.jpg",
]


def test_hostile_names_are_kept_and_shown_escaped(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    for number, name in enumerate(HOSTILE_NAMES):
        (folder / os.fsdecode(name)).write_bytes(jpeg(number))
    scan(store, folder)
    found = states(store)
    assert len(found) == len(HOSTILE_NAMES)
    assert all(path.isprintable() for path in found)
    assert {state for state, _ in found.values()} == {"examined"}


def test_evidence_is_left_as_it_is(store: Store, evidence: Path) -> None:
    def look() -> dict[str, tuple[int, int, bytes]]:
        return {
            str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.read_bytes())
            for path in evidence.rglob("*")
            if path.is_file()
        }

    before = look()
    scan(store, evidence)
    assert look() == before
