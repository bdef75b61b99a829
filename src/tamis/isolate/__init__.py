"""Isolation: hostile files are opened and decoded in confined worker processes only."""

from __future__ import annotations

from tamis.isolate.confinement import Confinement, Level, probe
from tamis.isolate.executor import Executor, InlineExecutor
from tamis.isolate.outcome import Outcome, Status
from tamis.isolate.pool import SafePool

__all__ = [
    "Confinement",
    "Executor",
    "InlineExecutor",
    "Level",
    "Outcome",
    "SafePool",
    "Status",
    "probe",
]
