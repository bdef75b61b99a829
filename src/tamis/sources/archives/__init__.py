"""Archives read in place: ZIP, TAR (also compressed) and single compressed files."""

from __future__ import annotations
