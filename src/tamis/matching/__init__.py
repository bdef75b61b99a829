"""Exact matching of perceptual hashes: search within a distance, and all near pairs."""

from __future__ import annotations

from tamis.matching.engine import engine_name
from tamis.matching.index import HammingIndex
from tamis.matching.join import self_join
from tamis.matching.matches import Matches, Pairs
from tamis.matching.plan import MAX_DISTANCE
from tamis.matching.warm import warm

__all__ = [
    "MAX_DISTANCE",
    "HammingIndex",
    "Matches",
    "Pairs",
    "engine_name",
    "self_join",
    "warm",
]
