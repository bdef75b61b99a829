"""The card of a detector: what its model is, how pictures become its input, and what it says.

A card is strict: what it does not know is refused, so that no misspelt word changes how pictures
are prepared. ``docs/detectors.md`` shows one.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tamis.errors import DetectorError
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_CARD = 8 << 20
"""Bytes; the pictures of the self-test are the most of it."""
LEAST_SELF_TEST = 3

Channels = Annotated[tuple[float, float, float], Field(description="Red, green, blue.")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Resize(_Part):
    """How a picture is resized before it is cropped."""

    mode: Literal["none", "shorter_side", "factor", "exact", "halve"] = Field(
        description="none; shorter_side to `pixels`, the longer one cut down to a whole number; "
        "factor, both sides rounded; exact, to `width` × `height`; halve, means of 2 × 2 pixels "
        "(Pillow's reduce, a last odd row or column left out), whatever the kernel."
    )
    pixels: int | None = Field(default=None, ge=16, le=4096)
    factor: float | None = Field(default=None, ge=0.05, le=4)
    width: int | None = Field(default=None, ge=16, le=4096)
    height: int | None = Field(default=None, ge=16, le=4096)
    kernel: Literal["bilinear", "bicubic", "lanczos", "box"] = Field(
        default="bilinear", description="Pillow's, which widens it where it reduces (antialiasing)."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "none": set(),
            "shorter_side": {"pixels"},
            "factor": {"factor"},
            "exact": {"width", "height"},
            "halve": set(),
        }[self.mode]
        given = {
            name
            for name in ("pixels", "factor", "width", "height")
            if getattr(self, name) is not None
        }
        if given != needed:
            raise ValueError(f"mode {self.mode} takes {', '.join(sorted(needed)) or 'no number'}")
        return self


class View(_Part):
    """One way in which a picture is shown to the model."""

    resize: Resize
    crop: Literal["whole", "centre", "tiles"] = Field(
        description="The whole picture; a square in its middle; or squares out of it."
    )
    size: int | None = Field(
        default=None, ge=16, le=2048, description="Side of the square, pixels; of tiles 8 · n."
    )
    count: int | None = Field(default=None, ge=1, le=64, description="Of tiles, at most.")
    ranking: Literal["texture", "grid"] | None = Field(
        default=None, description="Which tiles: those with most texture, or evenly spread."
    )
    optional: bool = Field(
        default=False, description="Left out where the picture is too small for it."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.size is None) != (self.crop == "whole"):
            raise ValueError("a centre or tiles have a size, the whole has none")
        if (self.crop == "tiles") != (self.count is not None and self.ranking is not None):
            raise ValueError("tiles have a count and a ranking, nothing else has")
        if self.crop == "tiles" and self.size is not None and self.size % 8:
            raise ValueError("the size of tiles is a multiple of 8")
        if self.crop == "whole" and self.resize.mode in ("none", "factor", "halve"):
            raise ValueError("a whole picture is resized to a side or a size")
        return self


class Normalisation(_Part):
    """What is done to samples of 0 to 255: (sample / divisor - mean) / std, in float32."""

    divisor: float = Field(default=255.0, gt=0)
    mean: Channels = (0.0, 0.0, 0.0)
    std: Channels = (1.0, 1.0, 1.0)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if min(self.std) <= 0:
            raise ValueError("std must be above 0")
        return self


class Input(_Part):
    """How a picture becomes the input of the model."""

    layout: Literal["NCHW", "NHWC"]
    dtype: Literal["float32", "float16", "uint8"]
    colour: Literal["RGB", "BGR"] = "RGB"
    upright: bool = Field(description="Turned as its EXIF says, or as it is stored.")
    jpeg: Literal["none"] = Field(
        default="none", description="No view is compressed before it is shown."
    )
    views: tuple[View, ...] = Field(min_length=1, max_length=8)
    normalisation: Normalisation | None = Field(description="None of uint8, some of all else.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.dtype == "uint8") != (self.normalisation is None):
            raise ValueError("uint8 has no normalisation, all else has one")
        if all(view.optional for view in self.views):
            raise ValueError("one view at least is not optional")
        return self


class Output(_Part):
    """What the model says."""

    name: Text = Field(description="Of the output, as the model has it.")
    kind: Literal["logit", "probability", "class_logits"] = Field(
        description="Of class_logits the log odds of one class against all others are taken."
    )
    positive: Literal["synthetic", "capture"] = Field(description="What a high number says.")
    index: int = Field(default=0, ge=0, le=10_000, description="Which of its numbers.")


class Aggregation(_Part):
    """How the logits of tiles and views become one."""

    kind: Literal["mean", "max", "topk", "logit_mean"] = Field(
        description="mean: the mean probability; max: the highest; topk: the mean of the k highest "
        "logits; logit_mean: the mean logit."
    )
    k: int | None = Field(default=None, ge=1, le=64)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.kind == "topk") != (self.k is not None):
            raise ValueError("topk has a k, nothing else has")
        return self


class Training(_Part):
    """What the model was trained on, as far as its authors say."""

    sources: tuple[Text, ...] = Field(max_length=200)
    generators: tuple[Text, ...] = Field(max_length=1000)


class Calibration(_Part):
    """log10 LR = slope · logit + offset, within bounds; above 0 it supports capture."""

    slope: float
    offset: float
    lower: float = Field(le=0, description="ELUB, log10 LR.")
    upper: float = Field(ge=0, description="ELUB, log10 LR.")
    n_capture: int = Field(ge=1)
    n_synthetic: int = Field(ge=1)
    cllr: float = Field(ge=0, description="Of pictures on which nothing was fitted.")
    cllr_min: float = Field(ge=0)
    validation: Literal["by_source", "by_picture"] = Field(
        description="What was held out at a time for cllr and the bounds."
    )
    capture_sources: dict[str, int] = Field(description="Pictures by source (subfolder).")
    synthetic_sources: dict[str, int]
    truth_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Of the labelled contents.")
    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    conditions: str = Field(default="", max_length=1000, description="For what it holds.")

    def log10_lr(self, logit: float) -> float:
        """Return the likelihood ratio of a logit; above 0 it supports capture."""
        return min(max(self.slope * logit + self.offset, self.lower), self.upper)


class SelfTestPicture(_Part):
    """A benign picture, and what the model says of it."""

    title: Text
    png: str = Field(min_length=1, max_length=1 << 20, description="A PNG file in base64.")
    logit: float = Field(description="Aggregated; above 0 says synthetic.")


class SelfTest(_Part):
    """What must come out at installation."""

    origin: Literal["author", "installation"] = Field(
        description="Whose logits: of the author's own pipeline, or measured when installed."
    )
    tolerance: float = Field(default=0.01, gt=0, le=0.5, description="Of a logit.")
    pictures: tuple[SelfTestPicture, ...] = Field(min_length=LEAST_SELF_TEST, max_length=16)


class Card(_Part):
    """A detector."""

    schema_version: Literal[1]
    id: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$", description="Names it, and its folder.")
    version: Text
    title: Text
    licence: Text = Field(description="Of the weights; SPDX where there is an identifier.")
    url: str = Field(pattern="^https?://[!-~]+$", max_length=2000, description="Whence it comes.")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Of the model; none in cards without weights.",
    )
    opset: int | None = Field(default=None, ge=1, description="Of ONNX, where it must be this one.")
    input: Input
    output: Output
    aggregation: Aggregation
    min_side: int = Field(ge=16, description="Pictures with a shorter side, pixels, get no score.")
    training: Training
    notes: str = Field(default="", max_length=4000, description="What else is to be known.")
    calibration: Calibration | None = None
    self_test: SelfTest | None = None

    @property
    def proven(self) -> bool:
        """Whether the author's own logits came out when it was installed."""
        return self.self_test is not None and self.self_test.origin == "author"

    @property
    def state(self) -> str:
        """In one word: ``unproven``, ``uncalibrated`` or ``calibrated``.

        That an unproven one prepares pictures as its authors did is not shown. Once it is
        calibrated that matters no more: its ratios were measured on what is done here.
        """
        if self.calibration is not None:
            return "calibrated"
        return "uncalibrated" if self.proven else "unproven"


def parse(text: bytes | str, name: str) -> Card:
    """Return the card of a text.

    Args:
        text: JSON, at most `LARGEST_CARD` bytes.
        name: of the file, for messages.

    Raises:
        DetectorError: it is no card; names the file and the first field that is wrong.
    """
    if len(text) > LARGEST_CARD:
        raise DetectorError(
            _("{file}: larger than {limit} MiB", file=name, limit=LARGEST_CARD >> 20)
        )
    try:
        return Card.model_validate_json(text)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"]) or "JSON"
        raise DetectorError(
            _("{file}: {key}: {reason}", file=name, key=place, reason=wrong["msg"])
        ) from error
    except RecursionError as error:
        raise DetectorError(_("{file}: nested too deeply", file=name)) from error


def written(card: Card) -> str:
    """Return the text of a card, the same for the same card."""
    return json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def ready() -> Iterator[Card]:
    """Yield the cards that come with Tamis, without weights, by name."""
    for item in sorted(files(__package__).joinpath("cards").iterdir(), key=lambda item: item.name):
        if item.name.endswith(".json"):
            yield parse(item.read_bytes(), item.name)
