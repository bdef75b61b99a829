"""Imported before workers fork: compiled code is loaded once, and none is compiled in a worker."""

from __future__ import annotations

from tamis.fingerprints import pdq
from tamis.pipeline.take_in import examinations, fingerprints

pdq.warm()
fingerprints()
examinations()
