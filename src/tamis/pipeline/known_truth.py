"""Which media of a case the rows of a truth file are about."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.assess.truth import check_same
from tamis.errors import TruthError
from tamis.i18n import _
from tamis.model import Locator, printable
from tamis.store.schema import media, media_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tamis.assess.truth import Truth


def matched(
    connection: sa.Connection, path: Path, rows: Sequence[Truth]
) -> tuple[dict[int, Truth], list[Truth]]:
    """Return what is known of media, by their ids, and the rows that name none.

    Args:
        connection: to the case.
        path: of the truth file, for what is said of it.
        rows: of it.

    Raises:
        TruthError: two rows contradict each other, or a path names several media.
    """
    digests = {
        row.sha256: int(row.id) for row in connection.execute(sa.select(media.c.id, media.c.sha256))
    }
    paths = _paths(connection) if any(row.sha256 is None for row in rows) else {}
    known: dict[int, Truth] = {}
    unfound = []
    for row in rows:
        if row.sha256 is not None:
            ids = {digests[row.sha256]} if row.sha256 in digests else set()
        else:
            ids = paths.get(row.path, set())
        if len(ids) > 1:
            raise TruthError(
                _(
                    "{file}, line {line}: {path} is the path of {number} different media; give "
                    "their SHA-256",
                    file=printable(str(path)),
                    line=row.line,
                    path=printable(row.path),
                    number=len(ids),
                )
            )
        for key in ids:
            check_same(path, known.setdefault(key, row), row)
        if not ids:
            unfound.append(row)
    return known, unfound


def _paths(connection: sa.Connection) -> Mapping[str, set[int]]:
    """Media by every path their files have, as paths are shown."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in connection.execute(
        sa.select(media_file.c.locator, media_file.c.media_id).where(
            media_file.c.media_id.is_not(None)
        )
    ):
        found[str(Locator.from_key(row.locator))].add(int(row.media_id))
    return found
