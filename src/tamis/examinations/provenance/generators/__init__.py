"""What image generators write about themselves: one module per grammar, one common shape."""

from __future__ import annotations
