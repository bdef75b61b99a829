"""Package triage."""

from __future__ import annotations
