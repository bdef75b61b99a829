"""Numbers as they are written in the language in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.i18n import current_language

if TYPE_CHECKING:
    from collections.abc import Mapping

NARROW = "\u202f"
"""The space between a number and its unit."""


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.replace(".", ",") if current_language() == "fr" else text


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as a percentage."""
    return "–" if value is None else f"{number(100 * value, digits)}{NARROW}%"


def interval(figure: Mapping[str, Any], *, share: bool = False) -> str:
    """Return the interval of a figure, as ``0.21 – 0.35``."""
    if figure.get("low") is None:
        return "–"
    shown = percent if share else number
    return f"{shown(figure['low'])} – {shown(figure['high'])}"
