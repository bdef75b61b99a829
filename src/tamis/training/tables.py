"""The figures of the report as tables in Markdown, for the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.training import protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Figures = dict[str, Any]
_SIDES = ("seen", "new")
_SHOWN = ("native", "forum", "jpeg-75", "half")
_COSTS = {"cllr_before": "Cllr before", "cllr_after": "Cllr after", "cllr_min": "least"}


def all_of(found: Figures) -> str:
    """Return every table of the figures of `report.figures`."""
    tables = (conditions(found), groups(found), pairs(found), likelihoods(found), forms(found))
    return "\n\n".join(tables)


def conditions(found: Figures) -> str:
    """Return all measures by condition."""
    recalls = [f"recall_at_{share:.0%}" for share in protocol.LET_THROUGH]
    columns = ("auc", *recalls, "found_by_10%", "found_by_20%", "found_by_30%")
    return _table(
        ("condition", "sources", *columns),
        (
            (condition, side, *(_interval(values[side][column]) for column in columns))
            for condition, values in _with(found, "seen")
            for side in _SIDES
        ),
    )


def groups(found: Figures) -> str:
    """Return the areas of each source, kind and generator in some conditions."""
    shown = [name for name in _SHOWN if name in found]
    return _table(
        ("of", "pictures", *shown),
        (
            (f"{group}: {name}", str(first["n"]), *(_area(found[c][group], name) for c in shown))
            for group in ("sources", "kinds", "generators")
            for name, first in found[shown[0]][group].items()
        ),
    )


def likelihoods(found: Figures) -> str:
    """Return Cllr by condition."""
    return _table(
        ("condition", *_COSTS.values()),
        (
            (condition, *(f"{values['likelihoods'][cost]:.3f}" for cost in _COSTS))
            for condition, values in _with(found, "likelihoods")
        ),
    )


def pairs(found: Figures) -> str:
    """Return the areas on pairs of a photograph and what a decoder made of it."""
    return _table(
        ("pairs", "all", "by decoder"),
        (
            (condition, _interval(values["auc"]), _listed(values["decoders"]))
            for condition, values in _with(found, "decoders")
        ),
    )


def forms(found: Figures) -> str:
    """Return what the form alone tells."""
    return _table(
        ("form", *_SIDES),
        (
            (name, *(_interval(sides[side]) for side in _SIDES))
            for name, sides in found.get("forms", {}).items()
        ),
    )


def _with(found: Figures, key: str) -> Iterator[tuple[str, Figures]]:
    return ((name, values) for name, values in found.items() if key in values)


def _interval(figure: dict[str, float]) -> str:
    return "{value:.3f} ({low:.3f} to {high:.3f})".format(**figure)


def _area(group: Figures, name: str) -> str:
    return f"{group[name]['auc']:.3f}" if name in group else ""


def _listed(areas: dict[str, float]) -> str:
    return ", ".join(f"{name} {area:.3f}" for name, area in areas.items())


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
