"""Which prior is in force in a case: kept with the case, and told of in the audit log."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from tamis.errors import StoreError
from tamis.i18n import _
from tamis.model import PriorUse
from tamis.store.schema import PRIOR, case_info


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose.

    Args:
        use: which prior.
        share: of captures, as it was estimated when that was chosen; else None.
    """

    use: PriorUse
    share: float | None


def chosen(connection: sa.Connection) -> Choice | None:
    """What was chosen last; None where nobody ever chose.

    Raises:
        StoreError: what is stored is no choice: somebody edited it.
    """
    statement = sa.select(case_info.c.value).where(case_info.c.key == PRIOR)
    value = connection.scalar(statement)
    if value is None:
        return None
    try:
        given = json.loads(value)
        use, share = PriorUse(given["use"]), given["share"]
        wrong = (use is PriorUse.ESTIMATED) != (isinstance(share, float) and 0 < share < 1)
    except (ValueError, KeyError, TypeError):
        wrong = True
    if wrong:
        raise StoreError(_("what is stored of the prior is no choice; `tamis verify` tells more"))
    return Choice(use, share)


def choose(connection: sa.Connection, choice: Choice) -> None:
    """Store a choice in place of the one before."""
    value = json.dumps({"use": choice.use.value, "share": choice.share})
    connection.execute(sa.delete(case_info).where(case_info.c.key == PRIOR))
    connection.execute(sa.insert(case_info).values(key=PRIOR, value=value))
