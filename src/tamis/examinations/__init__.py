"""The examinations that come with Tamis."""

from __future__ import annotations
