"""Which prior is in force in a case: kept with the case, and told of in the audit log."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from tamis.store.schema import PRIOR, case_info


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose.

    Args:
        use: ``stated``, ``estimated`` or ``none``.
        share: of captures, as it was estimated when that was chosen; else None.
    """

    use: str
    share: float | None


def chosen(connection: sa.Connection) -> Choice | None:
    """What was chosen last; None where nobody ever chose."""
    statement = sa.select(case_info.c.value).where(case_info.c.key == PRIOR)
    value = connection.scalar(statement)
    if value is None:
        return None
    given = json.loads(value)
    return Choice(given["use"], given["share"])


def choose(connection: sa.Connection, choice: Choice) -> None:
    """Store a choice in place of the one before."""
    value = json.dumps({"use": choice.use, "share": choice.share})
    connection.execute(sa.delete(case_info).where(case_info.c.key == PRIOR))
    connection.execute(sa.insert(case_info).values(key=PRIOR, value=value))
