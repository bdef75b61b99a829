"""What was measured of one set of likelihood ratios: figures, plots, errors by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.i18n import _
from tamis.report import plots, words
from tamis.report.document import Heading, Paragraph, Picture, Table
from tamis.report.numbers import NARROW, interval, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamis.report.document import Block

    Report = Mapping[str, Any]

CLASSES = ("capture", "synthetic")
SHARES = ("recall_at_1", "recall_at_5")
"""Figures that are shares."""
_LEAST_SHOWN = 5
"""Pictures of a stratum below which it stands in the JSON file only."""
_MOST_GROUPS = 60


def confidence(report: Report) -> str:
    """Return of how sure the intervals are."""
    return percent(report["method"]["confidence"], 0)


def figure_of(report: Report, figure: Report, *, share: bool = False) -> str:
    """A figure with its interval in one cell, or why there is none."""
    if figure["value"] is None:
        return f"– ({absence(report, figure)})"
    shown = percent if share else number
    return f"{shown(figure['value'])} ({interval(figure, share=share)})"


def absence(report: Report, figure: Report) -> str:
    """Return why a figure is absent."""
    return words.absent(figure["absent"], report["method"]["least_pictures"])


def measured(report: Report, name: str) -> Iterator[Block]:
    """Yield what was measured of the pixels alone, or of the whole assessment."""
    found = report["systems"][name]
    yield Heading(words.system(name))
    for key, figure in found["figures"].items():
        term, text = words.figure(key)
        if key == "recall_at_5":
            term, text = _("… and at 5 %"), ""
        if figure["value"] is None:
            reason = absence(report, figure)
            text = f"{reason[:1].upper()}{reason[1:]}. {text}"
            yield Paragraph(text, term=_("{name}: {value}", name=term, value="–"))
        else:
            shown = figure_of(report, figure, share=key in SHARES)
            yield Paragraph(text, term=_("{name}: {value}", name=term, value=shown))
    yield Paragraph(_interval_note(report, found), "note")
    yield Heading(_("Misleading evidence"), 3)
    yield Paragraph(words.misleading())
    yield _misleading(report, found)
    yield from _plots(report, name)
    yield from _groups(report, found)
    yield from _conditions(report, found)


def _interval_note(report: Report, found: Report) -> str:
    told = [
        _(
            "In brackets: intervals of {sure}, by drawing {number} times again; one more picture "
            "or group of each class that looks like the other class may be drawn too, so that "
            "errors nobody has met yet count",
            sure=confidence(report),
            number=report["method"]["resamples"],
        )
    ]
    for name, drawn in found["intervals_by"].items():
        if drawn["unit"] == "group":
            told.append(
                _("{what}: {groups} whole groups", what=words.origin(name), groups=drawn["groups"])
            )
        elif drawn["groups"]:
            told.append(
                _(
                    "{what}: single pictures, since there are only {groups} groups; the intervals "
                    "hold for these groups and are too narrow for others",
                    what=words.origin(name),
                    groups=drawn["groups"],
                )
            )
        else:
            told.append(
                _(
                    "{what}: single pictures, since the truth file says no groups; where pictures "
                    "share a camera or a generator the intervals are too narrow",
                    what=words.origin(name),
                )
            )
    return " ".join(f"{line[:1].upper()}{line[1:]}." for line in told)


def _misleading(report: Report, found: Report) -> Table:
    rows = [
        (
            words.origin(name),
            _("beyond {ratio}", ratio=beyond),
            f"{rate['found']} / {rate['of']}",
            figure_of(report, rate, share=True),
        )
        for name, rates in found["misleading"].items()
        for beyond, rate in rates.items()
    ]
    return Table(
        (_("class"), _("ratio the wrong way"), _("pictures"), _("rate")),
        tuple(rows),
        text_columns=2,
    )


def _plots(report: Report, name: str) -> Iterator[Block]:
    judged = [
        (picture[name], picture["origin"] == "capture")
        for picture in report["pictures"]
        if picture["origin"] in CLASSES and picture[name] is not None
    ]
    if not judged:
        return
    ratios, capture = (np.array(values) for values in zip(*judged, strict=True))
    drawers = {"distribution": plots.distribution, "tippett": plots.tippett}
    if report["systems"][name]["figures"]["cllr"]["value"] is not None:
        drawers |= {"cross_entropy": plots.cross_entropy, "reliability": plots.reliability}
    for key, draw in drawers.items():
        title, text = words.plot(key)
        yield Heading(title, 3)
        yield Paragraph(text)
        yield Picture(draw(ratios, capture.astype(bool)), f"{title}: {words.system(name)}")


def _groups(report: Report, found: Report) -> Iterator[Block]:
    if not found["groups"]:
        return
    yield Heading(_("Errors by group"), 3)
    yield Paragraph(
        _(
            "How many pictures of each camera or generator have a ratio for the wrong proposition. "
            "The interval is that of the pictures of this group: a few pictures without an error "
            "prove little."
        )
    )
    rows = sorted(found["groups"], key=lambda row: (row["origin"], -row["wrong"]["found"]))
    yield Table(
        (_("class"), _("group"), _("pictures"), _("wrong"), _("rate")),
        tuple(
            (
                words.origin(row["origin"]),
                row["group"] or "–",
                str(row["pictures"]),
                str(row["wrong"]["found"]),
                figure_of(report, row["wrong"], share=True),
            )
            for row in rows[:_MOST_GROUPS]
        ),
        text_columns=2,
    )
    if len(rows) > _MOST_GROUPS:
        rest = len(rows) - _MOST_GROUPS
        yield Paragraph(_("… and {number} more; report.json has all", number=rest), "note")


def _conditions(report: Report, found: Report) -> Iterator[Block]:
    if not found["conditions"]:
        return
    yield Heading(_("Errors by condition"), 3)
    yield Paragraph(
        _(
            "The same by how the file is stored and what was done to it, and Cllr where there are "
            "enough pictures of both classes. In a condition with few pictures the ratios are as "
            "good as untested."
        )
    )
    yield Table(
        (_("by"), _("value"), _("captures, wrong"), _("synthetic, wrong"), "Cllr"),
        tuple(
            (
                words.dimension(row["dimension"]),
                row["value"].replace("/", " / ") or "–",
                *(_of(row[name]["wrong"]) for name in CLASSES),
                "–" if row["cllr"]["value"] is None else figure_of(report, row["cllr"]),
            )
            for row in found["conditions"]
            if row["dimension"] != "stratum" or _pictures(row) >= _LEAST_SHOWN
        ),
        text_columns=2,
    )
    yield Paragraph(
        _("Strata with fewer than {least} pictures: see report.json.", least=_LEAST_SHOWN), "note"
    )


def _pictures(row: Report) -> int:
    return sum(int(row[name]["pictures"]) for name in CLASSES)


def _of(rate: Report) -> str:
    if not rate["of"]:
        return "–"
    return f"{rate['found']}{NARROW}/{NARROW}{rate['of']} ({interval(rate, share=True)})"
