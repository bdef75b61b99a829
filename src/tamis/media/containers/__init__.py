"""Walkers: one per container, each finds the metadata blocks and copies nothing else."""

from __future__ import annotations
