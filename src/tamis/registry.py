"""Plug-ins found by entry point: built-in ones register exactly as anyone else's do."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

GROUPS = ("tamis.sources", "tamis.fingerprints", "tamis.examinations")


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plug-ins of one group.

    Args:
        found: name to class, sorted by name.
        failed: name to the reason why it could not be imported; shown by ``tamis doctor``.
    """

    found: dict[str, type[Any]]
    failed: dict[str, str]


def load(group: str) -> Plugins:
    """Import every plug-in of `group`; one that cannot be imported is reported, never fatal."""
    found: dict[str, type[Any]] = {}
    failed: dict[str, str] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            found[point.name] = point.load()
        except Exception as error:  # noqa: BLE001 - somebody else's module may raise anything
            failed[point.name] = f"{type(error).__name__}: {error}"
    return Plugins(found, failed)
