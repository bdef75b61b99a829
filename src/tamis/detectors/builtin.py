"""The detector that comes with Tamis: its weights, its card, and what it says."""

from __future__ import annotations

import hashlib
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
    return parse(_text(), _CARD)


@cache
def digest() -> str:
    """Return the SHA-256 of the card, which names the weights, in hexadecimal."""
    return hashlib.sha256(_text()).hexdigest()


def _text() -> bytes:
    return files(__package__).joinpath(_FOLDER, _CARD).read_bytes()


@cache
def detector() -> Detector:
    """Return the network that comes with Tamis, opened once in each process.

    Raises:
        DetectorError: ONNX Runtime is missing, or the file is not the one of the card.
    """
    path = files(__package__).joinpath(_FOLDER, _MODEL)
    return Detector(card(), path.read_bytes(), str(path))
