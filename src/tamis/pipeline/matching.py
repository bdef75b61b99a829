"""Finding media on hash lists: exactly by cryptographic hash, nearly by PDQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.fingerprints.pdq import Pdq
from tamis.pipeline.list_index import list_index
from tamis.store import lists
from tamis.store.results import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa
    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.matching.matches import Matches
    from tamis.pipeline.list_index import ListIndex
    from tamis.store.database import Store
    from tamis.store.media import Fingerprints, StoredMedia

_PDQ_BYTES = 32
_BATCH = 256
"""Media searched at a time: where a case and a list hold one scene a thousand times over, the near
pairs of all media at once would not fit in memory."""

_NEAREST = 10
"""Near entries of one list kept for one media."""


def find_matches(
    holder: Store, scope: str, new: list[StoredMedia], prints: Fingerprints, settings: Settings
) -> Iterator[Match]:
    """Yield which of these media are on the lists of one store.

    Args:
        holder: of the lists.
        scope: what the store is to the case: ``site`` or ``case``.
        new: media.
        prints: their PDQ fingerprints.
        settings: distance and quality.
    """
    with holder.read() as connection:
        for algorithm in lists.exact_algorithms(connection):
            by_value: dict[bytes, list[int]] = {}
            for item in new:
                by_value.setdefault(getattr(item, algorithm), []).append(item.id)
            for hit in lists.find_exact(connection, algorithm, list(by_value)):
                for media_id in by_value[hit.value]:
                    yield Match(
                        media_id,
                        scope,
                        hit.list_name,
                        hit.list_kind,
                        hit.entry,
                        algorithm,
                        category=hit.category,
                    )
    listed = list_index(holder, settings)
    if len(listed.index):
        with holder.read() as connection:
            yield from _near_matches(connection, listed, scope, prints, settings)


def _near_matches(
    connection: sa.Connection,
    listed: ListIndex,
    scope: str,
    prints: Fingerprints,
    settings: Settings,
) -> Iterator[Match]:
    usable = np.flatnonzero(prints.quality >= settings.pdq_quality)
    orientations = prints.variants.shape[1]
    for start in range(0, len(usable), _BATCH):
        part = usable[start : start + _BATCH]
        queries = prints.variants[part].reshape(-1, _PDQ_BYTES)
        hits = listed.index.search(queries, settings.pdq_distance)
        near = _nearest(hits, listed, orientations)
        entries = _entries(connection, listed, hits.item[near])
        for hit in near.tolist():
            row, orientation = divmod(int(hits.query[hit]), orientations)
            item = int(hits.item[hit])
            found = entries[int(listed.list_id[item]), int(listed.entry[item])]
            yield Match(
                int(prints.media_id[part[row]]),
                scope,
                found.list_name,
                found.list_kind,
                found.entry,
                Pdq.name,
                int(hits.distance[hit]),
                orientation,
                found.category,
            )


def _nearest(hits: Matches, listed: ListIndex, orientations: int) -> NDArray[np.intp]:
    """Choose for each media and list the nearest entries, each in its nearest orientation."""
    media, list_id, entry = (
        hits.query // orientations,
        listed.list_id[hits.item],
        listed.entry[hits.item],
    )
    order = np.lexsort((hits.query, hits.distance, entry, list_id, media))
    order = order[_begins(media[order], list_id[order], entry[order])]
    order = order[np.lexsort((entry[order], hits.distance[order], list_id[order], media[order]))]
    begins = np.flatnonzero(_begins(media[order], list_id[order]))
    sizes = np.diff(np.append(begins, len(order)))
    place = np.arange(len(order)) - np.repeat(begins, sizes)
    return order[place < _NEAREST]


def _begins(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the first of each run of rows that are equal in all columns."""
    first = np.ones(len(columns[0]), np.bool_)
    if len(first):
        first[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return first


def _entries(
    connection: sa.Connection, listed: ListIndex, items: NDArray[np.int64]
) -> dict[tuple[int, int], lists.ListHit]:
    """What the lists say of these items of the index, each entry read once."""
    found = {}
    for list_id in np.unique(listed.list_id[items]).tolist():
        own = items[listed.list_id[items] == list_id]
        for hit in lists.hits(connection, list_id, np.unique(listed.entry[own]).tolist()):
            found[list_id, hit.entry] = hit
    return found
