"""The plots of a validation, as PNG: the same bytes for the same ratios.

Colours are those of M. Okabe and K. Ito, which differ for every kind of colour vision (Color
Universal Design, 2008); lines differ in their strokes as well.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tamis.assess import curves
from tamis.i18n import _
from tamis.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

_CAPTURE, _SYNTHETIC, _GREY = "#0072B2", "#D55E00", "#767676"
_SIZE = (7.0, 3.9)
_DPI = 160
_BIN = 0.1
_MOST_BINS = 80
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "path.simplify": False,
}


@contextmanager
def _style() -> Iterator[None]:
    """Draw as here, whatever the person's own settings of matplotlib are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def _figure(rows: int = 1, ratios: tuple[int, ...] = (1,)) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False, height_ratios=ratios)
    return figure, [axis for (axis,) in axes]


def _png(figure: Figure) -> bytes:
    for axis in figure.axes:
        for side in (axis.xaxis, axis.yaxis):
            if isinstance(side.get_major_formatter(), mpl.ticker.ScalarFormatter):
                side.set_major_formatter(FuncFormatter(lambda value, _place: _tick(value)))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _tick(value: float) -> str:
    """A number at an axis, with no more decimals than it has."""
    digits = next(count for count in range(4) if count == 3 or abs(value * 10**count % 1) < 1e-6)
    return number(value + 0.0, digits)


def _legend(axis: Axes) -> None:
    """Name the lines above the plot, where no line can run through the names."""
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def _ratio_axis(axis: Axes) -> None:
    axis.axvline(0, color=_GREY, linewidth=1)
    axis.set_xlabel(_("log10 likelihood ratio (synthetic ← 0 → capture)"))


def tippett(log10_lr: Floats, capture: Labels) -> bytes:
    """Draw, for either class, the share of ratios above each value."""
    with _style():
        figure, (axis,) = _figure()
        low, high = _range(log10_lr)
        for mask, colour, stroke, name in (
            (capture, _CAPTURE, "-", _("captures")),
            (~capture, _SYNTHETIC, "--", _("synthetic pictures")),
        ):
            if mask.any():
                values, above = curves.tippett(log10_lr[mask])
                axis.step(
                    [low, *values, high],
                    [1.0, *above, 0.0],
                    where="post",
                    color=colour,
                    linestyle=stroke,
                    label=f"{name} ({int(mask.sum())})",
                )
        _ratio_axis(axis)
        axis.set_ylabel(_("share above"))
        axis.set_ylim(-0.02, 1.02)
        axis.set_xlim(low, high)
        _legend(axis)
        return _png(figure)


def _range(log10_lr: Floats) -> tuple[float, float]:
    """A range around the ratios and 0, with room on both sides."""
    low, high = min(0.0, float(log10_lr.min())), max(0.0, float(log10_lr.max()))
    room = max(0.05 * (high - low), 0.1)
    return low - room, high + room


def distribution(log10_lr: Floats, capture: Labels) -> bytes:
    """Draw how the ratios of either class lie."""
    with _style():
        figure, (axis,) = _figure()
        low, high = _range(log10_lr)
        width = max(_BIN, (high - low) / _MOST_BINS)
        edges = np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width
        for mask, colour, hatch, name in (
            (capture, _CAPTURE, "", _("captures")),
            (~capture, _SYNTHETIC, "////", _("synthetic pictures")),
        ):
            if mask.any():
                shares = np.histogram(log10_lr[mask], edges)[0] / mask.sum()
                axis.stairs(
                    shares,
                    edges,
                    fill=True,
                    facecolor=f"{colour}55",
                    edgecolor=colour,
                    hatch=hatch,
                    label=f"{name} ({int(mask.sum())})",
                )
                axis.stairs(shares, edges, color=colour, linewidth=1.2)
        _ratio_axis(axis)
        axis.set_ylabel(_("share of the class"))
        _legend(axis)
        return _png(figure)


def cross_entropy(log10_lr: Floats, capture: Labels) -> bytes:
    """Draw what deciding costs at every prior."""
    with _style():
        figure, (axis,) = _figure()
        found = curves.cross_entropy(log10_lr, capture)
        axis.plot(
            curves.PRIOR_ODDS, found.reference, ":", color=_GREY, label=_("without the evidence")
        )
        axis.plot(curves.PRIOR_ODDS, found.observed, "-", color=_CAPTURE, label=_("as stated"))
        axis.plot(
            curves.PRIOR_ODDS,
            found.calibrated,
            "--",
            color=_SYNTHETIC,
            label=_("best possible recalibration (PAV)"),
        )
        axis.axvline(0, color=_GREY, linewidth=1)
        axis.set_xlabel(_("log10 of the prior odds, capture against synthetic"))
        axis.set_ylabel(_("empirical cross-entropy, bits"))
        axis.set_ylim(0, max(1.05, 1.05 * float(np.minimum(found.observed, 2.0).max())))
        axis.set_xlim(curves.PRIOR_ODDS[0], curves.PRIOR_ODDS[-1])
        _legend(axis)
        return _png(figure)


def reliability(log10_lr: Floats, capture: Labels) -> bytes:
    """Draw what was stated against what was so, and how many pictures each point stands on."""
    with _style():
        figure, (upper, lower) = _figure(2, (3, 1))
        bins = curves.reliability(log10_lr, capture)
        stated = np.array([item.stated for item in bins])
        share = np.array([item.captures / item.pictures for item in bins])
        reach = np.array([[item.low, item.high] for item in bins]).T
        upper.plot([0, 1], [0, 1], ":", color=_GREY, label=_("perfectly calibrated"))
        upper.errorbar(
            stated,
            share,
            yerr=np.abs(reach - share),
            fmt="o",
            color=_CAPTURE,
            ecolor=_CAPTURE,
            elinewidth=1.2,
            capsize=3,
            label=_("pictures with this stated probability"),
        )
        upper.set_ylim(-0.03, 1.03)
        upper.set_ylabel(_("share of captures"))
        _legend(upper)
        centres = (np.floor(np.minimum(stated, 1 - 1e-9) * curves.BINS) + 0.5) / curves.BINS
        counts = np.array([item.pictures for item in bins])
        lower.bar(centres, counts, width=0.9 / curves.BINS, color=_GREY)
        for centre, count in zip(centres, counts, strict=True):
            lower.annotate(str(count), (centre, count), ha="center", va="bottom", fontsize=8)
        lower.margins(y=0.35)
        lower.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        lower.set_xlim(0, 1)
        lower.set_xlabel(_("stated probability of a capture"))
        lower.set_ylabel(_("pictures"))
        return _png(figure)
