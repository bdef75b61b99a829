"""Real and hostile files of the corpus, through the real pipeline."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tamis.config import Settings
from tamis.pipeline.scan import Scan
from tamis.store import files, ranks
from tamis.store.database import open_store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus


def _scan(folder: Path, case: Path) -> tuple[list[files.ListedFile], int]:
    with open_store(case, create=True) as store:
        Scan(store, Settings(workers=2, timeout_s=60)).run([folder])
        with store.read() as connection:
            return list(files.listing(connection)), len(list(ranks.queue(connection)))


@pytest.mark.parametrize("name", ["fuzz", "formats"])
def test_hostile_and_unusual_files_all_end_in_a_state(
    corpus: Path, tmp_path: Path, name: str
) -> None:
    folder = corpus / name
    listed, _ = _scan(folder, tmp_path / "case")
    walked = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {str(file.locator) for file in listed if len(file.locator.parts) == 1} == walked
    assert all(file.reason for file in listed if file.state != "examined")
    faults = [file for file in listed if file.reason.startswith(("crashed", "timeout", "error"))]
    assert faults == []


def test_every_good_picture_is_examined(corpus: Path, tmp_path: Path) -> None:
    listed, places = _scan(corpus / "real", tmp_path / "case")
    states = Counter(file.state.value for file in listed)
    assert states["examined"] >= 690
    assert states["unreadable"] == 0
    assert 500 < places <= states["examined"]
