"""Package matching."""

from __future__ import annotations
