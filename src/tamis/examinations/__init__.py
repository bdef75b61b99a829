"""Package examinations."""

from __future__ import annotations
