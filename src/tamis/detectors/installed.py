"""Installed detectors: a folder each, with the model and the card."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.detectors.card import parse
from tamis.detectors.scoring import Detector
from tamis.errors import DetectorError
from tamis.i18n import _

if TYPE_CHECKING:
    from tamis.detectors.card import Card
    from tamis.model import InstalledDetector

MODEL, CARD = "model.onnx", "card.json"


def card_of(installed: InstalledDetector) -> Card:
    """Return the card of an installed detector.

    Raises:
        DetectorError: it was changed into something that is no card.
    """
    return parse(installed.card, str(Path(installed.folder) / CARD))


@cache
def opened(installed: InstalledDetector) -> Detector:
    """Return an installed detector, ready to score; opened once in each process.

    Raises:
        DetectorError: its card or model is gone, or is not what was installed.
    """
    card = card_of(installed)
    path = Path(installed.folder) / MODEL
    if card.sha256 is None:
        raise DetectorError(
            _("{file}: the card does not say which model it is for", file=path.with_name(CARD))
        )
    try:
        model = path.read_bytes()
    except OSError as error:
        raise DetectorError(
            _("{file}: cannot be read: {reason}", file=path, reason=error.strerror)
        ) from error
    return Detector(card, model, str(path))
