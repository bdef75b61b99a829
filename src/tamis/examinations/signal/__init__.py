"""Signal: what the pixels themselves show."""

from __future__ import annotations
