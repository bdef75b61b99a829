"""A confined worker reads evidence and does nothing else."""

from __future__ import annotations

import multiprocessing
import os
import platform
import subprocess
import sys
from pathlib import Path

import hostile_tasks
import pytest

from tamis.isolate import Confinement, Level, SafePool, Status, probe
from tamis.isolate.confinement import runtime_paths

FOUND = probe()
needs_landlock = pytest.mark.skipif(
    not FOUND.landlock, reason=f"the kernel has no Landlock: {FOUND.reasons}"
)
needs_seccomp = pytest.mark.skipif(
    not FOUND.seccomp, reason=f"the kernel has no seccomp: {FOUND.reasons}"
)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def evidence(tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "meadow.jpg").write_bytes(b"grass")
    (tmp_path / "secret").write_bytes(b"not evidence")
    (folder / "way_out").symlink_to(tmp_path / "secret")
    return folder


def attempt(names, readable=(), **options):
    options = {"workers": 1, "timeout": 30.0, "memory": 1 << 30} | options
    pool = SafePool(hostile_tasks.attempt, readable=readable, **options)
    outcomes = list(pool.map(names))
    assert {outcome.status for outcome in outcomes} <= {Status.OK, Status.ERROR}
    return {outcome.item.split("=")[0]: outcome.value or outcome.detail for outcome in outcomes}


def test_evidence_can_be_read(evidence):
    names = [f"read={evidence / 'meadow.jpg'}", f"list={evidence}"]
    answers = attempt(names, readable=(evidence,))
    assert answers["read"] == b"grass"
    assert sorted(answers["list"]) == ["meadow.jpg", "way_out"]


def test_a_single_file_can_be_evidence(evidence):
    answers = attempt([f"read={evidence / 'meadow.jpg'}"], readable=(evidence / "meadow.jpg",))
    assert answers["read"] == b"grass"


@needs_landlock
@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{evidence}/../secret", "{evidence}/way_out", "/proc/1/cmdline"]
)
def test_nothing_else_can_be_read(evidence, path):
    path = path.format(evidence=evidence)
    assert attempt([f"read={path}"], readable=(evidence,)) == {"read": "PermissionError"}


@needs_landlock
def test_evidence_elsewhere_cannot_be_listed(evidence):
    assert attempt([f"list={evidence}"]) == {"list": "PermissionError"}


@pytest.mark.skipif(FOUND.level is Level.LIMITS, reason="needs Landlock or seccomp")
def test_evidence_cannot_be_changed(evidence):
    picture, new = evidence / "meadow.jpg", evidence / "new"
    before = picture.stat()
    names = [f"{name}={picture}" for name in ("append", "unlink", "rename")]
    names += [f"{name}={new}" for name in ("create", "mkdir", "link")]
    answers = attempt(names, readable=(evidence,))
    assert set(answers.values()) == {"PermissionError"}
    assert not new.exists()
    assert picture.stat() == before


@needs_seccomp
def test_modes_and_times_of_evidence_cannot_be_changed(evidence):
    picture = evidence / "meadow.jpg"
    before = picture.stat()
    answers = attempt([f"chmod={picture}", f"utime={picture}"], readable=(evidence,))
    assert set(answers.values()) == {"PermissionError"}
    assert picture.stat() == before


@needs_seccomp
@pytest.mark.parametrize(
    "name",
    [
        "socket",
        "unix",
        "udp",
        "fork",
        "clone",
        "exec",
        "run",
        "ptrace",
        "signal",
        "group",
        "chroot",
    ],
)
def test_the_world_is_out_of_reach(name):
    assert attempt([name]) == {name: "PermissionError"}


@needs_seccomp
def test_root_cannot_change_its_root():
    assert attempt(["chroot"]) == {"chroot": "PermissionError"}


@needs_seccomp
def test_limits_cannot_be_raised():
    assert "ValueError" in attempt(["limit"])["limit"]


def test_ordinary_work_goes_on():
    answers = attempt(["thread", "mmap", "import=wave", "poll", "isatty"])
    assert answers == {
        "thread": [499500] * 4,
        "mmap": 4096,
        "import": "wave",
        "poll": 3,
        "isatty": [False] * 3,
    }


@needs_linux
def test_a_worker_holds_no_way_to_other_processes():
    answers = attempt(["descriptors", "standard", "threads"])
    assert len(answers["descriptors"]) == 1  # its own channel
    assert answers["standard"] == ["/dev/null"] * 3
    assert answers["threads"][0] == "1"


@needs_linux
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="needs root to become another")
@pytest.mark.skipif(
    "/root/" in sys.base_prefix + sys.prefix, reason="another user cannot run this Python"
)
def test_an_ordinary_user_is_confined_as_well():
    script = "from tamis.isolate import probe; print(probe().level)"
    answer = subprocess.run(
        [sys.executable, "-c", script], user=65534, group=65534, capture_output=True, text=True
    )
    assert answer.stdout.strip() == FOUND.level


def test_pool_says_how_its_workers_are_confined(evidence):
    pool = SafePool(
        hostile_tasks.double, workers=1, timeout=30.0, memory=1 << 30, readable=(evidence,)
    )
    assert pool.confinement == FOUND
    assert list(pool.map([1]))
    assert pool.confinement == FOUND


def test_confinement_is_told_in_one_line():
    told = Confinement(Level.PARTIAL, 4, False, ("memory", "core"))
    assert str(told) == "partial (Landlock 4; limits of memory, core)"
    assert str(Confinement(Level.NONE)) == "none"


def test_folders_that_are_gone_are_passed_over(tmp_path):
    assert attempt(["poll"], readable=(tmp_path / "gone",)) == {"poll": 3}


def test_python_paths_leave_out_the_current_and_the_home_folder(tmp_path, monkeypatch):
    home, here, modules = tmp_path / "home", tmp_path / "here", tmp_path / "modules"
    for folder in (home, here, modules):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", [*sys.path, "", "/", str(home), str(here), str(modules)])
    paths = {Path(path) for path in runtime_paths()}
    assert modules in paths
    assert not paths & {home, here, Path("/")}


@needs_linux
def test_fork_server_is_there_on_linux():
    assert "forkserver" in multiprocessing.get_all_start_methods()
    assert platform.system() == "Linux"
