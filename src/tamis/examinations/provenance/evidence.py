"""Texts found in evidence: kept whole up to a limit, parsed within limits, never acted upon."""

from __future__ import annotations

import json
import math

MAX_TEXT = 64 * 1024
"""Characters of one text that are stored."""
MAX_JSON = 4 * 1024 * 1024
"""Characters of JSON parsed in one file."""

_JSON_START = ("{", "[")


def cut(text: str, limit: int = MAX_TEXT) -> str:
    r"""Return the first `limit` characters.

    A lone surrogate, which JSON can spell and no store can hold, becomes ``\udxxx``.
    """
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")


def excerpt(place: str, text: str) -> dict[str, object]:
    """Return a text with where it was found, its full length and whether it was cut."""
    return {
        "place": cut(place, 128),
        "text": cut(text),
        "characters": len(text),
        "truncated": len(text) > MAX_TEXT,
    }


def parse_json(text: str) -> object | None:
    """Return a JSON object or array; None where `text` is neither, or is over a limit.

    Nesting is bounded by the recursion limit and numbers by Python's limit of digits; NaN and
    infinities, which are not JSON, become None.
    """
    text = text.strip(" \t\r\n\0\ufeff")
    if not text.startswith(_JSON_START) or len(text) > MAX_JSON:
        return None
    try:
        document: object = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return document


def number(value: object) -> float | None:
    """Return a finite number, also from text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def whole(value: object) -> int | None:
    """Return a whole number below 10^9; None for anything else."""
    result = number(value)
    if result is None or not result.is_integer() or not 0 <= result < 1e9:
        return None
    return int(result)


def digits(value: object) -> str:
    """Return a seed as decimal digits: text, since seeds of 64 bits do not survive all JSON."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    if isinstance(value, int) and abs(value) >= 1 << 128:
        return ""
    text = str(value).strip()
    return text if text.isascii() and text.lstrip("-").isdigit() and len(text) <= 40 else ""
