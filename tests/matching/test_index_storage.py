"""Saving an index and opening it again."""

from __future__ import annotations

import json
import mmap
import shutil

import numpy as np
import pytest
from hash_collections import ENGINES, around, collections, engine
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.errors import StoreError
from tamis.matching import HammingIndex, storage


def answers(index, queries):
    found = index.search(queries)
    return [found.query.tolist(), found.item.tolist(), found.distance.tolist()]


@settings(max_examples=25, deadline=None)
@given(
    collections(most=100), st.sampled_from(ENGINES), st.sampled_from(ENGINES), st.integers(0, 31)
)
def test_what_was_saved_answers_alike(tmp_path_factory, hashes, writer, reader, distance):
    folder = tmp_path_factory.mktemp("index") / "here"
    with engine(writer):
        index = HammingIndex.build(hashes, distance=distance)
        index.add(around(2, 20, np.random.default_rng(1)))
        index.remove(np.array([0, 3]))
        before = answers(index, hashes)
        index.save(folder)
    with engine(reader):
        opened = HammingIndex.open(folder)
        assert answers(opened, hashes) == before
        assert (len(opened), opened.distance) == (len(index), distance)


def test_an_opened_index_takes_additions_and_saves_over_itself(tmp_path):
    rng = np.random.default_rng(2)
    hashes, more = around(5, 100, rng), around(5, 80, rng)
    with engine("numba"):
        HammingIndex.build(hashes).save(tmp_path)
        index = HammingIndex.open(tmp_path)
        index.remove(index.add(more)[:10])
        before = answers(index, more)
        index.save(tmp_path)
        assert answers(index, more) == before
        again = HammingIndex.open(tmp_path)
        again.remove(np.array([11]))
        assert answers(HammingIndex.open(tmp_path), more) == before
    assert len(list(tmp_path.glob("data-*"))) == 1


def test_an_empty_index(tmp_path):
    HammingIndex.build(np.empty((0, 32), np.uint8)).save(tmp_path)
    assert len(HammingIndex.open(tmp_path)) == 0


def memory_of(array):
    return memory_of(array.base) if isinstance(array, np.ndarray) else array


def test_opening_maps_and_does_not_read(tmp_path):
    with engine("numba"):
        HammingIndex.build(around(5, 100, np.random.default_rng(1))).save(tmp_path)
        segment = HammingIndex.open(tmp_path)._segments[0]
    for array in (segment.hashes, segment.tables.items, segment.tables.following):
        assert isinstance(memory_of(array), mmap.mmap)


@pytest.fixture
def saved(tmp_path):
    with engine("numba"):
        index = HammingIndex.build(around(5, 100, np.random.default_rng(1)))
        index.remove(np.array([1]))
        index.save(tmp_path)
    return tmp_path


NAMES = ["0-hashes", "0-starts", "0-items", "0-following", "removed"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "harm", ["truncated", "emptied", "missing", "of other shape", "of objects"]
)
def test_broken_arrays_are_named(saved, name, harm):
    (path,) = saved.glob(f"data-*/{name}.npy")
    if harm == "truncated":
        path.write_bytes(path.read_bytes()[:-1])
    elif harm == "emptied":
        path.write_bytes(b"")
    elif harm == "missing":
        path.unlink()
    elif harm == "of other shape":
        np.save(path, np.load(path)[..., :-1])
    else:
        np.save(path, np.array([{}], dtype=object))
    with pytest.raises(StoreError, match=name):
        HammingIndex.open(saved)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 15), st.integers(0, 65536), st.integers(0, 2**32 - 1))
def test_tables_that_lead_outside_are_refused(tmp_path_factory, chunk, value, start):
    folder = tmp_path_factory.mktemp("index")
    with engine("numba"):
        HammingIndex.build(np.zeros((9, 32), np.uint8)).save(folder)
        (path,) = folder.glob("data-*/0-starts.npy")
        starts = np.load(path)
        inside = starts[chunk, max(0, value - 1)] <= start <= starts[chunk, min(65536, value + 1)]
        ends = {0: start == 0, 65536: start == 9}
        starts[chunk, value] = start
        np.save(path, starts)
        if inside and ends.get(value, True):
            HammingIndex.open(folder).search(np.zeros((1, 32), np.uint8))
        else:
            with pytest.raises(StoreError, match="damaged"):
                HammingIndex.open(folder)


def test_items_that_are_no_hashes_are_met_without_a_crash(saved):
    (path,) = saved.glob("data-*/0-items.npy")
    np.save(path, np.full_like(np.load(path), 2**32 - 1))
    with engine("numba"), pytest.raises(StoreError, match="damaged"):
        HammingIndex.open(saved).search(around(5, 100, np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "format version 2"),
        ({"format": "other"}, "does not describe"),
        ({"segments": 3}, "not a list of arrays"),
        ({"segments": [{"hashes": "many"}]}, "not a list of arrays"),
        ({"segments": [{"hashes": 99, "tables": True}]}, "0-hashes"),
        ({"distance": 40}, "not a list of arrays"),
        ({"data": None}, "not a list of arrays"),
        ({"data": "../elsewhere"}, "cannot be opened"),
    ],
)
def test_descriptions_that_do_not_fit(saved, change, reason):
    path = saved / storage.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(StoreError, match=reason):
        HammingIndex.open(saved)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe\x00"])
def test_descriptions_that_are_none(saved, content):
    (saved / storage.MANIFEST).write_bytes(content)
    with pytest.raises(StoreError, match=r"index\.json"):
        HammingIndex.open(saved)


def test_no_index_there(tmp_path):
    with pytest.raises(StoreError, match="there is no index"):
        HammingIndex.open(tmp_path / "nowhere")


def test_a_cut_save_leaves_the_old_index(saved, monkeypatch):
    whole = storage._write_array

    def full_disk(path, array):
        if path.name.endswith("items.npy"):
            raise OSError(28, "No space left on device")
        whole(path, array)

    monkeypatch.setattr(storage, "_write_array", full_disk)
    with engine("numba"):
        with pytest.raises(StoreError, match="No space left"):
            HammingIndex.build(np.zeros((3, 32), np.uint8)).save(saved)
        assert len(HammingIndex.open(saved)) == 99
    assert len(list(saved.glob("data-*"))) == 1


def test_a_killed_save_leaves_the_old_index(saved):
    (data,) = saved.glob("data-*")
    shutil.copytree(data, saved / "data-unfinished")
    (saved / "data-unfinished" / "0-items.npy").unlink()
    with engine("numba"):
        index = HammingIndex.open(saved)
        assert len(index) == 99
        index.save(saved)
    assert not (saved / "data-unfinished").exists()
