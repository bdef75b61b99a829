"""The network as it ships: which pieces of a picture it is shown, and how its card begins."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tamis.detectors.card import (
    Aggregation,
    Card,
    Input,
    Normalisation,
    Output,
    Resize,
    Training,
    View,
)
from tamis.detectors.scoring import Detector
from tamis.training.batches import TILE
from tamis.training.export import OPSET, write

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

ID, VERSION = "tamis-pixels", "1"
TILES, HALF_TILES = 12, 4
LEAST_SIDE = 160
"""Of a picture, in pixels: the least that the protocol judges, half of its region."""
_URL = "https://github.com/tamis-forensics/tamis"


def detector(model: nn.Module, path: Path) -> Detector:
    """Write a network to `path` and open it again as Tamis opens it.

    Raises:
        DetectorError: ONNX Runtime does not accept it.
    """
    write(model, path)
    content = path.read_bytes()
    return Detector(card(hashlib.sha256(content).hexdigest()), content, path.name)


def card(sha256: str) -> Card:
    """Return the card without what it was trained on, calibration and self-test."""
    whole = View(
        resize=Resize(mode="none"), crop="tiles", size=TILE, count=TILES, ranking="texture"
    )
    half = View(
        resize=Resize(mode="halve"),
        crop="tiles",
        size=TILE,
        count=HALF_TILES,
        ranking="texture",
        optional=True,
    )
    return Card(
        schema_version=1,
        id=ID,
        version=VERSION,
        title="Tamis pixel network (EfficientNet-lite0 on tiles of 128 pixels)",
        licence="Apache-2.0",
        url=_URL,
        sha256=sha256,
        opset=OPSET,
        input=Input(
            layout="NCHW",
            dtype="float32",
            upright=False,
            views=(whole, half),
            normalisation=Normalisation(divisor=1.0),
        ),
        output=Output(name="logit", kind="logit", positive="synthetic"),
        aggregation=Aggregation(kind="logit_mean"),
        min_side=LEAST_SIDE,
        training=Training(sources=(), generators=()),
        notes="docs/model-card.md",
    )
