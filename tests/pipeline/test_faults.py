"""Fault drills: what happens when a worker dies, the scan is killed, the disk is full."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from pictures import camera_jpeg, field, jpeg, stamped_png

MANY = 1500

EVIL = """
import ctypes, os, signal, time
from tamis.examination import Examination
from tamis.fingerprint import Fingerprint

class EvilPrint(Fingerprint):
    name, version = "evil", "1"

    def compute(self, content):
        if b"<always>" in content.data:
            os.kill(os.getpid(), signal.SIGKILL)
        return None

class Evil(Examination):
    name, version = "test.evil", "1"
    reference = conditions = failures = "a test"

    def examine(self, content):
        if b"<crash>" in content.data:
            ctypes.string_at(0)
        if b"<hang>" in content.data:
            while True:
                pass
        if b"<eat>" in content.data:
            return [bytearray(20 << 30)]
        if b"<kill>" in content.data:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"<exit>" in content.data:
            os._exit(3)
        if b"<raise>" in content.data:
            raise ValueError("no such luck")
        if b"<write>" in content.data:
            open("/tmp/tamis-was-here", "w")
        return []
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"TAMIS_HOME": str(tmp_path / "home"), "TAMIS_TIMEOUT_S": "5"}


@pytest.fixture
def evil(tmp_path: Path, environment: dict[str, str]) -> dict[str, str]:
    """An environment with one more of each plug-in, found as anyone's are."""
    site = tmp_path / "site"
    (site / "evil-1.dist-info").mkdir(parents=True)
    (site / "evil_examination.py").write_text(EVIL)
    (site / "evil-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\n")
    (site / "evil-1.dist-info" / "entry_points.txt").write_text(
        "[tamis.examinations]\ntest.evil = evil_examination:Evil\n"
        "[tamis.fingerprints]\nevil = evil_examination:EvilPrint\n"
    )
    return environment | {"PYTHONPATH": str(site)}


