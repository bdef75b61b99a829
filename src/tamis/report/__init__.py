"""Reports: what was measured, as pages that a laboratory files and a court can read."""

from __future__ import annotations
