"""Package examinations/provenance."""

from __future__ import annotations
