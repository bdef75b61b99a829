"""Draws budget curves: real pictures found against stacks viewed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    Points = Sequence[Sequence[float]]

FORMATS = ("png", "svg")
OWN, RANDOM, BEST = "queue", "random", "best"
"""Orders drawn in their own way, by their names."""
_SIZE = (9.6, 5.4)
_INCH = 150
_STYLE = {
    "backend": "agg",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "tamis",
}
_INK, _DIM, _GRID, _OWN = "#222222", "#8a8a8a", "#e4e4e4", "#00559a"
_OTHERS: tuple[tuple[str, Any], ...] = (
    ("#1b9e9e", (0, (6, 2))),
    ("#d17a00", (0, (4, 1, 1, 1))),
    ("#8b5cb0", (0, (3, 1.5))),
    ("#6d8a2f", (0, (1, 1.2))),
    ("#b04a62", (0, (2, 1, 1, 1, 1, 1))),
)
"""Colours and dashes, apart from each other also for those who do not tell red from green."""


def draw(
    viewed: Sequence[float], curves: Mapping[str, Points], called: Mapping[str, str], form: str
) -> bytes:
    """Return the picture; the same curves, the same bytes.

    Args:
        viewed: shares of the stacks.
        curves: by the name of the order, for each of `viewed` the share found with the lower and
            the upper end of its interval.
        called: what the orders are called, in the order of the legend.
        form: one of `FORMATS`.
    """
    style: Any = {**mpl.rcParamsDefault, **_STYLE}  # whatever a person has set for themselves
    with mpl.rc_context(style):
        figure = Figure(figsize=_SIZE, dpi=_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _dress(axes)
        others = [name for name in called if name in curves and name not in (OWN, RANDOM, BEST)]
        at = [100 * share for share in viewed]
        lines = {
            name: _line(axes, at, points, name, others.index(name) if name in others else 0)
            for name, points in curves.items()
        }
        _legend(figure, {called[name]: lines[name] for name in called if name in lines})
        buffer = io.BytesIO()
        # Without the date of drawing and the version of the program.
        without = {"png": ("Software",), "svg": ("Date", "Creator")}[form]
        figure.savefig(buffer, format=form, metadata=dict.fromkeys(without))
    return buffer.getvalue()


def _dress(axes: Axes) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 101)
    ticks = range(0, 101, 10)
    axes.set_xticks(ticks, [f"{tick} %" for tick in ticks])
    axes.set_yticks(ticks, [f"{tick} %" for tick in ticks])
    axes.grid(color=_GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, length=0, labelsize=9, pad=6)
    axes.set_xlabel(_("stacks viewed"), color=_INK)
    axes.set_ylabel(_("real pictures found"), color=_INK)
    axes.set_title(_("How soon the real pictures are found"), loc="left", color=_INK, fontsize=12)


def _line(axes: Axes, at: Sequence[float], points: Points, name: str, number: int) -> Line2D:
    """Draw one curve, with its interval where it is the queue's or that of chance."""
    found, low, high = ([100 * point[part] for point in points] for part in range(3))
    if name == OWN:
        axes.fill_between(at, low, high, color=_OWN, alpha=0.16, linewidth=0, zorder=2)
        (line,) = axes.plot(at, found, color=_OWN, linewidth=2.6, zorder=4)
    elif name == RANDOM:
        axes.fill_between(at, low, high, color=_GRID, linewidth=0, zorder=0.5)
        (line,) = axes.plot(at, found, color=_DIM, linewidth=1.0, zorder=1)
    elif name == BEST:
        (line,) = axes.plot(at, found, color=_DIM, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
    else:
        colour, dashes = _OTHERS[number % len(_OTHERS)]
        (line,) = axes.plot(at, found, color=colour, linewidth=1.4, linestyle=dashes, zorder=3)
    return line


def _legend(figure: Figure, lines: Mapping[str, Line2D]) -> None:
    figure.legend(
        list(lines.values()),
        list(lines),
        loc="outside right center",
        frameon=False,
        fontsize=9,
        handlelength=3.2,
    )
