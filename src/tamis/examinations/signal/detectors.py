"""The detectors a person added to the site, each with its own score."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.errors import DetectorError
from tamis.examination import Examination, Example
from tamis.examinations.signal import scenes
from tamis.examinations.signal.suited import unsuited
from tamis.model import Observation, Resources

if TYPE_CHECKING:
    from typing import Self

    from tamis.detectors.card import Card
    from tamis.detectors.scoring import Detector, Score
    from tamis.model import Content


class Detectors(Examination):
    """What each installed detector says of the pixels, and with what likelihood ratio."""

    name: ClassVar[str] = "signal.detectors"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "The cards of the detectors name theirs. Calibration: N. Brümmer, J. du Preez, Computer "
        "Speech & Language 20(2-3), 2006; bounds: P. Vergeer et al., Science & Justice 56(6), 2016"
    )
    conditions: ClassVar[str] = (
        "Still pictures for which `context.applicable` holds, with eight bits to a sample, of at "
        "most 64 megapixels, and not smaller than the card of the detector asks; neither "
        "over-exposed, panoramas, transparent nor scanned. A likelihood ratio holds for pictures "
        "like those of the calibration."
    )
    failures: ClassVar[str] = (
        "A detector knows the generators and cameras it was trained with: on others its scores may "
        "say nothing, or the opposite. Compression, resizing and filters change them; whoever has "
        "the detector can change a picture until it says what is wanted. Without a calibration a "
        "score is no evidence."
    )

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or Resources()

    @classmethod
    def equipped(cls, resources: Resources) -> Self:
        """Return the examination with the site's detectors."""
        return cls(resources)

    @property
    def stored_version(self) -> str:
        """`version`, and the detectors with their calibrations."""
        digest = self._resources.detectors_digest
        return f"{self.version}-with-{digest}" if digest else self.version

    def prepare(self) -> None:
        """Open the detectors.

        Raises:
            DetectorError: one is not what was installed.
        """
        self._opened()

    def examine(self, content: Content) -> list[Observation]:
        """Return one observation to a detector; none where none is installed."""
        if not self._resources.detectors:
            return []
        return [_observed(detector, content) for detector in self._opened()]

    def _opened(self) -> list[Detector]:
        if not self._resources.detectors:
            return []
        from tamis.detectors.installed import opened  # noqa: PLC0415 - few sites have any

        return [opened(installed) for installed in self._resources.detectors]

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a picture of which nothing is said, since no detector comes with Tamis."""
        return [Example("no detector is installed", scenes.untouched, frozenset())]


def scored(detector: Detector, content: Content) -> Score | list[str]:
    """Return what a detector says of a picture, or why it is not asked.

    Raises:
        DetectorError: the model fails on it.
    """
    reasons = unsuited(content)
    if reasons or content.rgb is None:
        return reasons
    score = detector.score(content.rgb, content.orientation)
    return [score] if isinstance(score, str) else score


def _observed(detector: Detector, content: Content) -> Observation:
    card = detector.card
    value: dict[str, object] = {"detector": card.id, "version": card.version}
    try:
        score = scored(detector, content)
    except DetectorError as error:
        return _none(value | {"reasons": ["failed"], "detail": str(error)})
    if isinstance(score, list):
        return _none(value | {"reasons": score})
    return Observation("detector.score", value | _said(card, score), round(score.logit, 4))


def _none(value: dict[str, object]) -> Observation:
    return Observation("detector.not_applicable", value)


def _said(card: Card, score: Score) -> dict[str, object]:
    said: dict[str, object] = {
        "logit": round(score.logit, 4),
        "tiles": [tile.as_value() for tile in score.tiles],
        "calibrated": card.calibration is not None,
        "state": card.state,
    }
    if card.calibration is not None:
        said["log10_lr"] = round(card.calibration.log10_lr(score.logit), 3)
    return said
