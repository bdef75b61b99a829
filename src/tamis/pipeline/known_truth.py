"""Which media of a case the rows of a truth file are about."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.errors import TruthError
from tamis.i18n import _
from tamis.model import Locator
from tamis.pipeline.truth import refuse_contradiction
from tamis.store.schema import media, media_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.pipeline.truth import Truth, TruthRow


def matched(connection: sa.Connection, truth: Truth) -> tuple[dict[int, TruthRow], list[TruthRow]]:
    """Return what is known of media, by their ids, and the rows that name none.

    Args:
        connection: to the case.
        truth: what pictures are known to be.

    Raises:
        TruthError: two rows contradict each other, or a path names several media.
    """
    digests = {
        row.sha256.hex(): int(row.id)
        for row in connection.execute(sa.select(media.c.id, media.c.sha256))
    }
    paths = _paths(connection) if any(not row.sha256 for row in truth.rows) else {}
    known: dict[int, TruthRow] = {}
    unfound = []
    for row in truth.rows:
        if row.sha256:
            ids = {digests[row.sha256]} if row.sha256 in digests else set()
        else:
            ids = paths.get(row.path, set())
        if len(ids) > 1:
            fault = _("several contents have this path in the case: name it by its SHA-256")
            raise TruthError(
                _("{file} line {number}: {fault}", file=truth.file, number=row.line, fault=fault)
            )
        for key in ids:
            refuse_contradiction(truth.file, known.setdefault(key, row), row)
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
