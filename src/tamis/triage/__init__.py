"""Triage: which stack a person looks at next, and why."""

from __future__ import annotations

from tamis.triage.policy import Band, Policy, load_policy
from tamis.triage.queue import KnownAs, MemberFacts, QueuePlace, StackFacts, order

__all__ = [
    "Band",
    "KnownAs",
    "MemberFacts",
    "Policy",
    "QueuePlace",
    "StackFacts",
    "load_policy",
    "order",
]
