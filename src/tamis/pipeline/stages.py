"""The stages that follow taking in: matches with hash lists, stacks, the queue.

Each notes from what it was made, and does nothing where that did not change.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa

from tamis.audit import log
from tamis.fingerprints.pdq import Pdq
from tamis.model import MediaKind
from tamis.pipeline.list_index import list_index
from tamis.pipeline.prioritise import prioritise
from tamis.pipeline.progress import Silent
from tamis.pipeline.stacking import stack_members
from tamis.pipeline.take_in import fingerprint_version
from tamis.store import digests, lists, media, results
from tamis.store.results import Match
from tamis.store.schema import fingerprint as fingerprint_table
from tamis.store.schema import media as media_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.config import Settings
    from tamis.pipeline.list_index import ListIndex
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store
    from tamis.store.media import Fingerprints, StoredMedia

_VERSION = "1"
_PDQ_BYTES = 32


def refresh(
    store: Store, settings: Settings, site: Store | None, progress: Progress | None = None
) -> bool:
    """Bring matches, stacks and queue up to date; say whether anything was done.

    The caller holds the writer's lock of the case.
    """
    progress = progress or Silent()
    done = [
        _match(store, settings, site, progress),
        _stack(store, settings, progress),
        prioritise(store, settings, progress),
    ]
    return any(done)


def pdq_version(settings: Settings) -> str:
    """The version of PDQ that is matched and stacked."""
    return fingerprint_version(Pdq(), strict=settings.strict_pdq)


def _last_media(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.select(sa.func.max(media_table.c.id))) or 0)


def _match(store: Store, settings: Settings, site: Store | None, progress: Progress) -> bool:
    scopes = {"case": store} | ({"site": site} if site else {})
    lists_now = {}
    for scope, holder in scopes.items():
        with holder.read() as connection:
            lists_now[scope] = lists.revision(connection)
    basis = {
        "version": _VERSION,
        "lists": lists_now,
        "pdq": [pdq_version(settings), settings.pdq_distance, settings.pdq_quality],
    }
    with store.read() as connection:
        before = json.loads(results.inputs_of(connection, "match") or "{}")
        last = _last_media(connection)
    unchanged = before.get("basis") == basis
    done_through = int(before.get("through", 0)) if unchanged else 0
    if unchanged and done_through == last:
        return False
    progress.phase("match", None)
    with store.read() as connection:
        new = list(media.all_media(connection, after=done_through))
        prints = media.fingerprints(
            connection, Pdq.name, pdq_version(settings), _PDQ_BYTES, after=done_through
        )
    found = [
        match
        for scope, holder in scopes.items()
        for match in _matches(holder, scope, new, prints, settings)
    ]
    with store.write() as connection:
        before_digests = digests.of_stage(connection, "match")
        if not unchanged:
            results.clear_matches(connection)
        results.add_matches(connection, found)
        results.note_inputs(
            connection, "match", json.dumps({"basis": basis, "through": last}, sort_keys=True)
        )
        record = {"media": len(new), "matches": len(found)}
        _tell(connection, "match", record, before_digests)
    return True


def _matches(
    holder: Store, scope: str, new: list[StoredMedia], prints: Fingerprints, settings: Settings
) -> Iterator[Match]:
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
    if not len(usable):
        return
    orientations = prints.variants.shape[1]
    queries = prints.variants[usable].reshape(-1, _PDQ_BYTES)
    hits = listed.index.search(queries, settings.pdq_distance)
    # The nearest orientation first: of one list entry only that match is kept.
    order = np.lexsort((hits.query, hits.distance))
    seen = set()
    for query, item, distance in zip(
        hits.query[order].tolist(),
        hits.item[order].tolist(),
        hits.distance[order].tolist(),
        strict=True,
    ):
        row, orientation = divmod(query, orientations)
        media_id = int(prints.media_id[usable[row]])
        list_id, entry = int(listed.list_id[item]), int(listed.entry[item])
        if (media_id, list_id, entry) in seen:
            continue
        seen.add((media_id, list_id, entry))
        hit = lists.hit(connection, list_id, entry)
        yield Match(
            media_id,
            scope,
            hit.list_name,
            hit.list_kind,
            entry,
            Pdq.name,
            distance,
            orientation,
            hit.category,
        )


def _stack(store: Store, settings: Settings, progress: Progress) -> bool:
    basis = [
        _VERSION,
        pdq_version(settings),
        settings.pdq_distance,
        settings.pdq_quality,
    ]
    with store.read() as connection:
        number = connection.scalar(sa.select(sa.func.count()).select_from(fingerprint_table))
        last = _last_media(connection)
        before = json.loads(results.inputs_of(connection, "stack") or "{}")
        now = {"basis": basis, "media": last, "fingerprints": number}
        if before and before == now | {"stacked": before["stacked"]}:
            return False
        progress.phase("stack", None)
        shown = [
            item
            for item in media.all_media(connection)
            if item.kind in {MediaKind.IMAGE, MediaKind.VIDEO}
        ]
        prints = media.fingerprints(connection, Pdq.name, pdq_version(settings), _PDQ_BYTES)
        previous = results.stacks(connection) if before.get("basis") == basis else []
    usable = prints.quality >= settings.pdq_quality
    if before.get("stacked") != (usable & (prints.media_id <= before.get("media", 0))).sum():
        previous = []  # a media that was stacked alone has got a fingerprint since
    members, stacked = stack_members(shown, prints, previous, settings)
    with store.write() as connection:
        before_digests = digests.of_stage(connection, "stack")
        results.replace_stacks(connection, members)
        results.note_inputs(connection, "stack", json.dumps(now | {"stacked": stacked}))
        heads = {member.representative_id for member in members}
        record = {"media": len(members), "stacks": len(heads)}
        _tell(connection, "stack", record, before_digests)
    return True


def _tell(
    connection: sa.Connection, stage: str, record: dict[str, int], before: dict[str, str]
) -> None:
    """Tell the audit log what a stage came to, and the digests of what it found and what it left.

    The first must be those the stage left the time before: so no change that was made in between
    passes for its work.
    """
    after = digests.of_stage(connection, stage)
    log.append(connection, stage, {**record, "before": before, "after": after})
