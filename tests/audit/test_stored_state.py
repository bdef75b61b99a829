"""What a case holds beside its audit log is held against it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pictures import jpeg, stamped_png
from tamis.audit import checkpoint, log
from tamis.audit.keys import site_key
from tamis.audit.verify import verify
from tamis.store.database import open_store
from users import Site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A case with something in every table, made by the commands."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.evidence.mkdir()
    for number in range(4):
        (site.evidence / f"{number}.jpg").write_bytes(jpeg(number))
    (site.evidence / "again.jpg").write_bytes(jpeg(1, quality=60))
    (site.evidence / "stamped.png").write_bytes(stamped_png(9))
    site.run("scan", site.evidence, "--case", site.case)
    shown = site.json("show", site.case, "2.jpg")["fingerprints"]
    listing = site.folder / "list.csv"
    listing.write_text(f"md5,pdq,category\n{shown['md5']},{shown['pdq']},1\n{'ab' * 16},,2\n")
    site.run("lists", "import", "known", listing, "--kind", "illegal", "--case", site.case)
    site.run("queue", site.case)
    for category in ("1", "2"):
        site.run("decide", site.case, "2.jpg", "--category", category)
    site.run("decide", site.case, "again.jpg", "--category", "3")
    site.run("elusion", site.case, "--draw", 1, "--from-rank", 2)
    site.run("elusion", site.case, "--draw", 1)
    return site


@pytest.fixture
def case(finished: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to be tampered with, at its own site."""
    monkeypatch.setenv("TAMIS_HOME", finished.environment["TAMIS_HOME"])
    shutil.copytree(finished.case, tmp_path / "case")
    return tmp_path / "case"


def _tamper(case: Path, *statements: str) -> None:
    with closing(sqlite3.connect(case / "case.db")) as connection, connection:
        changes = connection.total_changes
        for statement in statements:
            connection.execute(statement)
        assert connection.total_changes > changes


def _fault(case: Path) -> str | None:
    with open_store(case) as store:
        return verify(store).fault


def test_every_checkpoint_reaches_the_end_of_the_log(case: Path) -> None:
    with open_store(case) as store:
        result = verify(store)
    assert (result.fault, result.notes) == (None, ())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE queue_place SET priority = priority / 2",
        "UPDATE queue_place SET priority = priority + 1e-9",
        "DELETE FROM queue_place WHERE media_id = (SELECT MIN(media_id) FROM queue_place)",
        "DELETE FROM stack",
        "UPDATE stack SET distance = distance + 1",
        "UPDATE stack SET representative_id = media_id",
        "DELETE FROM hash_match",
        "UPDATE hash_match SET list_kind = 'benign'",
        "UPDATE hash_match SET category = NULL WHERE category IS NOT NULL",
        "UPDATE stage_run SET inputs = inputs || ' ' WHERE stage = 'match'",
        "DELETE FROM stage_run WHERE stage = 'stack'",
        "DELETE FROM hash_value WHERE algorithm = 'pdq'",
        "UPDATE hash_value SET value = zeroblob(16) WHERE algorithm = 'md5' AND entry = 1",
        "UPDATE hash_entry SET category = '9'",
        "UPDATE hash_list SET kind = 'benign'",
        "UPDATE hash_list SET kind = 'nonsense'",
        "UPDATE hash_list SET imported_at = ''",
        "UPDATE observation SET value = '\"x\"'",
        "UPDATE observation SET value = CAST(value AS BLOB)",
        "DELETE FROM observation",
        "DELETE FROM examination_run WHERE examination = 'provenance.camera'",
        "UPDATE examination_run SET failure = ''",
        "UPDATE fingerprint SET variants = zeroblob(256)",
        "UPDATE fingerprint SET quality = 0",
        "DELETE FROM fingerprint",
        "UPDATE media SET md5 = zeroblob(16) WHERE id = 1",
        "UPDATE media SET width = CAST(width AS REAL) + 0.5",
        "UPDATE media_file SET state = 'not_media' WHERE id = 1",
        "UPDATE media_file SET modified_ns = 0",
        "UPDATE media_file SET locator = CAST('x' || id AS BLOB)",
        "UPDATE source SET location = CAST('/elsewhere' AS BLOB)",
        "UPDATE source SET location = 'text'",
        "UPDATE case_info SET value = '00' WHERE key = 'seed'",
        "UPDATE elusion_test SET seed = zeroblob(32)",
        "UPDATE elusion_test SET drawn = drawn - 1",
        "UPDATE elusion_test SET stated = 2",
        "UPDATE elusion_test SET categories = '[\"1\"]'",
        "DELETE FROM elusion_place WHERE position = 1",
        "UPDATE elusion_place SET position = position + 100 WHERE position = 1",
        "UPDATE elusion_place SET media_id = media_id + 1000 WHERE position IS NULL",
        "DELETE FROM decision WHERE id = 1",
        "UPDATE decision SET category = '7'",
        "UPDATE decision SET at = '2001-01-01'",
        "UPDATE decision SET actor = 'x'",
        # The older decision becomes the newer one.
        "UPDATE decision SET id = 100 WHERE id = 1",
        (
            "INSERT INTO decision SELECT 99, media_id, category, origin, note, actor, at, audit_seq"
            " FROM decision WHERE id = 1"
        ),
    ],
)
def test_a_change_of_what_is_stored_is_found(case: Path, statement: str) -> None:
    assert _fault(case) is None
    _tamper(case, statement)
    assert _fault(case) is not None


