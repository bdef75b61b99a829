"""What a case says of its prior, as `tamis prior` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.assess.prior import CONFIDENCE, expected_share
from tamis.audit import log
from tamis.pipeline.prior_choice import in_force
from tamis.pipeline.prior_facts import estimated, gather, measured

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tamis.assess.prior import Estimate, Interval
    from tamis.config import Settings
    from tamis.pipeline.prior_facts import Facts

_DIGITS = 4
_INTERVAL = ("share", "lower", "upper")


def view(connection: sa.Connection, settings: Settings) -> dict[str, Any]:
    """Return the prior stated, estimated and in force, and the measured share; JSON-compatible."""
    facts = gather(connection)
    found = estimated(facts, settings.prior_capture)
    return {
        "in_force": _in_force(connection, settings),
        "stated": settings.prior_capture,
        "estimated": _estimated(facts, found),
        "prevalence": _measured(facts, settings.prior_capture),
    }


def _in_force(connection: sa.Connection, settings: Settings) -> dict[str, Any]:
    now = in_force(connection, settings)
    last = None
    for record in log.records(connection, ["prior.use"]):
        last = record
    return {
        "use": now.use.value,
        "prior_capture": now.share,
        "since": last.at if last else None,
        "by": last.actor if last else None,
    }


def _estimated(facts: Facts, found: Estimate) -> dict[str, Any]:
    judged = [key for key in facts.places if key in facts.origins]
    neither = sum(facts.origins[key] not in ("capture", "synthetic") for key in judged)
    # Where an estimate is not to be used only its limits are told: a number is soon copied.
    kept = {"share": None} if found.doubts else {}
    return {
        **(_interval(found.share) or dict.fromkeys(_INTERVAL)),
        **kept,
        "confidence": CONFIDENCE,
        "usable": not found.doubts,
        "doubts": [doubt.value for doubt in found.doubts],
        "rests_on": {
            "places": found.media,
            "without_ratio": len(facts.places) - found.media,
            "captures": found.captures,
            "synthetic": found.synthetic,
            "neither": neither,
            "drawn": sum(key in facts.ratios for key in facts.sample),
        },
        "ratios": _interval(found.ratios),
        "decisions": _interval(found.decisions),
        "sample": _interval(found.sample),
        "undecided": (left | kept) if (left := _undecided(facts, found)) else None,
    }


def _undecided(facts: Facts, found: Estimate) -> dict[str, Any] | None:
    """The share of captures among what has a ratio and is not decided.

    A sample says it by what it leaves for them. Without one the ratios do, which may be off.
    """
    chosen = [key for key in facts.places if key in facts.ratios]
    left = [facts.ratios[key] for key in chosen if key not in facts.origins]
    if found.share is None or not left:
        return None
    captures = sum(facts.origins.get(key) == "capture" for key in chosen)

    def of(share: float) -> float:
        if found.sample is None:
            return expected_share(left, share) or 0.0
        return min(max((share * len(chosen) - captures) / len(left), 0.0), 1.0)

    told = {name: round(of(getattr(found.share, name)), _DIGITS) for name in _INTERVAL}
    return {"places": len(left), "by": "ratios" if found.sample is None else "sample"} | told


def _measured(facts: Facts, stated: float) -> dict[str, Any] | None:
    found = measured(facts, stated)
    if found is None:
        return None
    return {
        "share": round(found.share, _DIGITS),
        "lower": round(found.lower, _DIGITS),
        "upper": round(found.upper, _DIGITS),
        "confidence": CONFIDENCE,
        "method": found.method,
        "weight": round(found.weight, 3),
        "places": found.places,
        "drawn": found.sample,
        "captures_drawn": found.found,
        "worth": round(found.worth, 1),
        "not_covered": found.places - found.covered,
    }


def _interval(found: Interval | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {name: round(getattr(found, name), _DIGITS) for name in _INTERVAL}
