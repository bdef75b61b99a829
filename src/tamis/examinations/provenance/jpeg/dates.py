"""Dates of EXIF that contradict each other, or the age of digital cameras."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.media.exif import Exif

_TAGS = ("DateTime", "DateTimeOriginal", "DateTimeDigitized")
_FORM = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
"""That of EXIF, and what programs write that confuse it with that of XMP or of their language."""
_FIRST_YEAR = 1995
"""Exif 1.0 is of 1995; a clock that was never set often says 1970 or 1980."""
_CUT = 32


def read_date(text: str) -> datetime | None:
    """Return the time a text in the form of EXIF says (no zone); None where it says none."""
    match = _FORM.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:  # strptime takes ten times as long
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - EXIF has no zone
    except ValueError:
        return None


def _unset(text: str) -> bool:
    """Say whether a date is left blank, as the standard has it, or zero."""
    return not text.strip(" :0\0")


def contradictions(exif: Exif) -> dict[str, object]:
    """Return what is wrong with the dates; empty where nothing is.

    Returns:
        ``impossible``: texts that are no date; ``before_exif``: dates before 1995;
        ``captured_after_modified`` and ``captured_after_digitised``: by how many seconds
        DateTimeOriginal is later.
    """
    texts = {tag: exif.text(tag) for tag in _TAGS}
    dates = {tag: read_date(text) for tag, text in texts.items()}
    impossible: list[object] = [
        text[:_CUT] for tag, text in texts.items() if dates[tag] is None and not _unset(text)
    ]
    early: list[object] = [
        texts[tag][:_CUT] for tag, date in dates.items() if date and date.year < _FIRST_YEAR
    ]
    found: dict[str, object] = {}
    if impossible:
        found["impossible"] = impossible
    if early:
        found["before_exif"] = early
    captured = dates["DateTimeOriginal"]
    for name, tag in (("modified", "DateTime"), ("digitised", "DateTimeDigitized")):
        other = dates[tag]
        if captured and other and captured > other:
            found[f"captured_after_{name}"] = int((captured - other).total_seconds())
    return found


def seconds_until_modified(exif: Exif) -> int:
    """Return how long after the capture DateTime says the file was changed; 0 where it is not."""
    captured, modified = (read_date(exif.text(tag)) for tag in ("DateTimeOriginal", "DateTime"))
    if captured is None or modified is None:
        return 0
    return max(0, int((modified - captured).total_seconds()))
