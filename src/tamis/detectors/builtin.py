"""The detector that comes with Tamis: its weights, its card, and what it says."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from tamis.detectors.card import parse
from tamis.detectors.scoring import Detector

if TYPE_CHECKING:
    from tamis.detectors.card import Card

_FOLDER = "pixels"
_MODEL, _CARD = "model.onnx", "card.json"


@cache
def card() -> Card:
    """Return the card of the network that comes with Tamis."""
    path = files(__package__).joinpath(_FOLDER, _CARD)
    return parse(path.read_bytes(), str(path))


@cache
def detector() -> Detector:
    """Return the network that comes with Tamis, opened once in each process.

    Raises:
        DetectorError: ONNX Runtime is missing, or the file is not the one of the card.
    """
    path = files(__package__).joinpath(_FOLDER, _MODEL)
    return Detector(card(), path.read_bytes(), str(path))
