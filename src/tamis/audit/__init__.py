"""The audit log: an append-only, hash-chained record of everything done to a case."""

from __future__ import annotations
