"""The self-test: benign pictures, and what the model must say of them when it is installed.

It catches what no check of the files can: another resampler, another version of the runtime, an
8-bit model whose numbers drift. Cards without one get the pictures below, made in code, with the
logits measured at installation: these show that nothing changed since, not that it was right.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.detectors import model_file
from tamis.detectors.card import SelfTest, SelfTestPicture, parse
from tamis.detectors.runtime import load
from tamis.detectors.scoring import Detector, Score
from tamis.errors import DecodeError, DetectorError
from tamis.i18n import _, set_language
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.detectors.card import Card

_MOST_PIXELS = 4_000_000
"""Of a picture of a self-test."""
_SIDES = (640, 480)
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Trial:
    """A detector to be tried, as it travels to a confined worker.

    Args:
        card: its text; the self-test holds the pictures.
        model: the whole file.
        name: of the file, for messages.
        language: of messages.
    """

    card: str
    model: bytes
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial.

    Args:
        logits: in the order of the pictures; empty where there is an error.
        error: why the model cannot be used; empty where it can.
    """

    logits: tuple[float, ...]
    error: str = ""


def prepare() -> None:
    """Load what `attempt` needs, before a worker is confined."""
    load()


def attempt(trial: Trial) -> Tried:
    """Open a detector and show it the pictures of its self-test."""
    set_language(trial.language)
    try:
        card = parse(trial.card, trial.name)
        detector = Detector(card, trial.model, trial.name)
        return Tried(logits(detector, trial.name))
    except DetectorError as error:
        return Tried((), str(error))


def logits(detector: Detector, name: str) -> tuple[float, ...]:
    """Return what a detector says of the pictures of its self-test.

    Raises:
        DetectorError: the model fails on one, or gives it no score, or one is no PNG file.
    """
    test = detector.card.self_test
    found = []
    for picture in test.pictures if test else ():
        try:
            data = base64.b64decode(picture.png, validate=True)
            content = decode(data, sniff(data[:_HEAD]), max_pixels=_MOST_PIXELS)
        except (ValueError, DecodeError) as error:
            raise _unusable(name, picture.title, str(error)) from error
        if content.format != "png" or content.rgb is None:
            raise _unusable(name, picture.title, content.format)
        score = detector.score(content.rgb, content.orientation)
        if not isinstance(score, Score):
            raise _unusable(name, picture.title, score)
        found.append(score.logit)
    return tuple(found)


def drift(card: Card, found: tuple[float, ...]) -> list[str]:
    """Return in words where logits differ from those of the self-test by more than it tolerates."""
    test = card.self_test
    if test is None:
        return []
    return [
        _(
            "{title}: {found} instead of {expected}",
            title=picture.title,
            found=f"{logit:.4f}",
            expected=f"{picture.logit:.4f}",
        )
        for picture, logit in zip(test.pictures, found, strict=True)
        if not abs(logit - picture.logit) <= test.tolerance
    ]


def made(measured: tuple[float, ...] | None = None) -> SelfTest:
    """Return a self-test of pictures made in code.

    Args:
        measured: the logits; zero where they are still to be measured.
    """
    scenes = {
        "hills (made in code)": _hills(),
        "fabric (made in code)": _fabric(),
        "pebbles (made in code)": _pebbles(),
    }
    found = measured or (0.0,) * len(scenes)
    pictures = (
        SelfTestPicture(title=title, png=_png(pixels), logit=logit)
        for (title, pixels), logit in zip(scenes.items(), found, strict=True)
    )
    return SelfTest(origin="installation", pictures=tuple(pictures))


def examined(model: bytes, name: str, card: Card) -> None:
    """Look at a model file before anything runs it.

    Raises:
        DetectorError: it is refused, or its opset is not that of the card.
    """
    found = model_file.inspect(model, name)
    if card.opset not in (None, found.opset):
        raise DetectorError(
            _(
                "{file}: {key}: the card says {expected}, the model {found}",
                file=name,
                key="opset",
                expected=card.opset,
                found=found.opset,
            )
        )


def _unusable(name: str, title: str, reason: str) -> DetectorError:
    return DetectorError(
        _(
            "{file}: the self-test picture {title} cannot be used: {reason}",
            file=name,
            title=title,
            reason=reason,
        )
    )


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width, height = _SIDES
    return np.meshgrid(np.arange(width) / height, np.arange(height) / height)


def _hills() -> NDArray[np.float64]:
    """Ridges before a sky: smooth above, textured below."""
    x, y = _grid()
    ridge = 0.45 + 0.12 * np.sin(5 * x) + 0.05 * np.sin(13 * x + 1)
    land = 0.35 + 0.2 * np.sin(90 * x + 40 * y**2) * np.sin(70 * y)
    sky = 0.55 + 0.35 * (0.6 - y)
    return np.stack([np.where(y > ridge, land * tint, sky + tint / 9) for tint in (0.8, 1, 0.5)], 2)


def _fabric() -> NDArray[np.float64]:
    """A weave whose threads get finer from left to right."""
    x, y = _grid()
    phase = 60 * x + 45 * x**2
    weave = 0.5 + 0.22 * np.sin(phase) * np.sin(100 * y) + 0.1 * np.sin(2.7 * phase + 50 * y)
    return np.stack([weave * tint for tint in (1, 0.85, 0.7)], 2)


def _pebbles() -> NDArray[np.float64]:
    """Rounded spots of several sizes with a light from above."""
    x, y = _grid()
    height = sum(
        np.cos(f * x + p) * np.cos(f * y - 2 * p) / f
        for f, p in ((17, 0.3), (29, 1.1), (47, 2.3), (83, 0.7))
    )
    light = np.gradient(np.asarray(height), axis=0) * 40
    return np.stack([0.5 + light * tint for tint in (0.9, 0.95, 1)], 2)


def _png(pixels: NDArray[np.float64]) -> str:
    levels = np.clip(np.rint(pixels * 31) * 8, 0, 255).astype(np.uint8)  # few, so that it packs
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()
