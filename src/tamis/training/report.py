"""The report: every figure of the protocol from the scores of what was held out."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tamis.assess import calibration
from tamis.training import form, protocol
from tamis.training.cross import PAIRED
from tamis.training.degrade import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from tamis.training.cross import Scored

    Measure = Callable[[NDArray[np.float64], NDArray[np.bool_]], float]

CONTROL = "content"
_DRAWS = 300
_LEAST_GENERATOR = 20
_LEAST_SOURCE = 8


def figures(rows: Sequence[Scored], conditions: Iterable[str] = CONDITIONS) -> dict[str, Any]:
    """Return all figures, by condition.

    A figure is the mean of the parts, as each has a network of its own; its interval comes from
    drawing whole sources and whole generators again within each part. `seen` stands for other
    photographs of sources trained on, `new` for sources of which nothing was trained on; the
    generators are unseen in both.
    """
    measures = _measures()
    found: dict[str, Any] = {}
    for condition in conditions:
        mine = [row for row in rows if row.condition == condition]
        found[condition] = {
            side: {name: _figure(measure, _sided(mine, side)) for name, measure in measures.items()}
            for side in ("seen", "new")
        }
        sources = [row for row in mine if row.new_source and not row.synthetic]
        generated = [row for row in mine if row.synthetic]
        found[condition] |= {
            "sources": _each(mine, sources, "label", _LEAST_SOURCE),
            "kinds": _each(mine, sources, "kind", _LEAST_SOURCE),
            "generators": _each(mine, generated, "label", _LEAST_GENERATOR),
            "likelihoods": likelihoods(mine),
        }
    paired = sorted({row.condition for row in rows if row.condition.startswith(PAIRED)})
    for condition in paired:
        mine = [row for row in rows if row.condition == condition]
        found[condition] = {
            "auc": _figure(protocol.auc, _parted(mine)),
            "decoders": {
                decoder: round(_pair_auc(mine, decoder), 4)
                for decoder in sorted({row.group for row in mine if row.synthetic})
            },
        }
    return found


def _measures() -> dict[str, Measure]:
    measures: dict[str, Measure] = {"auc": protocol.auc}
    for share in protocol.LET_THROUGH:
        measures[f"recall_at_{share:.0%}"] = partial(protocol.recall, let_through=share)
    for share in protocol.VIEWED:
        measures[f"found_by_{share:.0%}"] = partial(protocol.found_by_viewing, viewed=share)
    return measures


def forms(rows: Sequence[Scored], condition: str = "forum") -> dict[str, Any]:
    """Return what a picture's form alone tells, and the network where it tells nothing.

    `file` is the form of the files of the corpus, `life` what is left of it after the chain (see
    `tamis.training.form`), `never_jpeg` the network on generated pictures that were never a JPEG,
    whose form is drawn from that of photographs.
    """
    mine = [row for row in rows if row.condition == condition]
    drawn = [row for row in mine if row.lossless or not row.synthetic]
    shown = {
        "file": form.baseline(mine, form.of_file),
        "life": form.baseline(mine, form.of_life),
        "life_never_jpeg": form.baseline(drawn, form.of_life),
        "network_never_jpeg": drawn,
    }
    return {
        name: {side: _figure(protocol.auc, _sided(known, side)) for side in ("seen", "new")}
        for name, known in shown.items()
    }


class Part(NamedTuple):
    """Scores of a part, which of them are of synthetic pictures, and their sources."""

    scores: NDArray[np.float64]
    labels: NDArray[np.bool_]
    groups: NDArray[np.str_]


def _sided(rows: Iterable[Scored], side: str) -> list[Part]:
    return _parted(row for row in rows if row.synthetic or row.new_source == (side == "new"))


def _parted(rows: Iterable[Scored]) -> list[Part]:
    parts: dict[int, list[Scored]] = defaultdict(list)
    for row in rows:
        parts[row.part].append(row)
    return [
        Part(
            np.array([row.score for row in members]),
            np.array([row.synthetic == 1 for row in members]),
            np.array([row.label for row in members]),
        )
        for _, members in sorted(parts.items())
    ]


def _figure(measure: Measure, parted: list[Part]) -> dict[str, float]:
    usable = [part for part in parted if part.labels.any() and not part.labels.all()]
    value = float(np.mean([measure(scores, labels) for scores, labels, _ in usable]))
    rng = np.random.default_rng(0)
    indexed = [(part, _members(part)) for part in usable]
    drawn = [
        np.mean([measure(*_drawn(part, members, rng)) for part, members in indexed])
        for _ in range(_DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _members(part: Part) -> list[list[NDArray[np.int64]]]:
    """Return the rows of each source, and of each generator."""
    return [
        [np.flatnonzero((part.groups == name) & mine) for name in np.unique(part.groups[mine])]
        for mine in (~part.labels, part.labels)
    ]


def _drawn(
    part: Part, members: list[list[NDArray[np.int64]]], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rows = np.concatenate(
        [side[index] for side in members for index in rng.integers(len(side), size=len(side))]
    )
    return part.scores[rows], part.labels[rows]


def _each(
    rows: Sequence[Scored], chosen: Iterable[Scored], column: str, least: int
) -> dict[str, Any]:
    """Return the groups of the chosen, each against the other class of the same parts.

    Generators are held against photographs of sources trained on.
    """
    groups: dict[str, list[Scored]] = defaultdict(list)
    for row in chosen:
        groups[getattr(row, column)].append(row)
    found = {}
    for name, members in sorted(groups.items()):
        if len(members) < least:
            continue
        synthetic = bool(members[0].synthetic)
        others = [
            row for row in rows if row.synthetic != synthetic and not (synthetic and row.new_source)
        ]
        shared = sorted({row.part for row in members} & {row.part for row in others})
        values = [_auc([row for row in (*members, *others) if row.part == part]) for part in shared]
        weights = [sum(row.part == part for row in members) for part in shared]
        value = float(np.average(values, weights=weights))
        found[name] = {"auc": round(value, 4), "n": len(members)}
    return found


def _auc(rows: Sequence[Scored]) -> float:
    labels = np.array([row.synthetic == 1 for row in rows])
    return protocol.auc(np.array([row.score for row in rows]), labels)


class Judged(NamedTuple):
    """Scores, and what a calibration is worth on pictures it was not fitted on.

    Args:
        scores: logits, shape (n,).
        capture: shape (n,).
        bounds: within which the ratios are supported.
        quality: of the bounded ratios, each part's by a fit on the others.
    """

    scores: NDArray[np.float64]
    capture: NDArray[np.bool_]
    bounds: calibration.Bounds
    quality: calibration.Quality


def judged(rows: Sequence[Scored]) -> Judged:
    """Calibrate each part on the others, and judge that."""
    scores = np.array([row.score for row in rows])
    capture = np.array([not row.synthetic for row in rows])
    honest = calibration.held_out(scores, capture, [row.part for row in rows])
    bounds = calibration.elub(honest, capture)
    return Judged(scores, capture, bounds, calibration.quality(bounds.clip(honest), capture))


def of_the_unseen(rows: Iterable[Scored]) -> list[Scored]:
    """Return the rows of generators and of sources of which nothing was trained on."""
    return [row for row in rows if row.synthetic or row.new_source]


def likelihoods(rows: Sequence[Scored]) -> dict[str, float]:
    """Return Cllr of the logits as they come, and calibrated on the other parts, with its least."""
    found = judged(of_the_unseen(rows))
    before = calibration.quality(-found.scores / np.log(10), found.capture)
    return {
        "cllr_before": round(before.cllr, 4),
        "cllr_after": round(found.quality.cllr, 4),
        "cllr_min": round(before.cllr_min, 4),
    }


def _pair_auc(rows: Sequence[Scored], decoder: str) -> float:
    parts = {row.part for row in rows if row.group == decoder}
    return _auc([row for row in rows if row.part in parts])
