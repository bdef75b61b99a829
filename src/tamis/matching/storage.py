"""Saving an index, and opening it memory-mapped.

A folder holds ``index.json``, which names the format version, the folder of data now valid and the
shape of every array, and that folder of ``.npy`` files. Saving writes a new folder of data first
and then replaces ``index.json`` in one step, so that a cut at any moment leaves the old index or
the new one. Opening checks names, types, shapes, file sizes and the bounds of the tables, but does
not read what is large; the kernels check item numbers as they meet them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tamis.errors import StoreError
from tamis.matching.hashes import HASH_BYTES
from tamis.matching.plan import CHUNK_VALUES, CHUNKS, check_distance
from tamis.matching.segment import PADDING, Segment, Tables, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT: Final = "tamis-hamming-index"
VERSION: Final = 1
MANIFEST: Final = "index.json"


def save(
    folder: Path, segments: list[Segment], removed: NDArray[np.bool_] | None, distance: int
) -> None:
    """Save `segments`, the flags of the hashes `removed` and the usual `distance` in `folder`.

    Raises:
        StoreError: if it cannot be written; what was there before is kept.
    """
    data = folder / f"data-{uuid.uuid4().hex}"
    try:
        data.mkdir(parents=True)
        for number, segment in enumerate(segments):
            for name, array in _arrays(segment).items():
                _write_array(data / f"{number}-{name}.npy", array)
        if removed is not None:
            _write_array(data / "removed.npy", removed)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "distance": distance,
            "data": data.name,
            "segments": [
                {"hashes": len(segment), "tables": segment.tables is not None}
                for segment in segments
            ],
            "removed": removed is not None,
        }
        _replace_manifest(folder, json.dumps(manifest, indent=1))
    except OSError as error:
        shutil.rmtree(data, ignore_errors=True)
        raise StoreError(f"{folder}: the index cannot be written: {error}") from error
    for other in folder.glob("data-*"):
        if other != data:
            shutil.rmtree(other, ignore_errors=True)


def load(folder: Path) -> tuple[list[Segment], NDArray[np.bool_] | None, int]:
    """Open what `save` wrote.

    Raises:
        StoreError: if there is no index, or it is broken or of another format version.
    """
    manifest = _read_manifest(folder / MANIFEST)
    try:
        data = folder / Path(manifest["data"]).name
        segments = [
            _open_segment(data, number, int(entry["hashes"]), with_tables=bool(entry["tables"]))
            for number, entry in enumerate(manifest["segments"])
        ]
        distance = check_distance(manifest["distance"])
        removed = None
        if manifest["removed"]:
            total = sum(len(segment) for segment in segments)
            removed = _open_array(data / "removed.npy", np.dtype(bool), (total,))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{folder / MANIFEST}: not a list of arrays: {error!r}") from error
    return segments, removed, distance


def _arrays(segment: Segment) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"hashes": segment.hashes}
    if segment.tables is not None:
        arrays["starts"] = segment.tables.starts
        arrays["items"] = segment.tables.items
        arrays["following"] = segment.tables.following
    return arrays


def _open_segment(data: Path, number: int, count: int, *, with_tables: bool) -> Segment:
    def column(name: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        return frozen(_open_array(data / f"{number}-{name}.npy", np.dtype(dtype), shape))

    hashes = column("hashes", "u1", (count, HASH_BYTES))
    if not with_tables:
        return Segment(hashes, None)
    starts = column("starts", "<u4", (CHUNKS, CHUNK_VALUES + 1))
    if (
        starts[:, 0].any()
        or (starts[:, -1] != count).any()
        or (starts[:, 1:] < starts[:, :-1]).any()
    ):
        raise StoreError(f"{data}: the tables of segment {number} are damaged")
    items = column("items", "<u4", (CHUNKS, count))
    following = column("following", "<u2", (CHUNKS, count + PADDING))
    return Segment(hashes, Tables(starts, items, following))


def _open_array(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise StoreError(f"{path}: cannot be opened: {error}") from error
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise StoreError(
            f"{path}: holds {array.dtype} of {array.shape} where {dtype} of {shape} belongs"
        )
    return array


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: there is no index here: {error}") from error
    except ValueError as error:
        raise StoreError(f"{path}: is not JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StoreError(f"{path}: does not describe an index of perceptual hashes")
    if manifest.get("version") != VERSION:
        raise StoreError(
            f"{path}: format version {manifest.get('version')}; this Tamis reads {VERSION}"
        )
    return manifest


def _replace_manifest(folder: Path, text: str) -> None:
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    with contextlib.suppress(OSError):  # not every file system syncs folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_array(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
