"""What the network that comes with Tamis says of the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.detectors import builtin
from tamis.errors import DetectorError
from tamis.examination import Examination, Example
from tamis.examinations.signal import scenes
from tamis.examinations.signal.detectors import scored
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.detectors.card import Card
    from tamis.detectors.scoring import Score
    from tamis.model import Content

_DIGITS = 8


class PixelNetwork(Examination):
    """How well the pixels support *camera capture* against *synthesised*, by a network."""

    name: ClassVar[str] = "signal.network"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "M. Tan, Q. Le, EfficientNet, ICML 2019, fitted as docs/model-card.md says; pairs of a "
        "photograph and its reconstruction: B. Chen et al., Dual Data Alignment, NeurIPS 2025; "
        "calibration: N. Brümmer, J. du Preez, Computer Speech & Language 20(2-3), 2006; bounds: "
        "P. Vergeer et al., Science & Justice 56(6), 2016"
    )
    conditions: ClassVar[str] = (
        "Still pictures for which `context.applicable` holds, with eight bits to a sample, of at "
        "most 64 megapixels, whose shorter side is not below the least of the card; neither "
        "over-exposed, panoramas, transparent nor, as the metadata say, scanned."
    )
    failures: ClassVar[str] = (
        "Cameras and generators unlike all it was trained on: the worst of both are in "
        "docs/model-card.md. Pictures filtered, retouched, denoised or enlarged by a network, and "
        "night modes of recent phones, may pass for synthetic; a generated picture printed and "
        "photographed, or reduced a lot, for a capture. Whoever has the network can change a "
        "picture until it says what is wanted. Of a photograph altered in part it says nothing."
    )

    @property
    def stored_version(self) -> str:
        """`version`, and which card, which names weights and calibration."""
        return f"{self.version}-with-{builtin.digest()[:_DIGITS]}"

    def prepare(self) -> None:
        """Open the network.

        Raises:
            DetectorError: ONNX Runtime is missing or the weights are not those of the card.
        """
        builtin.detector()

    def examine(self, content: Content) -> list[Observation]:
        """Return one observation: a score, or why there is none."""
        try:
            score = scored(builtin.detector(), content)
        except DetectorError as error:
            return [_none({"reasons": ["failed"], "detail": str(error)})]
        if isinstance(score, list):
            return [_none({"reasons": score})]
        value = _said(builtin.card(), score)
        return [Observation("network.score", value, round(score.logit, 4))]

    @classmethod
    def examples(cls) -> list[Example]:
        """Return pictures made in code, of which it says something and nothing."""
        return [
            Example("large enough", scenes.untouched, frozenset({"network.score"})),
            Example("a chart", scenes.chart, frozenset({"network.not_applicable"})),
        ]


def _none(value: dict[str, object]) -> Observation:
    return Observation("network.not_applicable", value)


def _said(card: Card, score: Score) -> dict[str, object]:
    said: dict[str, object] = {"network": card.version, "logit": round(score.logit, 4)}
    if card.calibration is not None:
        said["log10_lr"] = round(card.calibration.log10_lr(score.logit), 3)
    said["tiles"] = [tile.as_value() for tile in score.tiles]
    return said
