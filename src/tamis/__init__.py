"""Tamis: forensic triage that looks at the real, still unknown victim first."""

from __future__ import annotations

__version__ = "0.1.0"
