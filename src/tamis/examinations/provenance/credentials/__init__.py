"""Content Credentials: manifest stores of C2PA, validated offline."""

from __future__ import annotations