def tamis(environment: dict[str, str], *arguments: object) -> dict[str, object]:
    command = [sys.executable, "-m", "tamis", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_a_hostile_file_does_to_its_worker_costs_only_itself(
    tmp_path: Path, evil: dict[str, str]
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for number in range(40):
        (evidence / f"good {number:02d}.jpg").write_bytes(jpeg(number))
    faults = ("crash", "hang", "eat", "kill", "exit", "raise", "write", "always")
    for number, fault in enumerate(faults):
        marker = f"<{fault}>".encode()
        (evidence / f"good {5 * number:02d} {fault}.jpg").write_bytes(jpeg(100 + number) + marker)
    case = tmp_path / "case"
    result = tamis(evil, "scan", evidence, "--case", case, "--workers", 2)
    listed = tamis(evil, "status", case, "--files")["files"]
    by_fault = {
        fault: next(item for item in listed if item["path"].endswith(f" {fault}.jpg"))
        for fault in faults
    }
    assert result["counts"]["examined"] == 40
    assert sum(result["counts"].values()) == 48
    for fault, reason in (
        ("crash", "crashed: SIGSEGV"),
        ("hang", "timeout: no answer in"),
        ("eat", "memory"),
        ("kill", "crashed: SIGKILL"),
        ("exit", "crashed: exit"),
    ):
        # What killed the examination must not hide the picture from the lists of known ones.
        assert by_fault[fault]["state"] == "partly_examined"
        assert by_fault[fault]["reason"].startswith(reason)
        shown = tamis(evil, "show", case, by_fault[fault]["path"])
        assert len(shown["fingerprints"]["pdq"]) == 64
    # What kills the decoder or a fingerprint too is at least digested.
    assert by_fault["always"]["state"] == "unreadable"
    assert by_fault["always"]["reason"].startswith("crashed: SIGKILL")
    shown = tamis(evil, "show", case, by_fault["always"]["path"])
    assert len(shown["fingerprints"]["md5"]) == 32
    assert by_fault["raise"]["state"] == "partly_examined"
    assert "test.evil: error: ValueError: no such luck" in by_fault["raise"]["reason"]
    if result["confinement"] == "full":
        assert by_fault["write"]["state"] == "partly_examined"
        assert "PermissionError" in by_fault["write"]["reason"]
    again = tamis(evil, "scan", evidence, "--case", case)
    assert again["looked_at"] == 0  # a file that kills its worker does so once, not every time


def _dump(case: Path) -> dict[str, list[tuple[object, ...]]]:
    """The whole state of a case, without row numbers and without the times of the audit log."""
    queries = {
        "files": "SELECT s.location, f.locator, f.size, f.state, f.reason, m.sha256"
        " FROM media_file f JOIN source s ON s.id = f.source_id"
        " LEFT JOIN media m ON m.id = f.media_id",
        "media": "SELECT sha256, sha1, md5, size, kind, format, width, height FROM media",
        "prints": "SELECT m.sha256, p.kind, p.version, p.variants, p.quality FROM fingerprint p"
        " JOIN media m ON m.id = p.media_id",
        "runs": "SELECT m.sha256, r.examination, r.version, r.failure FROM examination_run r"
        " JOIN media m ON m.id = r.media_id",
        "observations": "SELECT m.sha256, o.examination, o.version, o.position, o.name, o.value,"
        " o.score FROM observation o JOIN media m ON m.id = o.media_id",
        "stacks": "SELECT m.sha256, r.sha256, s.distance FROM stack s JOIN media m"
        " ON m.id = s.media_id JOIN media r ON r.id = s.representative_id",
        "queue": "SELECT q.turn, q.tie, m.sha256, q.priority, q.band, q.reasons FROM queue_place q"
        " JOIN media m ON m.id = q.media_id",
    }
    with closing(sqlite3.connect(case / "case.db")) as connection:
        return {
            name: sorted(connection.execute(query).fetchall(), key=repr)
            for name, query in queries.items()
        }


def _recorded(case: Path) -> dict[str, str]:
    """The digests in the newest records of the log, but for what stages were made from: that has
    row numbers and times."""
    with closing(sqlite3.connect(case / "case.db")) as connection:
        newest = (
            "SELECT body FROM audit WHERE verb IN ('scan.end', 'match', 'stack', 'queue')"
            " GROUP BY verb HAVING max(seq)"
        )
        bodies = [json.loads(body) for (body,) in connection.execute(newest)]
    found = {name: digest for body in bodies for name, digest in body["after"].items()}
    assert len(found) == 11
    del found["stage_run"]
    return found


def _ended(case: Path) -> int:
    """How many files of a case, that may be in the making, have come to an end."""
    try:
        with closing(sqlite3.connect(f"file:{case / 'case.db'}?mode=ro", uri=True)) as connection:
            query = "SELECT count(*) FROM media_file WHERE state != 'taken_in'"
            return connection.execute(query).fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    evidence = tmp_path_factory.mktemp("many") / "evidence"
    for number in range(MANY):
        folder = evidence / f"{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        maker = (jpeg, camera_jpeg, stamped_png)[number % 3]
        (folder / f"{number}").write_bytes(maker(number // 2))
    return evidence


def test_a_scan_killed_at_any_moment_ends_as_one_that_was_not(
    tmp_path: Path, many: Path, environment: dict[str, str]
) -> None:
    whole = tmp_path / "whole"
    tamis(environment, "scan", many, "--case", whole, "--seed", "5eed")
    case = tmp_path / "case"
    command = [sys.executable, "-m", "tamis", "scan", str(many), "--case", str(case)]
    command += ["--seed", "5eed"]
    # At odd moments of the start, then whenever some more files have come to an end.
    for ended, delay in ((0, 0.3), (0, 1.1), (0, 2.2), (1, 0), (400, 0), (700, 0.01), (1000, 0.1)):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and _ended(case) < ended:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    finished = _ended(case)
    assert 0 < finished < MANY
    last = tamis(environment, "scan", many, "--case", case)
    assert last["looked_at"] == MANY - finished  # nothing finished is done again
    assert _dump(case) == _dump(whole)
    assert _recorded(case) == _recorded(whole)
    assert tamis(environment, "verify", case)["holds"]


def test_a_killed_scan_leaves_no_process_behind(
    tmp_path: Path, many: Path, environment: dict[str, str]
) -> None:
    mark = environment | {"TAMIS_TEST_MARK": str(tmp_path)}
    command = [sys.executable, "-m", "tamis", "scan", str(many), "--case", str(tmp_path / "case")]
    process = subprocess.Popen(
        command, env=mark, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(2)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while (left := _marked(str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def _marked(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"TAMIS_TEST_MARK={mark}".encode() in environment:
            found.append(process.name)
    return found


def test_a_full_disk_is_said_and_the_case_goes_on_when_there_is_room(
    tmp_path: Path, many: Path, environment: dict[str, str]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=2m none {small} && {sys.executable} -m tamis scan {many} "
        f"--case {small}/case; status=$?; cp -r {small}/case {tmp_path}/saved; exit $status"
    )
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("needs the right to mount a small file system (root and unshare)")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    assert "the disk is full; the case is intact" in done.stderr
    saved = tmp_path / "saved"
    result = tamis(environment, "scan", "--case", saved)
    assert sum(result["counts"].values()) == MANY
    assert tamis(environment, "verify", saved)["holds"]


def test_the_first_scan_of_a_new_installation_compiles_nothing_in_its_workers(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    environment["NUMBA_CACHE_DIR"] = str(tmp_path / "compiled")
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for number in range(6):
        picture = field(number)
        picture.save(evidence / f"{number}.jpg", quality=90)
        for mode in ("RGB", "RGBA", "L", "P", "1"):
            picture.convert(mode).save(evidence / f"{number} {mode}.png")
        picture.convert("CMYK").save(evidence / f"{number} cmyk.jpg")
    result = tamis(environment, "scan", evidence, "--case", tmp_path / "case", "--workers", 2)
    assert result["counts"]["examined"] == 6 * 7
