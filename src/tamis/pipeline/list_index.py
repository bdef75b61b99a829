"""The PDQ index of all hash lists of a store, kept beside it where building it takes time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.errors import StoreError
from tamis.matching import HammingIndex
from tamis.store import lists

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.store.database import Store

WORTH_KEEPING = 100_000
"""Hashes from which on reading and building takes longer than opening what was kept."""


@dataclass(frozen=True, slots=True)
class ListIndex:
    """All PDQ fingerprints of all lists, searchable.

    Args:
        index: numbered as the arrays are.
        list_id: int64, shape (n,): the list each stands on.
        entry: int64, shape (n,): the entry of that list.
    """

    index: HammingIndex
    list_id: NDArray[np.int64]
    entry: NDArray[np.int64]


def list_index(holder: Store, settings: Settings) -> ListIndex:
    """Open the index kept for the present lists of `holder`, or build it.

    An index that was kept is memory-mapped; one that is damaged or of other lists is made again.
    """
    with holder.read() as connection:
        revision = lists.revision(connection)
        place = holder.folder / "pdq-index" / f"{revision[:32]}-{settings.pdq_quality}"
        if place.is_dir():
            try:
                return _open(place)
            except StoreError:
                shutil.rmtree(place, ignore_errors=True)
        listed = lists.listed_pdq(connection, settings.pdq_quality)
    index = HammingIndex.build(listed.hashes, distance=settings.pdq_distance)
    made = ListIndex(index, listed.list_id, listed.entry)
    if len(index) >= WORTH_KEEPING:
        _keep(made, place)
    return made


def _open(place: Path) -> ListIndex:
    index = HammingIndex.open(place / "hashes")
    try:
        rows = np.load(place / "rows.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise StoreError(f"{place}: {error}") from error
    if rows.shape != (2, len(index)):
        raise StoreError(f"{place}: rows and hashes do not belong together")
    return ListIndex(index, rows[0], rows[1])


def _keep(made: ListIndex, place: Path) -> None:
    """Write the index for later; the disk may be full, then it is built again next time."""
    shutil.rmtree(place.parent, ignore_errors=True)  # of lists as they were
    try:
        place.mkdir(parents=True)
        np.save(place / "rows.npy", np.stack([made.list_id, made.entry]))
        made.index.save(place / "hashes")
    except (OSError, StoreError):
        shutil.rmtree(place, ignore_errors=True)
