"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
