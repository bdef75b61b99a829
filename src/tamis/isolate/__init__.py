"""Package isolate."""

from __future__ import annotations
