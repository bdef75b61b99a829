"""Package linking."""

from __future__ import annotations
