"""Evidence, settings, lists and versions change between scans; nothing is lost or left behind."""

from __future__ import annotations

import fcntl
import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from pictures import camera_jpeg, field, jpeg
from scanning import states
from tamis import config
from tamis.config import Settings
from tamis.errors import CaseBusyError, CaseReadOnlyError, MediaNotFoundError, SourceError
from tamis.examinations.provenance.camera import CameraMetadata as Camera
from tamis.exchange.importing import import_list
from tamis.model import FileState, ListKind, SourceEntry
from tamis.pipeline import take_in
from tamis.pipeline.deciding import record
from tamis.pipeline.media_view import view
from tamis.pipeline.queue_view import rows
from tamis.pipeline.scan import Scan, Summary
from tamis.pipeline.stages import refresh
from tamis.sources.folder import FolderSource
from tamis.store import files, lists, results
from tamis.store import media as media_store
from tamis.store.database import Store, open_store
from tamis.store.naming import find

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Settings()


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    return folder


def scan(
    store: Store, *locations: Path, settings: Settings = PLAIN, retry: bool = False
) -> Summary:
    return Scan(store, settings, engine="inline", retry=retry).run(locations)


def queue(store: Store) -> list[dict[str, object]]:
    with store.read() as connection:
        return list(rows(connection, take_in.versions_in_force(PLAIN)))


def listed(store: Store, folder: Path, values: list[str], kind: ListKind, name: str = "l") -> None:
    path = folder.parent / f"{name}.csv"
    path.write_text("\n".join(values) + "\n")
    import_list(store, name, path, kind, algorithm="pdq" if "pdq" in name else "sha256")
    refresh(store, PLAIN, None)


def pdq(store: Store, path: str) -> str:
    with store.read() as connection:
        return str(view(connection, path, PLAIN)["fingerprints"]["pdq"])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_that_was_only_touched_has_no_past(store: Store, evidence: Path) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    scan(store, evidence)
    os.utime(evidence / "a.jpg", (1, 1))
    assert scan(store, evidence).walked.changed == 1
    with store.read() as connection:
        (place,) = view(connection, "a.jpg", PLAIN)["files"]
    assert (place["state"], place["reason"]) == ("examined", "")


@pytest.mark.parametrize("how", ["content", "link"])
def test_what_a_file_held_before_it_changed_stays_in_the_queue(
    store: Store, evidence: Path, how: str
) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    (evidence / "b.jpg").write_bytes(jpeg(2))
    scan(store, evidence)
    if how == "content":
        (evidence / "a.jpg").write_bytes(jpeg(3, quality=80))
    else:
        (evidence / "a.jpg").unlink()
        (evidence / "a.jpg").symlink_to("b.jpg")
    scan(store, evidence)
    found = {row["sha256"]: row for row in queue(store)}
    former = found[sha256(jpeg(1))]
    assert (former["path"], former["files"]) == ("a.jpg", 0)
    assert len(found) == (3 if how == "content" else 2)
    with store.read() as connection:
        (place,) = view(connection, sha256(jpeg(1)), PLAIN)["files"]
    assert place["reason"].startswith("past")
    assert scan(store, evidence).looked_at == 0


def test_a_file_that_is_gone_keeps_its_state_when_examinations_change(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "copy of a.jpg"):
        (evidence / name).write_bytes(camera_jpeg(1))
    (evidence / "b.jpg").write_bytes(jpeg(2))
    scan(store, evidence)
    before = states(store)
    (evidence / "a.jpg").unlink()
    (evidence / "b.jpg").unlink()
    monkeypatch.setattr(Camera, "version", "next")
    summary = scan(store, evidence)
    assert summary.walked.gone == 2
    assert states(store) == before
    assert len(queue(store)) == 2
    with store.read() as connection:  # the copy that is left was examined anew
        shown = view(connection, sha256(camera_jpeg(1)), PLAIN)
    assert "next" in {item["version"] for item in shown["observations"]}
    with store.read() as connection:
        left = media_store.not_examined_by(
            connection, [1], take_in.versions_in_force(PLAIN), {}, 0, 9
        )
    assert [str(file.locator) for file in left] == ["b.jpg"]


def test_members_of_an_archive_that_changed_are_looked_at(store: Store, evidence: Path) -> None:
    path = evidence / "more.zip"
    for first in (0, 10):
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(3):
                archive.writestr(f"m{number}.jpg", jpeg(first + number))
        scan(store, evidence)
        (evidence / "new.jpg").write_bytes(jpeg(99))
    found = states(store)
    assert {state for name, (state, _) in found.items() if name != "more.zip"} == {"examined"}
    assert len(queue(store)) == 7


@pytest.mark.parametrize("seconds", [10_413_792_000, -(2**35), 2**40])
def test_a_date_out_of_range_stops_nothing(store: Store, evidence: Path, seconds: int) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    (evidence / "b.jpg").write_bytes(jpeg(2))
    try:
        os.utime(evidence / "b.jpg", (seconds, seconds))
    except OverflowError:
        pytest.skip("this system has no such date")
    scan(store, evidence)
    assert {state for state, _ in states(store).values()} == {"examined"}
    assert scan(store, evidence).looked_at == 0


