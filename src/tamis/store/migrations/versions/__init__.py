"""One module per revision of the schema."""

from __future__ import annotations
