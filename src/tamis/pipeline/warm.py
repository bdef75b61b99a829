"""Imported before workers fork: compiled code is loaded once, and none is compiled in a worker."""

from __future__ import annotations

from tamis.fingerprints.pdq import warm
from tamis.model import Resources
from tamis.pipeline.take_in import fingerprints, prepare

warm()
fingerprints()
prepare(Resources())
