"""Records what a person decided, and lets the queue follow at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.audit import checkpoint, log
from tamis.pipeline.prioritise import follow
from tamis.pipeline.stages import refresh
from tamis.store import decisions, results
from tamis.store.decisions import Decision
from tamis.store.naming import find

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tamis.config import Settings
    from tamis.store.database import Store


def record(
    store: Store,
    settings: Settings,
    site: Store | None,
    text: str,
    category: str | None,
    origin: str | None,
    note: str | None,
    *,
    whole_stack: bool = False,
) -> list[Decision]:
    """Store a decision with its audit record, in one transaction; return what was stored.

    Args:
        store: the case; the caller holds its writer's lock.
        settings: in force.
        site: the site's lists, where there are any.
        text: names the media: SHA-256, unique prefix, or path.
        category: in the scheme of the site.
        origin: ``capture``, ``synthetic``, ``hybrid`` or ``graphic``.
        note: free text.
        whole_stack: decide so on every media of the stack.

    Raises:
        MediaNotFoundError: no media, or more than one, answers to `text`.
    """
    seed = store.seed()
    with store.write() as connection:
        found = find(connection, text)
        digests = [found.sha256]
        if whole_stack:
            others = [sha256 for sha256, _, _ in results.stack_of(connection, found.id)]
            digests += [sha256 for sha256 in others if sha256 != found.sha256]
        made = [_record_one(connection, sha256, category, origin, note) for sha256 in digests]
        decided = [find(connection, sha256.hex()).id for sha256 in digests]
        followed = follow(connection, settings, seed, decided)
    if not followed:
        refresh(store, settings, site)
    checkpoint.sign(store)
    return made


def _record_one(
    connection: sa.Connection,
    sha256: bytes,
    category: str | None,
    origin: str | None,
    note: str | None,
) -> Decision:
    body = {"sha256": sha256.hex(), "category": category, "origin": origin, "note": note}
    told = log.append(connection, "decide", body)
    made = Decision(sha256, category, origin, note, told.actor, told.at, told.seq)
    decisions.add(connection, find(connection, sha256.hex()).id, made)
    return made
