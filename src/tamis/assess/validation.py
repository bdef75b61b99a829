"""How good likelihood ratios are on pictures whose origin is known: the figures of a validation.

All ratios are logarithms to base 10, above 0 for capture. A figure that too few pictures support is
absent, with the reason: no number is better than one that means nothing.

Sources: ENFSI Guideline for Evaluative Reporting in Forensic Science, 2015; D. Meuwly, D. Ramos and
R. Haraksim, A guideline for the validation of likelihood ratio methods used for forensic evidence
evaluation, Forensic Science International 276, 2017 (which figures); N. Brümmer and J. du Preez,
Computer Speech & Language 20(2-3), 2006 (Cllr). Pure: arrays in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess.calibration import cllr, cllr_min
from tamis.assess.intervals import Figure, Sampling, drawings, percentiles, rate, sampling

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

LEAST = 10
"""Pictures of each class below which no figure of both classes is given: Cllr of nine captures is
decided by the worst of them."""
LET_THROUGH = (0.01, 0.05)
"""Shares of synthetic pictures let through at which the recall of captures is told."""
MISLEADING = (1, 10, 100)
"""Likelihood ratios beyond which evidence for the wrong proposition is counted."""
_SAME = 1e-9
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured of one set of likelihood ratios.

    Args:
        captures: how many there are.
        synthetic: likewise.
        silent: how many of both have a ratio of exactly 1.
        both: figures of both classes by name: ``cllr``, ``cllr_min``, ``calibration_loss``,
            ``auc``, ``recall_at_1`` and ``recall_at_5`` (at so many percent let through).
        misleading: of each class (``capture``, ``synthetic``), the rate of evidence for the other
            proposition, by the ratio it is beyond.
        drawn: of each class, what intervals rest on.
    """

    captures: int
    synthetic: int
    silent: int
    both: Mapping[str, Figure]
    misleading: Mapping[str, Mapping[int, Figure]]
    drawn: Mapping[str, Sampling]


def figures(log10_lr: Floats, capture: Labels, groups: Sequence[Hashable] | None = None) -> Figures:
    """Measure.

    Args:
        log10_lr: finite, shape (n,).
        capture: which are captures, shape (n,).
        groups: what belongs together (a camera, a generator), one to each; None where not known.

    Raises:
        ValueError: the shapes differ, or a ratio is not finite.
    """
    if log10_lr.shape != capture.shape or not np.isfinite(log10_lr).all():
        raise ValueError("one likelihood ratio to each label, and all of them finite")
    classes = _classes(capture)
    drawn = _drawn(capture, groups)
    return Figures(
        captures=len(classes["capture"]),
        synthetic=len(classes["synthetic"]),
        silent=int((np.abs(log10_lr) < _SAME).sum()),
        both=_of_both(log10_lr, capture, drawn),
        misleading={
            name: misleading(log10_lr[found], name == "capture", _of(groups, found))
            for name, found in classes.items()
        },
        drawn=drawn,
    )


def cost(log10_lr: Floats, capture: Labels, groups: Sequence[Hashable] | None = None) -> Figure:
    """Return Cllr alone, as `figures` does."""
    reason = _lacking(int(capture.sum()), int((~capture).sum()), 0.0)
    if reason:
        return Figure(None, absent=reason)
    again = [cllr(*each) for each in _again(log10_lr, capture, _drawn(capture, groups))]
    return _with_interval(cllr(log10_lr, capture), again)


def misleading(
    log10_lr: Floats, capture: bool, groups: Sequence[Hashable] | None = None
) -> dict[int, Figure]:
    """Return how often pictures of one class have ratios for the other, by how far beyond 1.

    Args:
        log10_lr: shape (n,).
        capture: they are captures.
        groups: as for `figures`.
    """
    wrong_way = -log10_lr if capture else log10_lr
    return {beyond: rate(wrong_way > np.log10(beyond) + _SAME, groups) for beyond in MISLEADING}


