"""From evidence to an assessment: what supports which proposition, how strongly, and by how much.

The propositions are those of `tamis.assess.declarations`. Evidence comes in groups that are as good
as independent, so that their ratios multiply: declarations (what the file says of itself) and
pixels. Within a group they do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.assess.pixels import BOUNDS
from tamis.assess.verbal import Support, support

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tamis.assess.declarations import Declaration

DECLARATIONS, PIXELS = "declarations", "pixels"
_LEAST = 0.301029995
"""log10 of 2: below, a ratio supports neither proposition (ENFSI)."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one piece of evidence adds to the logarithm of the ratio."""

    group: str
    name: str
    log10_lr: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the evidence on one media supports.

    Args:
        contributions: they add up to `log10_lr`; none where there is no evidence.
        pixels: log10 likelihood ratio of the pixels alone; None where these say nothing.
        conflict: the file declares one thing, and its pixels or another declaration support the
            other.
    """

    contributions: tuple[Contribution, ...]
    pixels: float | None
    conflict: bool

    @property
    def log10_lr(self) -> float:
        """log10 of P(evidence | capture) / P(evidence | synthesis)."""
        return sum(item.log10_lr for item in self.contributions)

    @property
    def lean(self) -> float | None:
        """What the pixels said before the bounds; to order by where these make all alike."""
        seen = [item for item in self.contributions if item.group == PIXELS]
        return sum(item.log10_lr for item in seen if item.name != BOUNDS) if seen else None

    @property
    def washed(self) -> bool:
        """There is a conflict that a photograph passed for synthetic would show.

        A synthetic picture passed for a photograph shows the other: its claim of a capture raises
        it, and that its pixels are against the claim is no reason to look at it any sooner.
        """
        declared = [item for item in self.contributions if item.group == DECLARATIONS]
        return self.conflict and any(item.log10_lr < 0 for item in declared)

    @property
    def support(self) -> Support:
        """The same in words."""
        return support(self.log10_lr)


def assess(rows: Sequence[Declaration], pixels: Mapping[str, float]) -> Assessment:
    """Weigh declarations and pixels.

    Args:
        rows: the declarations of the file, as `tamis.assess.declarations.weigh` returns them.
        pixels: what `tamis.assess.pixels.weigh` returns.
    """
    declared = _strongest(rows)
    seen = [Contribution(PIXELS, name, value) for name, value in pixels.items()]
    total = sum(item.log10_lr for item in seen) if seen else None
    ratios = [item.log10_lr for item in declared]
    against = total or 0.0
    conflict = (min(ratios, default=0.0) < 0 < max(ratios, default=0.0)) or any(
        ratio * against < 0 and abs(against) >= _LEAST for ratio in ratios
    )
    return Assessment((*declared, *seen), total, conflict)


def _strongest(rows: Sequence[Declaration]) -> list[Contribution]:
    """Return the strongest declaration for either proposition: those of one file depend."""
    found = []
    for sign in (1, -1):
        best = max(rows, key=lambda row: sign * row.log10_lr, default=None)
        if best is not None and sign * best.log10_lr > 0:
            found.append(Contribution(DECLARATIONS, best.name, best.log10_lr))
    return found


def posterior(log10_lr: float, prior: float) -> float:
    """Return the probability of capture under a prior, both between 0 and 1."""
    odds = prior / (1 - prior) * 10**log10_lr if prior < 1 else float("inf")
    return 1.0 if odds == float("inf") else odds / (1 + odds)
