"""The context of a picture: what kind of file it is, and what was done to its pixels before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.signal import resampling, scenes
from tamis.examinations.signal.applicable import NOT_APPLICABLE, look
from tamis.examinations.signal.earlier import earlier_grid
from tamis.model import Observation

if TYPE_CHECKING:
    from tamis.examinations.signal.coding import Coding
    from tamis.examinations.signal.kind import Kind
    from tamis.examinations.signal.region import Luma
    from tamis.model import Content

SIDES = (256, 512, 1024, 2048)
"""Borders of the classes of the longer side, pixels."""


class Context(Examination):
    """In which stratum evidence from the pixels is to be read, or why it is not to be read.

    It says nothing of whether a picture was captured or generated, and is never evidence of it.
    """

    name: ClassVar[str] = "signal.context"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "Z. Fan, R. de Queiroz, Identification of bitmap compression history, IEEE TIP 12(2), "
        "2003; R. Neelamani et al., JPEG compression history estimation for color images, IEEE "
        "TIP 15(6), 2006; A. Gallagher, Detection of linear and cubic interpolation in JPEG "
        "compressed images, CRV 2005; B. Mahdian, S. Saic, Blind authentication using periodic "
        "properties of interpolation, IEEE TIFS 3(3), 2008"
    )
    conditions: ClassVar[str] = (
        "Still pictures that could be decoded. An earlier JPEG compression is looked for in files "
        "stored without loss, with 8 bits to a sample; resizing in these and in JPEG files, where "
        "they are neither tiny, flat nor graphic, with sides of 96 pixels and more, and their "
        "pixels are at hand in their own resolution: of large JPEG files the top, unless they are "
        "progressive."
    )
    failures: ClassVar[str] = (
        "Never evidence of capture or synthesis. Not seen: an earlier JPEG compression at quality "
        "99 and above (changes behind it other than a crop were not measured); a second grid of "
        "blocks within a JPEG file; a picture reduced that was no JPEG before; most enlargements "
        "by 2, by less than about 1.15 or with different factors for width and height; most "
        "resizing before a JPEG compression at quality 75. By which factor it was resized is not "
        "told: the frequency stands for several. Cameras enlarge too (digital zoom). Screenshots "
        "are not told from other pictures; graphics with gradients or many colours pass for "
        "photographic, and some large JPEG files of text. Whether a TIFF, JPEG 2000, HEIF or AVIF "
        "file has more than 8 bits is not known here."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return the context; of a picture that could not be decoded only that it is so."""
        found = look(content)
        coding, region, sort = found.coding, found.region, found.kind
        if sort is None:
            return [_applicable(found.reasons)]
        resized = None
        state = "unmeasured"
        if region is not None and _is_measurable(region, coding, sort):
            resized = resampling.find(region)
            state = "resampled" if resized else "unresampled"
        observations = [
            Observation("context.stratum", _stratum(content, coding, state)),
            Observation("context.kind", sort.value),
        ]
        if region is not None and coding.compression == "lossless" and not coding.unusual:
            earlier = earlier_grid(content, region)
            if earlier is not None:
                place: dict[str, object] = {"x": earlier.x, "y": earlier.y}
                observations.append(
                    Observation("context.jpeg_grid", place, round(earlier.strength, 1))
                )
        if resized is not None:
            frequency: dict[str, object] = {"frequency": round(resized.frequency, 4)}
            observations.append(
                Observation("context.resampled", frequency, round(resized.strength, 1))
            )
        observations.append(_applicable(found.reasons))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return pictures made in code."""
        plain = {"context.stratum", "context.kind", "context.applicable"}
        return [
            Example("stored without loss", scenes.untouched, frozenset(plain)),
            Example(
                "stored without loss after JPEG",
                scenes.once_jpeg,
                frozenset(plain | {"context.jpeg_grid"}),
            ),
            Example("enlarged", scenes.enlarged, frozenset(plain | {"context.resampled"})),
            Example("a chart", scenes.chart, frozenset(plain)),
            Example("tiny", scenes.tiny, frozenset(plain)),
            Example(
                "cut off in its header",
                lambda: scenes.untouched()[:24],
                frozenset({"context.applicable"}),
            ),
        ]


def _is_measurable(region: Luma, coding: Coding, sort: Kind) -> bool:
    """Say whether resizing may be looked for.

    Text repeats too, and in a flat picture nothing is to be seen. The blocks of other lossy formats
    are of 16 pixels and more, and their peaks lie where those of resizing do.
    """
    of_eights = coding.compression.startswith(("lossless", "jpeg")) and not coding.unusual
    return of_eights and sort not in NOT_APPLICABLE and resampling.measurable(region)


def _stratum(content: Content, coding: Coding, state: str) -> str:
    side = max(content.width, content.height)
    size = next((f"below-{border}" for border in SIDES if side < border), f"from-{SIDES[-1]}")
    return "/".join((coding.compression, coding.chroma, size, state))


def _applicable(reasons: tuple[str, ...]) -> Observation:
    value: dict[str, object] = {"applicable": not reasons}
    if reasons:
        value["reasons"] = list(reasons)
    return Observation("context.applicable", value)