def auc(log10_lr: Floats, capture: Labels) -> float:
    """Return how often a capture has a higher ratio than a synthetic picture; ties count half.

    Args:
        log10_lr: shape (n,).
        capture: which are captures, shape (n,); both classes are there.
    """
    captures, others = log10_lr[capture], np.sort(log10_lr[~capture])
    below = np.searchsorted(others, captures, "left") + np.searchsorted(others, captures, "right")
    return float(below.sum() / (2 * len(captures) * len(others)))


def recall(log10_lr: Floats, capture: Labels, let_through: float) -> float:
    """Return the share of captures above a threshold that lets so many synthetic pictures through.

    Args:
        log10_lr: shape (n,).
        capture: which are captures, shape (n,); both classes are there.
        let_through: the share of synthetic pictures above the threshold, at most; below 1.
    """
    others = np.sort(log10_lr[~capture])[::-1]
    threshold = others[int(let_through * len(others) + _ROUNDING)]
    return float((log10_lr[capture] > threshold).mean())


def _classes(capture: Labels) -> dict[str, NDArray[np.int64]]:
    return {"capture": np.flatnonzero(capture), "synthetic": np.flatnonzero(~capture)}


def _drawn(capture: Labels, groups: Sequence[Hashable] | None) -> dict[str, Sampling]:
    """Say what is drawn of each class that is there.

    Behind the pictures, by index, stand two that were not seen: a capture and a synthetic one.
    """
    unseen = {"capture": len(capture), "synthetic": len(capture) + 1}
    return {
        name: sampling(found, groups, unseen[name])
        for name, found in _classes(capture).items()
        if len(found)
    }


def _again(
    log10_lr: Floats, capture: Labels, drawn: Mapping[str, Sampling]
) -> Iterator[tuple[Floats, Labels]]:
    """Yield ratios and labels drawn again; those that were not seen look like the other class."""
    typical = [np.median(log10_lr[~capture]), np.median(log10_lr[capture])]
    ratios = np.concatenate([log10_lr, typical])
    labels = np.concatenate([capture, [True, False]])
    for which in drawings([*drawn.values()]):
        yield ratios[which], labels[which]


def _of_both(log10_lr: Floats, capture: Labels, drawn: Mapping[str, Sampling]) -> dict[str, Figure]:
    captures, others = int(capture.sum()), int((~capture).sum())
    absent = {name: _lacking(captures, others, share) for name, share in _SHARES.items()}
    if all(absent.values()):
        return {name: Figure(None, absent=reason) for name, reason in absent.items()}
    values = _measured(log10_lr, capture)
    again = [_measured(*each) for each in _again(log10_lr, capture, drawn)]
    return {
        name: Figure(None, absent=reason)
        if reason
        else _with_interval(values[name], [each[name] for each in again])
        for name, reason in absent.items()
    }


def _with_interval(value: float, again: Sequence[float]) -> Figure:
    low, high = percentiles(again)
    return Figure(value, min(low, value), max(high, value))


_SHARES = {
    "cllr": 0.0,
    "cllr_min": 0.0,
    "calibration_loss": 0.0,
    "auc": 0.0,
    **{f"recall_at_{round(100 * share)}": share for share in LET_THROUGH},
}
"""The figures of both classes, and the share let through of those that have one."""


def _lacking(captures: int, others: int, share: float) -> str:
    """Return the code of the reason why a figure is absent; empty where it is not."""
    if not captures or not others:
        return "one_class" if captures or others else "no_pictures"
    if min(captures, others) < LEAST:
        return "too_few"
    return "too_few_synthetic" if others * share < 1 and share else ""


def _measured(log10_lr: Floats, capture: Labels) -> dict[str, float]:
    whole, least = cllr(log10_lr, capture), cllr_min(log10_lr, capture)
    found = {
        "cllr": whole,
        "cllr_min": least,
        "calibration_loss": whole - least,
        "auc": auc(log10_lr, capture),
    }
    for name, share in _SHARES.items():
        if share:
            found[name] = recall(log10_lr, capture, share)
    return found


def _of(groups: Sequence[Hashable] | None, indices: NDArray[np.int64]) -> list[Hashable] | None:
    return None if groups is None else [groups[index] for index in indices.tolist()]
