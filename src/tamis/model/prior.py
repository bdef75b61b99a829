"""Which prior a case uses."""

from __future__ import annotations

from enum import StrEnum


class PriorUse(StrEnum):
    """Priors that can be in force: the site's, the one estimated from the case, or none."""

    STATED = "stated"
    ESTIMATED = "estimated"
    NONE = "none"