def test_a_size_out_of_range_is_held_as_the_largest(store: Store) -> None:
    from tamis.model import Locator

    with store.write() as connection:
        source = files.add_source(connection, "folder", b"/nowhere")
        entry = SourceEntry(Locator((b"x",)), 2**70, -(2**70))
        assert files.record_walk(connection, source, [entry]).new == 1
        assert files.record_walk(connection, source, [entry]).known == 1


@pytest.mark.parametrize(
    ("name", "low", "code"),
    [("max_pixels", "1000", "too_many_pixels"), ("archive_members", "1", "archive_limit")],
)
def test_a_limit_that_was_raised_lets_files_pass(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch, name: str, low: str, code: str
) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    with zipfile.ZipFile(evidence / "more.zip", "w") as archive:
        for number in (2, 3):
            archive.writestr(f"{number}.jpg", jpeg(number))
    with monkeypatch.context() as patch:
        patch.setenv(f"TAMIS_{name.upper()}", low)
        config.settings.cache_clear()
        scan(store, evidence, settings=config.settings())
        assert code in {reason.partition(":")[0] for _, reason in states(store).values()}
        assert scan(store, evidence, settings=config.settings()).looked_at == 0
    config.settings.cache_clear()
    scan(store, evidence)
    pictures = ("a.jpg", "more.zip!/2.jpg", "more.zip!/3.jpg")
    assert {states(store)[name] for name in pictures} == {("examined", "")}
    (row,) = [row for row in queue(store) if row["path"] == "a.jpg"]
    assert row["reasons"] == "unknown"
    with store.read() as connection:
        assert view(connection, "a.jpg", PLAIN)["media"]["width"] == 320


