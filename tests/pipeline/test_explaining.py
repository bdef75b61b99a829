"""Views of a media are written from its file, checked, recorded, and never over anything."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import hostile_drawing
import pytest
import sqlalchemy as sa
from PIL import Image

from pictures import jpeg
from tamis.audit import log
from tamis.audit.verify import verify
from tamis.config import Settings
from tamis.errors import ExplanationError, UsageError
from tamis.examinations.signal.detectors import Detectors
from tamis.examinations.signal.network import PixelNetwork
from tamis.examinations.signal.scenes import hills
from tamis.pipeline import explaining
from tamis.pipeline.explaining import Explained, Wanted, explain
from tamis.pipeline.scan import Scan
from tamis.store.naming import find
from tamis.store.schema import observation

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store

SPECTRUM = Wanted(("spectrum",))
TILE = {"x": 0, "y": 0, "width": 224, "height": 224, "scale": 1, "logit": 2.5}


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG file whose header promises ten thousand million pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    )


@pytest.fixture
def evidence(tmp_path: Path, store: Store) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "hills.png").write_bytes(png(hills()))
    (folder / "bomb.png").write_bytes(bomb())
    (folder / "notes.txt").write_text("nothing")
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("within.jpg", jpeg(3))
    Scan(store, Settings(), engine="inline").run([folder])
    return folder


def explained(
    store: Store, name: str, folder: Path, wanted: Wanted = SPECTRUM, **options: object
) -> Explained:
    return explain(store, Settings(**options), name, wanted, folder)


def unscored(store: Store, name: str) -> None:
    """Take away what the network said of it in the scan."""
    with store.write() as connection:
        mine = observation.c.media_id == find(connection, name).id
        connection.execute(
            sa.delete(observation).where(mine, observation.c.examination == PixelNetwork.name)
        )


def scored(store: Store, name: str, called: str, value: object) -> None:
    """Instead of what the network said, or beside it: what a detector may have said."""
    by = PixelNetwork() if called == "network.score" else Detectors()
    if isinstance(by, PixelNetwork):
        unscored(store, name)
    with store.write() as connection:
        row = {
            "media_id": find(connection, name).id,
            "examination": by.name,
            "version": by.stored_version,
            "position": len(called),
            "name": called,
            "value": json.dumps(value),
            "score": 1.0,
        }
        connection.execute(sa.insert(observation), [row])


def test_views_are_written_and_recorded(store: Store, evidence: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in evidence.iterdir()}
    out = tmp_path / "new" / "out"
    made = explained(store, "hills.png", out, Wanted(("noise", "spectrum", "tiles")))
    prefix = made.sha256.hex()[:16]
    assert [each.path.name for each in made.written] == [
        f"{prefix}-noise.png",
        f"{prefix}-spectrum.png",
        f"{prefix}-tiles.png",
    ]
    assert made.refused == ()
    for each in made.written:
        with Image.open(each.path) as image:
            assert image.size == (each.drawn.width, each.drawn.height)
        assert each.path.stat().st_mode & 0o077 == 0
    with store.read() as connection:
        (record,) = log.records(connection, ["explain"])
    assert record.body["sha256"] == made.sha256.hex()
    assert set(record.body["files"]) == {path.name for path in out.iterdir()}
    assert record.body["with_content"] is False
    assert verify(store).fault is None
    assert {path: path.read_bytes() for path in evidence.iterdir()} == before


def test_nothing_is_overwritten(store: Store, evidence: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (first,) = explained(store, "hills.png", out).written
    first.path.write_bytes(b"mine")
    with pytest.raises(ExplanationError, match="there already"):
        explained(store, "hills.png", out)
    assert first.path.read_bytes() == b"mine"
    with store.read() as connection:
        assert len(list(log.records(connection, ["explain"]))) == 1


def test_what_cannot_be_recorded_is_not_left(
    store: Store, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log, "append", full)
    with pytest.raises(OSError, match="No space"):
        explained(store, "hills.png", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_member_of_an_archive_is_shown(store: Store, evidence: Path, tmp_path: Path) -> None:
    made = explained(store, "archive.zip!/within.jpg", tmp_path / "out")
    assert [each.drawn.view for each in made.written] == ["spectrum"]


def test_a_file_that_changed_or_is_gone_is_refused(
    store: Store, evidence: Path, tmp_path: Path
) -> None:
    (evidence / "hills.png").write_bytes(png(hills(seed=8)))
    with pytest.raises(ExplanationError, match=r"hills\.png: changed: "):
        explained(store, "hills.png", tmp_path / "out")
    (evidence / "hills.png").unlink()
    with pytest.raises(ExplanationError, match=r"hills\.png: vanished: "):
        explained(store, "hills.png", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_only_a_changed_file_held_is_refused(
    store: Store, evidence: Path, tmp_path: Path
) -> None:
    with store.read() as connection:
        sha256 = find(connection, "hills.png").sha256.hex()
    (evidence / "hills.png").write_bytes(png(hills(seed=8)))
    Scan(store, Settings(), engine="inline").run([evidence])
    with pytest.raises(ExplanationError, match="no file holds this media any more"):
        explained(store, sha256, tmp_path / "out")


def test_a_copy_serves_where_the_first_file_is_gone(
    store: Store, evidence: Path, tmp_path: Path
) -> None:
    (evidence / "kept.png").write_bytes((evidence / "hills.png").read_bytes())
    Scan(store, Settings(), engine="inline").run([evidence])
    (evidence / "hills.png").unlink()
    assert explained(store, "hills.png", tmp_path / "out").path == "kept.png"


@pytest.mark.parametrize(
    ("name", "reason"), [("bomb.png", "too_many_pixels"), ("notes.txt", "no_decoder")]
)
def test_what_is_no_picture_is_refused(
    store: Store, evidence: Path, tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(ExplanationError, match=reason):
        explained(store, name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("hang", "timeout: no answer"),
        ("crash", "crashed: SIGSEGV"),
        ("too_few_pixels", "answer refused"),
        ("too_large", "answer refused"),
        ("another_name", "answer refused"),
        ("a_reason_of_its_own", "answer refused"),
        ("a_number_of_its_own", "answer refused"),
        ("a_failure_with_escapes", r"\\x1b\[2Jnothing"),
        ("nothing", "answer refused"),
    ],
)
def test_a_worker_that_a_file_took_over_writes_nothing(
    store: Store,
    evidence: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    does: str,
    reason: str,
) -> None:
    monkeypatch.setattr(explaining, "draw", getattr(hostile_drawing, does))
    limit = {}
    if does == "hang":
        monkeypatch.setattr(explaining, "_DRAWING_S", 0.0)
        limit = {"timeout_s": 0.5}
    with pytest.raises(ExplanationError, match=reason):
        explained(store, "hills.png", tmp_path / "out", **limit)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_into_evidence(store: Store, evidence: Path) -> None:
    with pytest.raises(UsageError, match="within the evidence"):
        explained(store, "hills.png", evidence / "views")
    assert not (evidence / "views").exists()


def test_tiles_of_every_detector_are_drawn(store: Store, evidence: Path, tmp_path: Path) -> None:
    scored(store, "hills.png", "network.score", {"tiles": [TILE]})
    scored(store, "hills.png", "detector.score", {"detector": "\x1bx", "tiles": [TILE, TILE]})
    made = explained(store, "hills.png", tmp_path / "out", Wanted(("tiles",)))
    found = {each.by: (each.path.name[17:], each.drawn.numbers) for each in made.written}
    one, two = ({"tiles": number, "drawn": number, "content": 0} for number in (1, 2))
    names = {"tiles.png", "tiles-2.png"}
    assert {name for name, _numbers in found.values()} == names
    assert found["network.score"][1] == one
    assert found["\\x1bx"][1] == two


def test_tiles_of_what_nobody_scored_are_refused(
    store: Store, evidence: Path, tmp_path: Path
) -> None:
    unscored(store, "hills.png")
    made = explained(store, "hills.png", tmp_path / "out", Wanted(("spectrum", "tiles")))
    assert [each.drawn.view for each in made.written] == ["spectrum"]
    assert made.refused == (("tiles", "no_score"),)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"tiles": 4}, "does not name|names the places"),
        ({"tiles": [TILE | {"x": 200}]}, "within the picture"),
    ],
)
def test_tiles_without_their_places_are_refused(
    store: Store, evidence: Path, tmp_path: Path, value: object, reason: str
) -> None:
    scored(store, "hills.png", "network.score", value)
    with pytest.raises(ExplanationError, match=reason):
        explained(store, "hills.png", tmp_path / "out", Wanted(("tiles",)))


def test_the_content_is_drawn_only_when_asked_for(
    store: Store, evidence: Path, tmp_path: Path
) -> None:
    scored(store, "hills.png", "network.score", {"tiles": [TILE]})
    (blank,) = explained(store, "hills.png", tmp_path / "blank", Wanted(("tiles",))).written
    wanted = Wanted(("tiles",), with_content=True)
    (shown,) = explained(store, "hills.png", tmp_path / "shown", wanted).written
    assert (blank.drawn.numbers or {})["content"] == 0
    assert (shown.drawn.numbers or {})["content"] == 1
    with store.read() as connection:
        told = [record.body["with_content"] for record in log.records(connection, ["explain"])]
    assert told == [False, True]