@pytest.mark.parametrize(
    ("statement", "table", "found"),
    [
        ("DELETE FROM hash_match", "hash_match", "was changed between"),
        ("UPDATE fingerprint SET quality = 0", "fingerprint", "was changed between"),
        ("UPDATE media_file SET size = 1 WHERE id = 1", "media_file", "was changed between"),
        # The next media passes for one that was matched already.
        (
            "UPDATE stage_run SET inputs = replace(inputs, ': 6', ': 7') WHERE stage = 'match'",
            "stage_run",
            "is not as",
        ),
    ],
)
def test_work_that_goes_on_does_not_cover_a_change(
    finished: Site, case: Path, tmp_path: Path, statement: str, table: str, found: str
) -> None:
    _tamper(case, statement)
    new = tmp_path / "new"
    new.mkdir()
    (new / "new.jpg").write_bytes(jpeg(77))
    finished.run("scan", new, "--case", case)
    assert f"the table {table} {found} audit record" in str(_fault(case))


def test_what_another_tool_adds_before_a_stage_runs_is_found(tmp_path: Path) -> None:
    with open_store(tmp_path / "case", create=True) as store:
        assert verify(store).fault is None
        store.close()
        with closing(sqlite3.connect(store.folder / "case.db")) as connection, connection:
            connection.execute("INSERT INTO stage_run VALUES ('queue', '')")
        assert "the table stage_run is not as audit record 0 left it" in str(verify(store).fault)


def test_a_scan_that_was_cut_off_is_noted_and_one_that_is_forged_found(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open scan would excuse every state of a file: nobody but the site can open one."""
    home = os.environ["TAMIS_HOME"]
    ours = site_key().public_key().public_bytes_raw()
    for place, holds in ((home, True), (str(tmp_path / "other"), False)):
        folder = tmp_path / str(holds)
        shutil.copytree(case, folder)
        monkeypatch.setenv("TAMIS_HOME", place)
        with open_store(folder) as store:
            with store.read() as connection:
                (*_rest, last) = log.records(connection, ["scan.end"])
            with store.write() as connection:
                log.append(connection, "scan.start", {"before": last.body["after"]})
            monkeypatch.setenv("TAMIS_HOME", home)
            _tamper(folder, "UPDATE media_file SET state = 'not_media' WHERE id = 1")
            result = verify(store)
        if holds:
            assert result.fault is None
            assert any("a scan was cut off after audit record" in note for note in result.notes)
            _tamper(folder, "DELETE FROM queue_place")  # nothing excuses that
            assert "the table queue_place" in str(_fault(folder))
        else:
            assert "signed with another key" in str(result.fault)
            assert result.keys == (ours,)


def test_through_the_command(finished: Site, case: Path, tmp_path: Path) -> None:
    """Every bypass of a log that is only chained, as a user would meet it."""
    held = finished.json("verify", case)
    assert held["holds"]
    assert held["notes"] == []
    (key,) = held["keys"]
    assert key in finished.run("verify", case).stdout
    other = Site(tmp_path)
    other.run("verify", case, "--key", key)
    alone = other.run("verify", case)
    assert "this site has no key" in alone.stderr
    other.run("decide", case, "0.jpg", "--category", "1")
    assert "signed with another key" in other.run("verify", case, status=1).stdout
    assert len(other.json("verify", case, "--key", key)["keys"]) == 2
    finished.run("verify", case, "--key", "nonsense", status=2)
    finished.run("verify", case, "--head", f"{10**30}:{'0' * 64}", status=2)
    both = [
        line for key in other.json("verify", case, "--key", key)["keys"] for line in ("--key", key)
    ]
    (first, *_rest) = (case / checkpoint.FILE).read_text().splitlines()
    (case / checkpoint.FILE).write_text(json.dumps(json.loads(first) | {"key": "00"}) + "\n")
    spoilt = finished.json("verify", case, *both, status=1)
    assert spoilt["fault"] == "checkpoints.jsonl line 1: not readable"
    french = finished.run("--lang", "fr", "verify", case, *both, status=1).stdout
    assert french.startswith("Non conforme : checkpoints.jsonl ligne 1 : illisible")
