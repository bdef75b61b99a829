"""What the structure of a JPEG file says of its making."""

from __future__ import annotations
