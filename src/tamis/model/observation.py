"""An observation: one fact an examination reports."""

from __future__ import annotations

from dataclasses import dataclass

JsonValue = str | int | float | bool | None | list[object] | dict[str, object]


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact about a media.

    Args:
        name: dotted and stable, e.g. ``generator.tool``.
        value: JSON-compatible. Text from the file is stored as it is and escaped when shown.
        score: the fact as a number where it has one (unit stated by the examination).
    """

    name: str
    value: JsonValue
    score: float | None = None
