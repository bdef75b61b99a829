"""All assessments of a case together: how many support what, and what changed of late."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tamis.assess.declarations import PROPOSITIONS
from tamis.pipeline import fit_in_force
from tamis.store import assessments, media

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from tamis.assess.assessment import Assessment
    from tamis.pipeline.assessing import Change


def view(connection: sa.Connection, changes: Sequence[Change]) -> dict[str, Any]:
    """Return counts by strength, and the media whose assessment changed; JSON-compatible."""
    fit = fit_in_force.in_force()
    found = assessments.by_media(connection)
    strengths = Counter(_words(item) for item in found.values())
    digests = media.digests_of(connection, [change.media_id for change in changes])
    return {
        "propositions": list(PROPOSITIONS),
        "pixels_version": fit.fit.version,
        "pixels_fit": fit_in_force.described(fit),
        "assessed": len(found),
        "without_evidence": media.count(connection) - len(found),
        "of_pixels": sum(item.pixels is not None for item in found.values()),
        "conflicts": sum(item.conflict for item in found.values()),
        "support": [
            {"supports": supports, "strength": strength, "media": number}
            for (supports, strength), number in sorted(strengths.items(), key=lambda item: -item[1])
        ],
        "changed": [
            {
                "sha256": digests[change.media_id].hex(),
                "before": _ratio(change.before),
                "after": _ratio(change.after),
            }
            for change in changes
        ],
    }


def _words(found: Assessment) -> tuple[str, str]:
    supported = found.support
    proposition = supported.proposition
    return ("" if proposition is None else PROPOSITIONS[proposition], supported.strength.value)


def _ratio(found: Assessment | None) -> float | None:
    return None if found is None else round(found.log10_lr, 3)
