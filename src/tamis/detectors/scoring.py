"""What a detector says of a picture."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tamis.detectors.preprocessing import pieces, refusal, resized, stored_box
from tamis.detectors.runtime import DTYPES, Network
from tamis.detectors.tile import Tile
from tamis.errors import DetectorError
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tamis.detectors.card import Aggregation, Card, Output
    from tamis.detectors.preprocessing import Piece

LARGEST_BATCH = 400 << 10
"""Bytes of input that a model which takes several pieces is shown at once.

Two tiles of the network that comes with Tamis: what it works on then stays in the processor's
cache. Sixteen at once took half as long again, with the same logits to the bit.
"""
LEAST_PROBABILITY = 1e-6
"""A probability is held this far from 0 and 1, lest its logit be infinite."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a detector says of one picture.

    Args:
        logit: aggregated; above 0 says synthetic.
        tiles: the pieces it was made of, in their order.
    """

    logit: float
    tiles: tuple[Tile, ...]


class Detector:
    """A card and its model, ready to score.

    Args:
        card: what to do.
        model: the ONNX file, which `tamis.detectors.model_file` has looked at.
        name: of the file, for messages.

    Raises:
        DetectorError: the model is not the one of the card, ONNX Runtime does not accept it, or its
            inputs and outputs are not those of the card.
    """

    def __init__(self, card: Card, model: bytes, name: str) -> None:
        found = hashlib.sha256(model).hexdigest()
        if card.sha256 not in (None, found):
            raise DetectorError(
                _(
                    "{file}: its SHA-256 is {found}, that of the card {expected}",
                    file=name,
                    found=found,
                    expected=card.sha256,
                )
            )
        self.card = card
        self._name = name
        self._network = Network(model, name)
        _check_input(card, self._network, name)
        self._several = not isinstance(self._network.inputs[0][1][0], int)
        names = [output for output, _shape, _type in self._network.outputs]
        if card.output.name not in names:
            raise _mismatch(name, "output", card.output.name, ", ".join(names))

    def score(self, rgb: NDArray[np.uint8], orientation: int) -> Score | str:
        """Return what the model says, or why it is not asked: ``too_small`` or ``too_large``.

        Args:
            rgb: stored pixels, shape (h, w, 3).
            orientation: EXIF orientation, 1 to 8.

        Raises:
            DetectorError: the model fails, or what it answers is no number.
        """
        height, width = rgb.shape[:2]
        turned = orientation if self.card.input.upright else 1
        if turned >= 5:
            height, width = width, height
        reason = refusal(self.card, width, height)
        if reason:
            return reason
        most = LARGEST_BATCH if self._several else 0
        found = [
            _tile(self.card, piece, logit, (width, height), turned)
            for group in _batches(pieces(self.card, rgb, orientation), most)
            for piece, logit in zip(group, self._of(group), strict=True)
        ]
        logit = aggregated([tile.logit for tile in found], self.card.aggregation)
        return Score(logit, tuple(found))

    def _of(self, group: list[Piece]) -> list[float]:
        """Return the logits of pieces of one shape, shown to the model at once."""
        tensors = np.concatenate([piece.tensor for piece in group])
        answers = self._network.run(tensors, self.card.output.name)
        each = answers.reshape(len(group), -1) if len(answers) % len(group) == 0 else ()
        logits = [_logit(answer, self.card.output) for answer in each]
        if len(logits) != len(group) or not all(math.isfinite(logit) for logit in logits):
            raise DetectorError(
                _("{file}: its output for a picture is not as the card says", file=self._name)
            )
        return logits


def _batches(found: Iterable[Piece], most: int) -> Iterator[list[Piece]]:
    """Yield pieces of one shape together, at most `most` bytes or one piece at a time."""
    group: list[Piece] = []
    for piece in found:
        size = (len(group) + 1) * piece.tensor.nbytes
        if group and (size > most or piece.tensor.shape != group[0].tensor.shape):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _tile(card: Card, piece: Piece, logit: float, size: tuple[int, int], orientation: int) -> Tile:
    """Return a piece in pixels of the picture as it is stored.

    Args:
        card: of the detector.
        piece: what it was shown.
        logit: what it said.
        size: width and height of the picture as the card wants it turned.
        orientation: by which it was turned for that, 1 to 8.
    """
    width, height = size
    across, down = resized(card.input.views[piece.view].resize, width, height)
    order = card.input.layout
    high, wide = (piece.tensor.shape[order.index(axis)] for axis in "HW")
    left, top = round(piece.left * width / across), round(piece.top * height / down)
    # A reduced view may round the edge of a piece up.
    right = min(round((piece.left + wide) * width / across), width)
    bottom = min(round((piece.top + high) * height / down), height)
    box = stored_box((left, top, right - left, bottom - top), size, orientation)
    return Tile(*box, scale=round(across / width, 4), logit=logit)


def aggregated(logits: list[float], aggregation: Aggregation) -> float:
    """Return one logit for several, at least one; see `tamis.detectors.card.Aggregation`."""
    values = np.asarray(logits, np.float64)
    if aggregation.kind == "max":
        return float(values.max())
    if aggregation.kind == "topk":
        return float(np.sort(values)[-(aggregation.k or 1) :].mean())
    if aggregation.kind == "logit_mean":
        return float(values.mean())
    # log of the mean probability of synthetic, less that of capture
    return float(np.logaddexp.reduce(-np.logaddexp(0, -values))) - float(
        np.logaddexp.reduce(-np.logaddexp(0, values))
    )


def _logit(answer: NDArray[np.float64], output: Output) -> float:
    """Return the log odds of synthetic in an output; no number where the output is too short."""
    if output.index >= len(answer) or not np.isfinite(answer).all():
        return math.nan
    value = float(answer[output.index])
    if output.kind == "probability":
        held = min(max(value, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)
        # some models round beyond the ends; what is far beyond is no probability
        value = math.log(held / (1 - held)) if -1e-3 <= value <= 1 + 1e-3 else math.nan
    elif output.kind == "class_logits":
        others = np.delete(answer, output.index)
        value = value - float(np.logaddexp.reduce(others)) if len(others) else math.nan
    return value if output.positive == "synthetic" else -value


def _check_input(card: Card, network: Network, name: str) -> None:
    """Hold the only input against the card.

    Raises:
        DetectorError: they differ.
    """
    if len(network.inputs) != 1:
        raise _mismatch(name, "inputs", 1, len(network.inputs))
    _called, shape, kind = network.inputs[0]
    if DTYPES.get(kind) != card.input.dtype:
        raise _mismatch(name, "input.dtype", card.input.dtype, kind)
    if len(shape) != 4:
        raise _mismatch(name, "input", card.input.layout, shape)
    order = card.input.layout
    if shape[order.index("C")] not in (3, None) and isinstance(shape[order.index("C")], int):
        raise _mismatch(name, "input.layout", order, shape)
    if isinstance(shape[0], int) and shape[0] != 1:
        raise _mismatch(name, "input", "N = 1", shape)
    for axis in "HW":
        side = shape[order.index(axis)]
        sides = {_side(card, number, axis) for number in range(len(card.input.views))}
        if isinstance(side, int) and sides != {side}:
            raise _mismatch(name, "input.views", sorted(sides, key=str), shape)


def _side(card: Card, number: int, axis: str) -> int | None:
    """Return how many pixels a view has along an axis; None where that depends on the picture."""
    view = card.input.views[number]
    if view.size is not None:
        return view.size
    return view.resize.width if axis == "W" else view.resize.height


def _mismatch(name: str, key: str, expected: object, found: object) -> DetectorError:
    return DetectorError(
        _(
            "{file}: {key}: the card says {expected}, the model {found}",
            file=name,
            key=key,
            expected=expected,
            found=found,
        )
    )
