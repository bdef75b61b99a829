"""What the evidence on each media supports, as it was last assessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.assess.assessment import Assessment, Contribution
from tamis.store.database import insert_new
from tamis.store.schema import assessment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.store.database import MediaIds


def replace(connection: sa.Connection, made: Mapping[int, Assessment]) -> None:
    """Store all assessments anew, by media."""
    connection.execute(sa.delete(assessment))
    insert_new(
        connection,
        assessment,
        [
            {
                "media_id": media_id,
                "log10_lr": found.log10_lr,
                "pixels": found.pixels,
                "conflict": int(found.conflict),
                "contributions": json.dumps(
                    [[part.group, part.name, part.log10_lr] for part in found.contributions]
                ),
            }
            for media_id, found in sorted(made.items())
        ],
    )


def by_media(connection: sa.Connection, media_ids: MediaIds | None = None) -> dict[int, Assessment]:
    """Return all assessments, or those of some media; media without evidence have none."""
    statement = sa.select(assessment)
    if media_ids is not None:
        statement = statement.where(assessment.c.media_id.in_(media_ids))
    return {
        row.media_id: Assessment(
            tuple(Contribution(*part) for part in json.loads(row.contributions)),
            row.pixels,
            bool(row.conflict),
        )
        for row in connection.execute(statement)
    }
