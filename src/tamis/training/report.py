"""The report: every figure of the protocol from the scores of what was held out."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.assess import calibration
from tamis.training import protocol
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
_COSTS = ("cllr_before", "cllr_after", "cllr_min")


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


def format_only(rows: Sequence[Scored], condition: str = "forum") -> float:
    """Return the AUC of what a file's form alone tells after the chain: its size.

    Format, tables and subsampling are drawn alike for both classes; the sides are the same too, so
    this is one half unless the chain is broken.
    """
    mine = [row for row in rows if row.condition == condition]
    sides = np.array([float(min(row.side, 320)) for row in mine])
    return protocol.auc(sides, np.array([row.synthetic == 1 for row in mine]))


Parted = list[tuple["NDArray[np.float64]", "NDArray[np.bool_]", "NDArray[np.str_]"]]


def _sided(rows: Iterable[Scored], side: str) -> Parted:
    return _parted(row for row in rows if row.synthetic or row.new_source == (side == "new"))


def _parted(rows: Iterable[Scored]) -> Parted:
    parts: dict[int, list[Scored]] = defaultdict(list)
    for row in rows:
        parts[row.part].append(row)
    return [
        (
            np.array([row.score for row in members]),
            np.array([row.synthetic == 1 for row in members]),
            np.array([row.label for row in members]),
        )
        for _, members in sorted(parts.items())
    ]


def _figure(measure: Measure, parted: Parted) -> dict[str, float]:
    usable = [part for part in parted if part[1].any() and not part[1].all()]
    value = float(np.mean([measure(scores, labels) for scores, labels, _ in usable]))
    rng = np.random.default_rng(0)
    indexed = [(part, _members(part)) for part in usable]
    drawn = [
        np.mean([measure(*_drawn(part, members, rng)) for part, members in indexed])
        for _ in range(_DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _members(part: Any) -> list[list[NDArray[np.int64]]]:  # noqa: ANN401
    _, labels, groups = part
    return [
        [np.flatnonzero((groups == name) & mine) for name in np.unique(groups[mine])]
        for mine in (~labels, labels)
    ]


def _drawn(part: Any, members: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401
    scores, labels, _ = part
    rows = np.concatenate(
        [side[index] for side in members for index in rng.integers(len(side), size=len(side))]
    )
    return scores[rows], labels[rows]


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


def likelihoods(rows: Sequence[Scored]) -> dict[str, float]:
    """Return Cllr of the logits as they come, and calibrated on the other parts, with its least.

    Generators and sources of which nothing was trained on only.
    """
    kept = [row for row in rows if row.synthetic or row.new_source]
    scores = np.array([row.score for row in kept])
    capture = np.array([not row.synthetic for row in kept])
    honest = calibration.held_out(scores, capture, [row.part for row in kept])
    before = calibration.quality(-scores / np.log(10), capture)
    after = calibration.quality(calibration.elub(honest, capture).clip(honest), capture)
    costs = (before.cllr, after.cllr, before.cllr_min)
    return {name: round(cost, 4) for name, cost in zip(_COSTS, costs, strict=True)}


def _pair_auc(rows: Sequence[Scored], decoder: str) -> float:
    parts = {row.part for row in rows if row.group == decoder}
    return _auc([row for row in rows if row.part in parts])


def table(found: dict[str, Any]) -> str:
    """Return the figures by condition as a table in Markdown."""
    recalls = [f"recall_at_{share:.0%}" for share in protocol.LET_THROUGH]
    columns = ("auc", *recalls, "found_by_10%", "found_by_20%", "found_by_30%")
    heading = "| condition | sources | " + " | ".join(columns) + " |"
    lines = [heading, "|---" * (len(columns) + 2) + "|"]
    for condition, sides in found.items():
        for side in ("seen", "new"):
            if isinstance(sides, dict) and side in sides:
                cells = [
                    "{value:.3f} ({low:.3f}–{high:.3f})".format(**sides[side][column])
                    for column in columns
                ]
                lines.append(f"| {condition} | {side} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def groups_table(found: dict[str, Any]) -> str:
    """Return the areas of each source, kind and generator by condition, as a table in Markdown."""
    shown = [name for name in ("native", "forum", "jpeg-75", "half") if name in found]
    lines = ["| of | pictures | " + " | ".join(shown) + " |", "|---" * (len(shown) + 2) + "|"]
    for group in ("sources", "kinds", "generators"):
        for name, first in found[shown[0]][group].items():
            areas = [found[condition][group].get(name, {}).get("auc") for condition in shown]
            cells = ["" if area is None else f"{area:.3f}" for area in areas]
            lines.append(f"| {group}: {name} | {first['n']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def likelihoods_table(found: dict[str, Any]) -> str:
    """Return Cllr by condition as a table in Markdown."""
    lines = ["| condition | Cllr before | Cllr after | least |", "|---|---|---|---|"]
    for condition, values in found.items():
        if isinstance(values, dict) and "likelihoods" in values:
            cells = [f"{values['likelihoods'][key]:.3f}" for key in _COSTS]
            lines.append(f"| {condition} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pairs_table(found: dict[str, Any]) -> str:
    """Return the areas on pairs of a photograph and what a decoder made of it, in Markdown."""
    lines = ["| pairs | all | by decoder |", "|---|---|---|"]
    for condition, values in found.items():
        if isinstance(values, dict) and "decoders" in values:
            whole = "{value:.3f} ({low:.3f} to {high:.3f})".format(**values["auc"])
            each = ", ".join(f"{name} {area:.3f}" for name, area in values["decoders"].items())
            lines.append(f"| {condition} | {whole} | {each} |")
    return "\n".join(lines)
