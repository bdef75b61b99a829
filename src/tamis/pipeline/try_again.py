"""Which files that could not be examined are worth another look when a scan begins."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

from tamis.store import files, results

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tamis.config import Settings

_LIMITS = {
    "too_many_pixels": ("max_pixels",),
    "too_large": ("max_image_mib",),
    "timeout": ("timeout_s",),
    "memory": ("worker_memory_mib",),
    "archive_bomb": ("archive_ratio",),
    "archive_limit": ("archive_members", "archive_depth", "nested_archive_mib"),
    "no_decoder": ("raw",),
}
"""Reason code to the settings that, raised, may let such a file pass."""


def prepare(
    connection: sa.Connection, source_id: int, settings: Settings, *, everything: bool
) -> None:
    """Make files of a source pending again that may end better now, and note the present limits.

    Those are files that could not be read at the time, and those that a limit stopped which has
    been raised since this source was scanned last, or a decoder that has been installed.

    Args:
        connection: a write transaction.
        source_id: of the source.
        settings: in force.
        everything: try all files that are not wholly examined.
    """
    stage = f"limits of source {source_id}"
    now = _limits(settings)
    before = json.loads(results.inputs_of(connection, stage) or json.dumps(now))
    raised = {
        code
        for code, names in _LIMITS.items()
        if any(now[name] > before.get(name, 0) for name in names)
    }
    codes = None if everything else files.TRANSIENT | raised
    files.forget_folders(connection, source_id)
    files.try_again(connection, source_id, codes)
    results.note_inputs(connection, stage, json.dumps(now, sort_keys=True))


def _limits(settings: Settings) -> dict[str, float]:
    values = settings.model_dump()
    names = {name for names in _LIMITS.values() for name in names} - {"raw"}
    has_raw = importlib.util.find_spec("rawpy") is not None
    return {name: float(values[name]) for name in names} | {"raw": float(has_raw)}
