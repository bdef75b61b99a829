"""Links between media: near-duplicate stacks."""

from __future__ import annotations
