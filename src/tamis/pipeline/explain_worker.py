"""Makes the views of one media, in a confined worker: it reads the file, nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.errors import DecodeError
from tamis.examinations.signal import tile_overlay, views
from tamis.examinations.signal.periodicity import Peak
from tamis.i18n import set_language
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.pipeline.take_in import os_reason

if TYPE_CHECKING:
    from tamis.detectors.tile import Tile
    from tamis.examinations.signal.views import View
    from tamis.model import Content, Locator
    from tamis.source import Source

NOISE, SPECTRUM, TILES = "noise", "spectrum", "tiles"

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Job:
    """A media to be explained, as it travels to a worker.

    Args:
        source: where a file that holds it lies.
        locator: of that file.
        size: in bytes, of the media.
        sha256: of the media.
        views: `NOISE` and `SPECTRUM`, as far as they are wanted.
        tiles: those of each detector, where they are wanted.
        at: of the noise only the part that begins at this x and y, in full resolution.
        with_content: draw the content, small and dim, beneath tiles.
        max_pixels: refuse pictures with more.
        language: of captions.
    """

    source: Source
    locator: Locator
    size: int
    sha256: bytes
    views: tuple[str, ...]
    tiles: tuple[tuple[Tile, ...], ...]
    at: tuple[int, int] | None
    with_content: bool
    max_pixels: int
    language: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One view.

    Args:
        view: its name.
        number: of tiles the place in `Job.tiles`, else 0.
        width: pixels.
        height: likewise.
        pixels: red, green and blue, row by row.
        numbers: see `tamis.examinations.signal.views.View`.
        peaks: likewise.
        refused: why there is none, as a code; the rest is empty then.
    """

    view: str
    number: int = 0
    width: int = 0
    height: int = 0
    pixels: bytes = b""
    numbers: dict[str, int] | None = None
    peaks: tuple[Peak, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job.

    Args:
        views: each one asked for, drawn or refused.
        orientation: EXIF orientation of the picture, 1 to 8; the views are as it is stored.
        truncated: the file ends early.
        failure: why nothing could be made, as ``code: detail``; the rest is empty then.
    """

    views: tuple[Drawn, ...] = ()
    orientation: int = 1
    truncated: bool = False
    failure: str = ""


REFUSALS = frozenset({"samples", "too_small", "flat", "misplaced"})
"""Codes a view may be refused with."""
NUMBERS = frozenset(
    {"gain", "reduced", "x", "y", "windows", "left_out", "window", "tiles", "drawn", "content"}
)
"""Names of the numbers a view may come with."""
RESULTS = (Peak, Drawn, Answer)
"""What travels back, besides what always may."""


def draw(job: Job) -> Answer:
    """Read the file, make sure that it holds the media, and draw; a bad file is an answer."""
    set_language(job.language)
    try:
        data = _read(job)
        content = decode(data, sniff(data[:_HEAD]), max_pixels=job.max_pixels)
    except DecodeError as error:
        return Answer(failure=f"{error.code}: {error.detail}")
    except OSError as error:
        return Answer(failure=os_reason(error))
    made = [_drawn(name, 0, _view(name, content, job)) for name in job.views]
    made += [
        _drawn(TILES, number, _overlay(content, tiles, with_content=job.with_content))
        for number, tiles in enumerate(job.tiles)
    ]
    return Answer(tuple(made), content.orientation, content.truncated)


def _read(job: Job) -> bytes:
    """Return the whole file.

    Raises:
        DecodeError: ``changed``: it does not hold the media.
        OSError: it cannot be read.
    """
    with job.source.open(job.locator) as stream:
        data = stream.read(job.size + 1)
    if hashlib.sha256(data).digest() != job.sha256:
        raise DecodeError("changed", "it does not hold what it held when it was scanned")
    return data


def _view(name: str, content: Content, job: Job) -> View | str:
    rgb = content.rgb
    if rgb is None:
        return "samples"
    if name == NOISE:
        return views.noise_residual(rgb, job.at)
    return views.spectrum(views.luminance(rgb))


def _overlay(content: Content, tiles: tuple[Tile, ...], *, with_content: bool) -> View | str:
    rgb = content.rgb if with_content else None
    if with_content and rgb is None:
        return "samples"
    try:
        return tile_overlay.tile_overlay((content.width, content.height), tiles, rgb)
    except ValueError:
        return "misplaced"


def _drawn(name: str, number: int, view: View | str) -> Drawn:
    if isinstance(view, str):
        return Drawn(name, number, refused=view)
    height, width = view.picture.shape[:2]
    pixels = view.picture.tobytes()
    return Drawn(name, number, width, height, pixels, view.numbers, view.peaks)
