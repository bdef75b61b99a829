"""Finding the media a user names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.errors import MediaNotFoundError
from tamis.i18n import _
from tamis.model import Locator, printable, printable_path
from tamis.store.media import get
from tamis.store.schema import media, media_file, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.store.database import Row
    from tamis.store.media import StoredMedia


def find(connection: sa.Connection, text: str) -> StoredMedia:
    """Find the media a user names by a SHA-256, a unique prefix of one, or a path.

    Raises:
        MediaNotFoundError: none answers to it, or more than one.
    """
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) and (whole := _by_prefix(connection, text.lower())):
        return get(connection, whole.pop())  # no file can be named so that this means another
    # Both, always: whoever names a file like the beginning of a hash must not be mistaken for it.
    found = _by_path(connection, text)
    if re.fullmatch(r"[0-9a-fA-F]{4,64}", text):
        found |= _by_prefix(connection, text.lower())
    if not found:
        for row in _named(connection, text):
            reason = printable(row.reason) or _("waiting to be looked at")
            raise MediaNotFoundError(
                _(
                    "{name}: nothing is known of this file: {reason}",
                    name=printable(text),
                    reason=reason,
                )
            )
        raise MediaNotFoundError(
            _("{name}: no media of this case has this SHA-256 or path", name=printable(text))
        )
    if len(found) > 1:
        candidates = [get(connection, media_id).sha256.hex() for media_id in sorted(found)[:8]]
        raise MediaNotFoundError(
            _(
                "{name}: {number} media answer to this; name one by its SHA-256: {candidates}",
                name=printable(text),
                number=len(found),
                candidates=", ".join(digest[:16] for digest in candidates),
            )
        )
    return get(connection, found.pop())


def _by_prefix(connection: sa.Connection, text: str) -> set[int]:
    low = bytes.fromhex(text.ljust(64, "0"))
    high = bytes.fromhex(text.ljust(64, "f"))
    return set(
        connection.scalars(sa.select(media.c.id).where(media.c.sha256.between(low, high)).limit(9))
    )


def _by_path(connection: sa.Connection, text: str) -> set[int]:
    return {int(row.media_id) for row in _named(connection, text) if row.media_id is not None}


def _named(connection: sa.Connection, text: str) -> Iterator[Row]:
    """The media files whose path, within their source or from its location on, is `text`.

    Both as it is and as it is shown, escaped.
    """
    asked = {text, printable_path(os.fsencode(text))}
    rows = connection.execute(
        sa.select(media_file, source.c.location).select_from(media_file.join(source))
    )
    for row in rows:
        shown = str(Locator.from_key(row.locator))
        if not asked.isdisjoint({shown, f"{Locator((row.location,))!s}/{shown}"}):
            yield row
