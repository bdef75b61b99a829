"""Which prior is in force in a case, and how another is put into force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tamis.assess.prior import Doubt
from tamis.audit import checkpoint, log
from tamis.errors import PriorError
from tamis.i18n import _
from tamis.model import PriorUse
from tamis.pipeline.prior_facts import estimated, gather
from tamis.pipeline.stages import refresh
from tamis.store import digests, prior
from tamis.store.prior import Choice

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tamis.config import Settings
    from tamis.store.database import Store

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class InForce:
    """The prior in force.

    Args:
        use: which it is.
        share: the probability of a capture before any evidence; None where none is to be used.
    """

    use: PriorUse
    share: float | None


def in_force(connection: sa.Connection, settings: Settings) -> InForce:
    """Return the prior in force: the stated one unless another was chosen."""
    choice = prior.chosen(connection)
    if choice is None or choice.use is PriorUse.STATED:
        return InForce(PriorUse.STATED, settings.prior_capture)
    return InForce(choice.use, choice.share)


def choose(store: Store, settings: Settings, site: Store | None, use: PriorUse) -> None:
    """Put a prior into force, in one transaction with its audit record.

    What is estimated is taken as it is now, and stays until somebody chooses again.

    Args:
        store: the case; the caller holds its writer's lock.
        settings: in force.
        site: the site's lists, where there are any.
        use: which prior.

    Raises:
        PriorError: there is no estimate, or it is in doubt.
    """
    refresh(store, settings, site)
    with store.write() as connection:
        body = {"use": use.value} | _estimate(connection, settings, use)
        body["before"] = digests.of_prior(connection)
        prior.choose(connection, Choice(use, body["share"]))
        body["after"] = digests.of_prior(connection)
        log.append(connection, "prior.use", body)
    checkpoint.sign(store)


def why(doubt: Doubt) -> str:
    """Say in words why an estimate is not to be used."""
    return {
        Doubt.NO_RATIOS: _("no picture has a likelihood ratio"),
        Doubt.FEW_MEDIA: _("fewer than 20 pictures have a likelihood ratio"),
        Doubt.FEW_DECISIONS: _("fewer than 20 decisions on captures and synthetic pictures"),
        Doubt.ONE_KIND: _("all decisions are of one kind"),
        Doubt.CONTRADICTION: _(
            "decisions and likelihood ratios contradict each other: have some pictures judged by a "
            "second person, and draw a random sample"
        ),
        Doubt.WIDE: _("the interval is wider than 40 points"),
    }[doubt]


def _estimate(connection: sa.Connection, settings: Settings, use: PriorUse) -> dict[str, Any]:
    """What is recorded of the estimate that is put into force, if it is."""
    if use is not PriorUse.ESTIMATED:
        return {"share": None}
    found = estimated(gather(connection), settings.prior_capture)
    if found.doubts or found.share is None:
        reasons = "; ".join(why(doubt) for doubt in found.doubts)
        raise PriorError(_("the estimated prior cannot be used: {reasons}", reasons=reasons))
    share = min(max(round(found.share.share, 6), _LEAST), 1 - _LEAST)
    return {
        "share": share,
        "lower": round(found.share.lower, 6),
        "upper": round(found.share.upper, 6),
        "places": found.media,
        "captures": found.captures,
        "synthetic": found.synthetic,
        "sampled": found.sample is not None,
    }
