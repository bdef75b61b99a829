"""Reports: charts and documents from what a case says."""

from __future__ import annotations
