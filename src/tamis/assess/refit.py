"""Fits the fusion of pixel scores on a laboratory's own pictures, and says when not to.

What is fitted must be judged on pictures of cameras and generators it was not fitted on, so each
group is left out in turn. A fit that rests on too little is refused: its numbers would be wrong in
a way that nobody could see. Pure: arrays in, a fit or a reason out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess import calibration, fusion
from tamis.assess.intervals import drawings, percentiles, sampling
from tamis.assess.pixels import LATTICE, NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tamis.assess.calibration import Bounds, Quality
    from tamis.assess.fusion import Fusion

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

NAMES = (NETWORK, LATTICE)
"""The scores, in the order of the columns."""
LEAST_PICTURES = 50
"""Of each class, with a score. The fit has four parameters, and ten to twenty cases of the smaller
class to each are asked of a logistic regression (P. Peduzzi et al., Journal of Clinical
Epidemiology 49(12), 1996); and since n pictures support no ratio above about n, fewer could not
even reach the middle of *moderate*."""
LEAST_GROUPS = 5
"""Of each class: cameras, or generators. Each is left out in turn, and with fewer the rest is too
few to tell what cameras have in common from what one camera does."""


class RefusedError(ValueError):
    """There is no fit; the first argument is the code of the reason, the rest is what it counts."""


@dataclass(frozen=True, slots=True)
class Refitted:
    """A fit, and how good it is on groups it was not fitted on.

    Args:
        fusion: fitted on all.
        bounds: within which its ratios are supported (ELUB).
        quality: of each group by a fit on the others, within the bounds.
        before: Cllr of the fit that is compared with, on the same pictures.
        gain: by how much Cllr falls, and the interval of that; below 0 it rises.
    """

    fusion: Fusion
    bounds: Bounds
    quality: Quality
    before: float
    gain: tuple[float, float, float]


def refit(
    scores: Floats, capture: Labels, groups: Sequence[tuple[bool, str]], before: Floats
) -> Refitted:
    """Fit, bound and judge.

    Args:
        scores: one column to each of `NAMES`, shape (n, 2), NaN where one is missing; every picture
            has one.
        capture: which are captures, shape (n,).
        groups: class, and camera or generator, of each.
        before: log10 likelihood ratios of the same pictures by the fit to compare with, bounded,
            shape (n,).

    Raises:
        RefusedError: ``one_class``, ``pictures`` or ``groups`` (class, number, least),
            ``no_common_scores``, ``direction``, ``nothing_shown`` (Cllr, the upper end of its
            interval, which is not below 1).
    """
    _check_enough(capture, groups)
    try:
        honest = _held_out(scores, capture, groups)
        fitted = fusion.fit(scores, capture, NAMES)
    except ValueError as error:
        raise RefusedError("no_common_scores") from error
    if fitted.terms[0].slope >= 0:
        raise RefusedError("direction")
    bounds = calibration.elub(honest, capture)
    bounded = bounds.clip(honest)
    found = calibration.quality(bounded, capture)
    classes = [sampling(np.flatnonzero(capture == kind), groups) for kind in (True, False)]
    costs, gains = [], []
    for which in drawings(classes):
        costs.append(calibration.cllr(bounded[which], capture[which]))
        gains.append(calibration.cllr(before[which], capture[which]) - costs[-1])
    if (highest := percentiles(costs)[1]) >= 1:
        raise RefusedError("nothing_shown", found.cllr, highest)
    old = calibration.cllr(before, capture)
    return Refitted(fitted, bounds, found, old, (old - found.cllr, *percentiles(gains)))


def _check_enough(capture: Labels, groups: Sequence[tuple[bool, str]]) -> None:
    counts = {kind: int((capture == kind).sum()) for kind in (True, False)}
    if not all(counts.values()) and any(counts.values()):
        raise RefusedError("one_class", bool(counts[True]))
    for kind, number in counts.items():
        if number < LEAST_PICTURES:
            raise RefusedError("pictures", kind, number, LEAST_PICTURES)
        if (named := len({group for group in groups if group[0] is kind})) < LEAST_GROUPS:
            raise RefusedError("groups", kind, named, LEAST_GROUPS)


def _held_out(scores: Floats, capture: Labels, groups: Sequence[tuple[bool, str]]) -> Floats:
    """Return log10 likelihood ratios, of each group by a fit on the others; not bounded."""
    places: dict[tuple[bool, str], list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    ratios = np.empty(len(capture))
    for out in places.values():
        rest = np.ones(len(capture), bool)
        rest[out] = False
        ratios[out] = fusion.fit(scores[rest], capture[rest], NAMES).log10_lr(scores[out])
    return ratios
