"""The inner loops of PDQ: compiled where numba is there, else in numpy."""

from __future__ import annotations

try:
    from tamis.fingerprints.compiled import multiply, project, tent
except ImportError:  # no numba on this platform
    from tamis.fingerprints.plain import multiply, project, tent

__all__ = ["multiply", "project", "tent"]