def test_retry_looks_again_and_a_success_replaces_a_failure(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (evidence / "a.jpg").write_bytes(camera_jpeg(1))
    (evidence / "copy.jpg").write_bytes(camera_jpeg(1))

    def fail(*_: object) -> None:
        raise RuntimeError("not today")

    with monkeypatch.context() as patch:
        patch.setattr(Camera, "examine", fail)
        scan(store, evidence)
    assert {state for state, _ in states(store).values()} == {"partly_examined"}
    assert scan(store, evidence).looked_at == 0
    assert scan(store, evidence, retry=True).looked_at == 2
    assert set(states(store).values()) == {("examined", "")}
    assert "camera" in str(queue(store)[0]["reasons"])


def test_a_new_version_speaks_for_all_copies(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (evidence / name).write_bytes(jpeg(1))
    scan(store, evidence)
    monkeypatch.setattr(Camera, "version", "next")
    monkeypatch.setattr(Camera, "examine", lambda *_: 1 / 0)
    assert scan(store, evidence).looked_at == 1
    assert {state for state, _ in states(store).values()} == {"partly_examined"}


def test_a_fingerprint_that_comes_later_is_matched(store: Store, evidence: Path) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    scan(store, evidence)
    listed(store, evidence, [pdq(store, "a.jpg")], ListKind.PROTECTED, "pdq")
    low = Settings(max_pixels=1000)
    with open_store(store.folder.parent / "other", create=True) as other:
        scan(other, evidence, settings=low)
        listed(other, evidence, [pdq(store, "a.jpg")], ListKind.PROTECTED, "pdq")
        assert queue(other)[0]["known"] == ""
        scan(other, evidence)
        assert queue(other)[0]["known"] == "protected:pdq"
    # Another route to the fingerprint keeps matching, before and after it is made.
    strict = Settings(strict_pdq=True)
    refresh(store, strict, None)
    assert queue(store)[0]["known"] == "protected:pdq"
    scan(store, evidence, settings=strict)
    assert queue(store)[0]["known"] == "protected:pdq"
    refresh(store, PLAIN, None)
    assert queue(store)[0]["known"] == "protected:pdq"


@pytest.mark.parametrize("kind", list(ListKind))
def test_a_listed_file_of_no_known_kind_stands_in_the_queue(
    store: Store, evidence: Path, kind: ListKind
) -> None:
    hidden = b"\0\0" + jpeg(1)
    (evidence / "a.jpg").write_bytes(jpeg(2))
    (evidence / "shifted.jpg").write_bytes(hidden)
    scan(store, evidence)
    assert len(queue(store)) == 1
    listed(store, evidence, [sha256(hidden)], kind)
    found = {row["path"]: row for row in queue(store)}
    if kind is ListKind.BENIGN:
        assert set(found) == {"a.jpg"}
        return
    assert set(found) == {"a.jpg", "shifted.jpg"}
    assert "undecodable" in str(found["shifted.jpg"]["reasons"])
    if kind is ListKind.PROTECTED:
        assert found["shifted.jpg"]["rank"] == 1
    with store.write() as connection:
        lists.remove(connection, "l")
    refresh(store, PLAIN, None)
    assert len(queue(store)) == 1


def test_near_matches_are_bounded_by_the_nearest_of_each_list(store: Store, evidence: Path) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    scan(store, evidence)
    value = int(pdq(store, "a.jpg"), 16)
    near = [f"{value ^ ((1 << bits) - 1):064x}" for bits in range(31, 0, -1)]
    listed(store, evidence, near, ListKind.ILLEGAL, "pdq near")
    listed(store, evidence, near[-1:], ListKind.GENERATED, "pdq other")
    with store.read() as connection:
        found = list(results.matches(connection))
    own = [match for match in found if match.list_name == "pdq near"]
    assert [match.distance for match in own] == list(range(1, 11))
    assert {match.list_name for match in found} == {"pdq near", "pdq other"}


def test_a_category_leaves_the_judgement_of_the_origin(store: Store, evidence: Path) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    (evidence / "again.jpg").write_bytes(jpeg(1, quality=60))
    scan(store, evidence)
    record(store, PLAIN, None, "a.jpg", None, "capture", None)
    assert "confirmed_capture" in str(queue(store)[0]["reasons"])
    record(store, PLAIN, None, "a.jpg", "1", None, None)
    assert "confirmed_capture" in str(queue(store)[0]["reasons"])
    record(store, PLAIN, None, "a.jpg", None, "synthetic", None)
    assert "confirmed_capture" not in str(queue(store)[0]["reasons"])


def test_a_name_like_a_hash_is_not_mistaken_for_it(store: Store, evidence: Path) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    name = sha256(jpeg(1))[:8]
    (evidence / name).write_bytes(jpeg(2))
    scan(store, evidence)
    with store.read() as connection:
        with pytest.raises(MediaNotFoundError, match="2 media answer"):
            find(connection, name)
        assert find(connection, sha256(jpeg(1))[:16]).sha256.hex() == sha256(jpeg(1))


def test_a_folder_that_can_be_read_again_is_no_file(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (evidence / "locked").mkdir()
    (evidence / "locked" / "a.jpg").write_bytes(jpeg(1))
    (evidence / "b.jpg").write_bytes(jpeg(2))
    from tamis.sources import read_only

    original = read_only.open_folder

    def refuse(name: bytes, parent: int | None = None, *, follow: bool = False) -> int:
        if name == b"locked":
            raise PermissionError(13, "Permission denied")
        return original(name, parent, follow=follow)

    with monkeypatch.context() as patch:
        patch.setattr(read_only, "open_folder", refuse)
        scan(store, evidence)
    assert states(store)["locked"][1] == "folder_unreadable: Permission denied"
    scan(store, evidence)
    assert states(store).keys() == {"locked/a.jpg", "b.jpg"}


def test_a_source_that_is_away_does_not_keep_the_others(store: Store, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(jpeg(len(name)))
    scan(store, tmp_path / "first", tmp_path / "second")
    (tmp_path / "first").rename(tmp_path / "away")
    (tmp_path / "second" / "b.jpg").write_bytes(jpeg(9))
    summary = scan(store)
    assert summary.absent == (str(tmp_path / "first"),)
    assert summary.looked_at == 1
    (tmp_path / "second").rename(tmp_path / "away too")
    with pytest.raises(SourceError, match="does not exist"):
        scan(store)


def test_terms_stand_in_an_order_that_names_do_not_change(tmp_path: Path) -> None:
    declared = []
    for number, names in enumerate((("a", "b"), ("b", "a"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        first, second = (folder / f"{name}.jpg" for name in names)
        first.write_bytes(camera_jpeg(1))
        picture = field(1)
        exif = picture.getexif()
        exif[0x010E] = "nothing"
        picture.save(second, quality=40, exif=exif)
        with open_store(tmp_path / f"case{number}", create=True, seed=b"seed") as store:
            scan(store, folder)
            declared.append([(row["sha256"], row["declared"]) for row in queue(store)])
    assert declared[0] == declared[1]


def test_two_first_scans_of_one_case(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "case.db").touch()  # the other one has come this far, and holds the lock
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(CaseBusyError):
        open_store(folder, create=True)
    os.close(descriptor)
    with open_store(folder, create=True) as store:
        assert len(store.seed()) == 16


def test_a_case_on_a_medium_without_write_access_can_be_read(
    store: Store, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (evidence / "a.jpg").write_bytes(jpeg(1))
    scan(store, evidence)
    store.close()
    before = {path: path.read_bytes() for path in store.folder.iterdir()}
    monkeypatch.setattr(os, "access", lambda *_: False)
    with open_store(store.folder) as sealed:
        assert len(queue(sealed)) == 1
        assert set(states(sealed).values()) == {(FileState.EXAMINED.value, "")}
        with pytest.raises(CaseReadOnlyError), sealed.only_writer():
            pass
    assert {path: path.read_bytes() for path in store.folder.iterdir()} == before
    assert FolderSource.accepts(evidence)
