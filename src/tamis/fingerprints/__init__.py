"""Package fingerprints."""

from __future__ import annotations
