"""``tamis explain``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from tamis.pipeline.explaining import Explained, Written

_MOST = 12
"""Peaks that are printed: those that are numbered in the picture."""
_STEP = "  "


class ViewName(StrEnum):
    """The views there are."""

    NOISE = "noise"
    SPECTRUM = "spectrum"
    TILES = "tiles"


def _place(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise typer.BadParameter(_("write it as X,Y, in pixels"))
    x, y = (int(part[:9]) for part in parts)
    return x, y


def explain(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    media: Annotated[
        str,
        typer.Argument(metavar="MEDIA", help=_("SHA-256, the beginning of one, or a path.")),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=_("Folder to write to; made where absent."))
    ],
    view: Annotated[
        list[ViewName] | None,
        typer.Option(
            help=_(
                "noise, spectrum or tiles; repeatable. Without: spectrum and tiles, "
                "since outlines of the content show in the noise."
            )
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y",
            help=_("Noise of 512 × 512 pixels from here, in full resolution."),
        ),
    ] = None,
    with_content: Annotated[
        bool,
        typer.Option("--with-content", help=_("Draw the picture beneath tiles, small and dim.")),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Write views of the pixel evidence of one media."""
    place = _place(at)
    from tamis.config import settings
    from tamis.pipeline.explaining import Wanted
    from tamis.pipeline.explaining import explain as make
    from tamis.store.database import open_store

    names = tuple(dict.fromkeys(view or [ViewName.SPECTRUM, ViewName.TILES]))
    wanted = Wanted(tuple(name.value for name in names), place, with_content)
    with open_store(case) as store, store.only_writer():
        made = make(store, settings(), media, wanted, output)
    if json:
        say(as_json(_as_object(made)))
    else:
        _tell(made)


def _as_object(made: Explained) -> dict[str, Any]:
    return {
        "sha256": made.sha256.hex(),
        "source": made.source,
        "path": made.path,
        "orientation": made.orientation,
        "truncated": made.truncated,
        "written": [_view(each) for each in made.written],
        "refused": [{"view": name, "reason": code} for name, code in made.refused],
    }


def _view(each: Written) -> dict[str, Any]:
    found: dict[str, Any] = {"view": each.drawn.view, "file": str(each.path)}
    if each.by:
        found["by"] = each.by
    found |= {"width": each.drawn.width, "height": each.drawn.height}
    found |= each.drawn.numbers or {}
    if each.drawn.view == ViewName.SPECTRUM:
        found["peaks"] = [asdict(peak) for peak in each.drawn.peaks]
    return found


def _tell(made: Explained) -> None:
    from tamis.examinations.signal.views import described
    from tamis.pipeline.explaining import reason_of

    for each in made.written:
        by = f" ({each.by})" if each.by else ""
        say(f"{each.drawn.view}{by}: {printable(str(each.path))}")
        if each.drawn.view != ViewName.SPECTRUM:
            continue
        peaks = each.drawn.peaks
        for number, peak in enumerate(peaks[:_MOST], start=1):
            say(_STEP + _("peak {number}: {where}", number=number, where=described(peak)))
        if not peaks:
            say(_STEP + _("no peak"))
        elif len(peaks) > _MOST:
            say(_STEP + _("… and {number} more; --json has all", number=len(peaks) - _MOST))
    for name, code in made.refused:
        remark(_("{view}: not made: {reason}", view=name, reason=reason_of(code)))
    if made.truncated:
        remark(_("The file ends early: what is missing is part of these views."))
    if made.orientation != 1:
        remark(_("The views show the picture as it is stored; programs show it turned."))
    remark(_("Views illustrate and are no evidence; docs/explain.md says how to read them."))
