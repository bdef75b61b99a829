"""Migrations of the schema, run by Alembic when a case is opened."""

from __future__ import annotations
