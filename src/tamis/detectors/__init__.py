"""Detectors: networks that score pictures, an ONNX model and a card that says how to use it."""

from __future__ import annotations
