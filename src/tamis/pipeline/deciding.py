"""Records what a person decided, and lets the queue follow at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tamis.audit import checkpoint, log
from tamis.pipeline.stages import refresh
from tamis.store import decisions, media
from tamis.store.decisions import Decision

if TYPE_CHECKING:
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
) -> Decision:
    """Store a decision with its audit record, in one transaction.

    Args:
        store: the case; the caller holds its writer's lock.
        settings: in force.
        site: the site's lists, where there are any.
        text: names the media: SHA-256, unique prefix, or path.
        category: in the scheme of the site.
        origin: ``capture``, ``synthetic``, ``hybrid`` or ``graphic``.
        note: free text.

    Raises:
        MediaNotFoundError: no media, or more than one, answers to `text`.
    """
    with store.write() as connection:
        found = media.find(connection, text)
        body = {
            "sha256": found.sha256.hex(),
            "category": category,
            "origin": origin,
            "note": note,
        }
        seq = log.append(connection, "decide", body)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = Decision(found.sha256, category, origin, note, log.actor(), at, seq)
        decisions.add(connection, found.id, made)
    refresh(store, settings, site)
    checkpoint.sign(store)
    return made
