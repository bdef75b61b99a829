"""Provenance: what a file declares about itself. All of it can be forged."""

from __future__ import annotations
