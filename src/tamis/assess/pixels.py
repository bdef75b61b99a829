"""What the pixels of a picture support: several examinations as one bounded likelihood ratio.

Tamis' own scores are fused (`pixels.json`, fitted by `tamis.training` on whole files which the
networks that scored them did not know); detectors that a person added come with calibrations of
their own. All look at the same pixels, and how far they depend on each other is not known, so they
are not multiplied: the mean of their logarithms stands for the group. It is never beyond the
strongest of them.

How much a score is worth depends on how much there is to look at: Tamis' own are weighed and
bounded apart in each of `STRATA`; `signal.context` says in which one a picture is. Being in one is
no evidence: in each, captures and synthetic pictures weigh the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tamis.assess.calibration import Bounds
from tamis.assess.fusion import Fusion, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tamis.model import Observation

OBSERVATIONS = ("context.stratum", "network.score", "traces.demosaicing", "detector.score")
"""The observations that are read."""
NETWORK, LATTICE, BOUNDS = "network", "demosaicing", "bounds"
FINDINGS = {"lattice": 1.0, "none": 0.0, "other_lattice": 0.0}


SMALL, LARGE = "below-512", "from-512"
STRATA = (SMALL, LARGE)
"""By the longer side, pixels."""
_SMALL = {"below-256", "below-512"}


@dataclass(frozen=True, slots=True)
class Stratum:
    """What the scores of one stratum are worth.

    Args:
        fusion: of the scores.
        bounds: within which the ratios are supported (ELUB).
    """

    fusion: Fusion
    bounds: Bounds

    def weigh(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Return what each score adds to log10 LR, and as ``bounds`` what the bounds took."""
        added = self.fusion.contributions(scores)
        total = sum(added.values())
        cut = float(self.bounds.clip([total])[0]) - total
        if added and abs(cut) > 1e-9:
            added[BOUNDS] = cut
        return added


@dataclass(frozen=True, slots=True)
class Fitted:
    """The fusion in force, and what it was fitted on.

    Args:
        version: of this fit.
        network: version of the network whose logits were weighed; those of another are not.
        strata: by name.
        digest: SHA-256 of the file, in hexadecimal.
        facts: Cllr and the rest, for documents and views.
    """

    version: str
    network: str
    strata: Mapping[str, Stratum]
    digest: str
    facts: Mapping[str, Any]


@cache
def fitted() -> Fitted:
    """Return the fusion that comes with Tamis."""
    text = files(__package__).joinpath("pixels.json").read_bytes()
    return parsed(json.loads(text), hashlib.sha256(text).hexdigest())


def parsed(given: Mapping[str, Any], digest: str = "") -> Fitted:
    """Return a fusion as it was written by `tamis.training.assessing`."""
    return Fitted(
        version=given["version"],
        network=given["network"],
        strata={
            name: Stratum(
                Fusion(tuple(Term(**term) for term in item["terms"])),
                Bounds(item["lower"], item["upper"]),
            )
            for name, item in given["strata"].items()
        },
        digest=digest,
        facts=given,
    )


def stratum_of(context: str) -> str:
    """Return the stratum of a picture; empty where it has none.

    Args:
        context: value of the observation ``context.stratum``.
    """
    parts = context.split("/")
    if len(parts) < 3:
        return ""
    return SMALL if parts[2] in _SMALL else LARGE


def weigh(observed: Iterable[Observation], fit: Fitted) -> dict[str, float]:
    """Return what each score adds to the logarithm of the ratio of a picture, by name.

    The sum is the ratio of the group, above 0 for capture; it is empty where nothing was said of
    the pixels, and where nothing that was said is calibrated. ``bounds`` is what the bounds took.
    """
    given = tuple(observed)
    added = {
        str(item.value["detector"]): float(str(item.value["log10_lr"]))
        for item in given
        if item.name == "detector.score"
        and isinstance(item.value, dict)
        and "log10_lr" in item.value
    }
    contexts = [str(item.value) for item in given if item.name == "context.stratum"]
    stratum = fit.strata.get(stratum_of(contexts[0])) if contexts else None
    own = stratum.weigh(own_scores(given, fit.network)) if stratum else {}
    voices = len(added) + bool(own)
    return {name: value / voices for name, value in (own | added).items()}


def own_scores(observed: Iterable[Observation], network: str) -> dict[str, float]:
    """Return the scores of a picture that are fused, by name.

    Args:
        observed: of the picture.
        network: version of the network whose logits count.
    """
    scores: dict[str, float] = {}
    for item in observed:
        value = item.value if isinstance(item.value, dict) else {}
        if item.name == "network.score" and value.get("network") == network:
            scores[NETWORK] = float(item.score or 0.0)
        elif item.name == "traces.demosaicing" and value.get("finding") in FINDINGS:
            scores[LATTICE] = FINDINGS[str(value["finding"])]
    return scores
