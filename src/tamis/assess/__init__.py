"""Assessment: how far what was observed supports one proposition over another."""

from __future__ import annotations
