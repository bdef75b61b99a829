"""The stages that follow taking in: matches with hash lists, stacks, assessments, queue.

Each notes from what it was made, and does nothing where that did not change.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.audit import log
from tamis.fingerprints.pdq import Pdq
from tamis.model import ListKind, MediaKind
from tamis.pipeline.assessing import assess
from tamis.pipeline.matching import find_matches
from tamis.pipeline.prioritise import prioritise
from tamis.pipeline.progress import Silent
from tamis.pipeline.stacking import stack_members
from tamis.pipeline.take_in import fingerprint_version
from tamis.store import digests, lists, media, results
from tamis.store.schema import media as media_table

if TYPE_CHECKING:
    from tamis.config import Settings
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store

_VERSION = "1"
_DISPLAYED = (MediaKind.IMAGE, MediaKind.VIDEO)
_LISTED = (ListKind.PROTECTED, ListKind.ILLEGAL, ListKind.GENERATED)
"""Kinds of lists whose media stand in the queue even where Tamis cannot tell what they are."""

_PDQ_BYTES = 32


def refresh(
    store: Store, settings: Settings, site: Store | None, progress: Progress | None = None
) -> bool:
    """Bring matches, stacks, assessments and queue up to date; say whether anything was done.

    The caller holds the writer's lock of the case.
    """
    progress = progress or Silent()
    done = [
        _match(store, settings, site, progress),
        _stack(store, settings, progress),
        assess(store, settings, progress) is not None,
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
        through = int(before.get("through", 0))
        # A media that was matched without a fingerprint may have got one since.
        unchanged = before.get("basis") == basis and before["fingerprints"] == (
            media.fingerprint_count(connection, Pdq.name, through)
        )
        if unchanged and through == last:
            return False
        progress.phase("match", None)
        after = through if unchanged else 0
        new = list(media.all_media(connection, after=after))
        prints = media.fingerprints(
            connection, Pdq.name, pdq_version(settings), _PDQ_BYTES, after=after
        )
        now = {
            "basis": basis,
            "through": last,
            "fingerprints": media.fingerprint_count(connection, Pdq.name, last),
        }
    found = [
        match
        for scope, holder in scopes.items()
        for match in find_matches(holder, scope, new, prints, settings)
    ]
    with store.write() as connection:
        before_digests = digests.of_stage(connection, "match")
        if not unchanged:
            results.clear_matches(connection)
        results.add_matches(connection, found)
        results.note_inputs(connection, "match", json.dumps(now, sort_keys=True))
        record = {"media": len(new), "matches": len(found)}
        _tell(connection, "match", record, before_digests)
    return True


def _stack(store: Store, settings: Settings, progress: Progress) -> bool:
    basis = [
        _VERSION,
        pdq_version(settings),
        settings.pdq_distance,
        settings.pdq_quality,
    ]
    with store.read() as connection:
        last = _last_media(connection)
        before = json.loads(results.inputs_of(connection, "stack") or "{}")
        listed = results.listed_media(connection, _LISTED, but_for=_DISPLAYED)
        now = {
            "basis": basis,
            "media": last,
            "fingerprints": media.fingerprint_count(connection, Pdq.name, last),
            "listed": listed,
        }
        if before == now:
            return False
        progress.phase("stack", None)
        others = set(listed)
        shown = [
            item
            for item in media.all_media(connection)
            if item.kind in _DISPLAYED or item.id in others
        ]
        prints = media.fingerprints(connection, Pdq.name, pdq_version(settings), _PDQ_BYTES)
        previous = []
        if before.get("basis") == basis and before["fingerprints"] == (
            media.fingerprint_count(connection, Pdq.name, before["media"])
        ):  # else a media that was stacked has got a fingerprint, or another one, since
            previous = results.stacks(connection)
    members = stack_members(shown, prints, previous, settings)
    with store.write() as connection:
        before_digests = digests.of_stage(connection, "stack")
        results.replace_stacks(connection, members)
        results.note_inputs(connection, "stack", json.dumps(now))
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
