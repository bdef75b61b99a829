"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from pictures import camera_jpeg, jpeg, stamped_png
from tamis.store.database import Store, open_store
from users import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

# How long a test takes says nothing of what it tests, and on a busy machine a lot of the others.
settings.register_profile("tamis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tamis")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The shared corpus of benign pictures; the test is skipped where it is absent."""
    path = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not (path / "real" / "manifest.csv").is_file():
        pytest.skip("needs the corpus of benign pictures (set TAMIS_CORPUS to its folder)")
    return path


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings, lists and keys of the person who runs it."""
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.evidence.mkdir()
    (site.evidence / "one.jpg").write_bytes(jpeg(1))
    (site.evidence / "one again.jpg").write_bytes(jpeg(1, quality=60))
    (site.evidence / "camera.jpg").write_bytes(camera_jpeg(2))
    (site.evidence / "stamped.png").write_bytes(stamped_png(3))
    (site.evidence / "=cmd.jpg").write_bytes(jpeg(4))
    (site.evidence / "broken.jpg").write_bytes(jpeg(5)[:40] + bytes(400))
    (site.evidence / "[red]notes.txt").write_text("nothing")
    site.run("scan", site.evidence, "--case", site.case, "--seed", "5eed")
    return site


@pytest.fixture
def site(scanned: Site, tmp_path: Path) -> Site:
    """A fresh case of the same evidence."""
    fresh = Site(tmp_path)
    fresh.evidence = scanned.evidence
    fresh.run("scan", fresh.evidence, "--case", fresh.case, "--seed", "5eed")
    return fresh


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new case, open."""
    with open_store(tmp_path / "case", create=True, seed=b"seed") as opened:
        yield opened
