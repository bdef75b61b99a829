from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tamis.config import Settings
from tamis.model import HashEntry
from tamis.pipeline import list_index as room
from tamis.store import lists
from tamis.store.database import Store, open_store

if TYPE_CHECKING:
    from pathlib import Path

HASHES = np.random.default_rng(1).integers(0, 256, (50, 32), dtype=np.uint8)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(room, "WORTH_KEEPING", 10)
    with open_store(tmp_path / "site", create=True) as opened:
        add(opened, "first", HASHES)
        yield opened


def add(store: Store, name: str, hashes: np.ndarray) -> None:
    row = {"name": name, "kind": "illegal", "format": "csv", "file_sha256": bytes(32)}
    entries = [HashEntry({"pdq": value.tobytes()}, quality=80 if n % 2 else None)
               for n, value in enumerate(hashes)]  # fmt: skip
    with store.write() as connection:
        lists.add(connection, row | {"imported_at": name}, entries)


def found(store: Store) -> set[tuple[int, int, int]]:
    made = room.list_index(store, Settings())
    hits = made.index.search(HASHES)
    return {
        (query, int(made.list_id[item]), int(made.entry[item]))
        for query, item in zip(hits.query.tolist(), hits.item.tolist(), strict=True)
    }


def test_what_was_kept_finds_what_was_built(store: Store) -> None:
    built = found(store)
    assert built == {(number, 1, number) for number in range(50)}
    (kept,) = (store.folder / "pdq-index").iterdir()
    before = (kept / "rows.npy").stat().st_mtime_ns
    assert found(store) == built
    assert (kept / "rows.npy").stat().st_mtime_ns == before


def test_other_lists_make_another_index(store: Store) -> None:
    found(store)
    add(store, "second", HASHES[:5])
    assert found(store) == {(n, 1, n) for n in range(50)} | {(n, 2, n) for n in range(5)}
    assert len(list((store.folder / "pdq-index").iterdir())) == 1


def _kept_files(store: Store) -> list[Path]:
    return sorted(path for path in (store.folder / "pdq-index").rglob("*") if path.is_file())


def test_a_damaged_index_is_made_again(store: Store) -> None:
    built = found(store)
    number = len(_kept_files(store))
    assert number >= 3
    for damaged in range(number):
        path = _kept_files(store)[damaged]
        path.write_bytes(path.read_bytes()[:-20])
        assert found(store) == built


def test_hashes_of_low_quality_are_left_out(store: Store) -> None:
    made = room.list_index(store, Settings(pdq_quality=90))
    assert len(made.index) == 25
