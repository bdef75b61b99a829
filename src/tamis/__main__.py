"""``python -m tamis``."""

from __future__ import annotations

from tamis.cli import main

main()
