"""Explains a media: writes views of its pixel evidence, and records that it was looked at."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tamis import registry
from tamis.audit import checkpoint, log
from tamis.errors import ExplanationError, UsageError
from tamis.examinations.signal.tile_overlay import tiles_of
from tamis.i18n import _, current_language
from tamis.isolate.pool import SafePool, Status
from tamis.model import printable, printable_path
from tamis.pipeline.explain_worker import (
    NOISE,
    NUMBERS,
    REFUSALS,
    RESULTS,
    SPECTRUM,
    TILES,
    Answer,
    Drawn,
    Job,
    draw,
)
from tamis.pipeline.explain_writing import digests, png, refuse_existing, target, written
from tamis.pipeline.take_in import versions_in_force
from tamis.store import files, observations
from tamis.store.naming import find

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import sqlalchemy as sa

    from tamis.config import Settings
    from tamis.detectors.tile import Tile
    from tamis.model import Observation
    from tamis.store.database import Store
    from tamis.store.media import StoredMedia

VIEWS = (NOISE, SPECTRUM, TILES)
SCORES = ("network.score", "detector.score")
"""Observations that may name the tiles they were made of."""

_DRAWING_S = 60.0
_SLOWEST_READ = 20 << 20
_LARGEST = 4096
"""Side of a picture that is taken from a worker; none of ours comes near it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Args:
        views: of `VIEWS`.
        at: of the noise only the part that begins at this x and y, in full resolution.
        with_content: draw the content, small and dim, beneath tiles.
    """

    views: tuple[str, ...]
    at: tuple[int, int] | None = None
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A view that was written.

    Args:
        drawn: the view.
        by: of tiles, the detector that scored them.
        path: of the PNG file.
    """

    drawn: Drawn
    by: str
    path: Path


@dataclass(frozen=True, slots=True)
class Explained:
    """What came of it.

    Args:
        sha256: of the media.
        source: location of the source whose file was read, printable.
        path: of that file, printable.
        orientation: EXIF orientation, 1 to 8; the views show the picture as stored.
        truncated: the file ends early.
        written: the views.
        refused: views that could not be made, with the reason as a code, see `reason_of`.
    """

    sha256: bytes
    source: str
    path: str
    orientation: int
    truncated: bool
    written: tuple[Written, ...]
    refused: tuple[tuple[str, str], ...]


def reason_of(code: str) -> str:
    """Return in words why a view could not be made."""
    return {
        "too_small": _("a side is below 64 pixels"),
        "flat": _("its residual holds nothing but rounding"),
        "samples": _(
            "no 8-bit colours are at hand (camera raw, CMYK, more bits, or above 64 megapixels)"
        ),
        "misplaced": _("its tiles do not lie within the picture"),
        "no_score": _("no detector has scored it"),
        "no_places": _("no score names the places of its tiles"),
    }[code]


def explain(store: Store, settings: Settings, text: str, wanted: Wanted, folder: Path) -> Explained:
    """Write views of a media, one PNG file each, and record it in the audit log.

    Args:
        store: the case; the caller holds its writer's lock.
        settings: in force.
        text: names the media: SHA-256, unique prefix, or path.
        wanted: which views.
        folder: where to write; made where absent.

    Raises:
        MediaNotFoundError: no media, or more than one, answers to `text`.
        ExplanationError: no file holds the media any more, it cannot be decoded, no view can be
            made of it, or one of that name is there already. Nothing is left behind then.
        UsageError: the folder lies within the evidence.
    """
    with store.read() as connection:
        found = find(connection, text)
        _refuse_evidence(connection, folder)
        scores, refused = _scores(connection, found, settings, wanted)
        jobs = list(_jobs(connection, found, settings, wanted, tuple(scores.values())))
    asked = [(view, 0) for view in wanted.views if view != TILES]
    asked += [(TILES, number) for number in range(len(scores))]
    places = {each: target(folder, found.sha256, *each) for each in asked}
    refuse_existing(places.values())
    job, path, answer = _answered(found, jobs, settings, places.keys())
    drawn = {(view.view, view.number): view for view in answer.views}
    refused = (*((view.view, view.refused) for view in answer.views if view.refused), *refused)
    made = tuple(
        Written(drawn[each], list(scores)[each[1]] if each[0] == TILES else "", place)
        for each, place in places.items()
        if not drawn[each].refused
    )
    if not made:
        raise _none(text, refused)
    _record(store, found, wanted, folder, made)
    location = printable_path(os.fsencode(job.source.location))
    return Explained(
        found.sha256, location, path, answer.orientation, answer.truncated, made, refused
    )


def _refuse_evidence(connection: sa.Connection, folder: Path) -> None:
    """Keep evidence as it is.

    Raises:
        UsageError: the folder lies within a source.
    """
    chosen = folder.resolve()
    for source in files.sources(connection):
        if chosen.is_relative_to(Path(os.fsdecode(source.location))):
            raise UsageError(
                _(
                    "{folder}: lies within the evidence, where nothing is written",
                    folder=printable(str(folder)),
                )
            )


def _scores(
    connection: sa.Connection, found: StoredMedia, settings: Settings, wanted: Wanted
) -> tuple[dict[str, tuple[Tile, ...]], tuple[tuple[str, str], ...]]:
    """Return the tiles of each detector by its name, or why there are none."""
    if TILES not in wanted.views:
        return {}, ()
    versions = versions_in_force(settings)
    said = observations.named(connection, SCORES, versions, [found.id]).get(found.id, [])
    placed: dict[str, tuple[Tile, ...]] = {}
    for observation in said:
        with suppress(ValueError):
            placed[_detector(observation)] = tuple(tiles_of(observation.value))
    if placed:
        return placed, ()
    return {}, ((TILES, "no_places" if said else "no_score"),)


def _detector(observation: Observation) -> str:
    value = observation.value
    named = value.get("detector") if isinstance(value, dict) else None
    return printable(named) if isinstance(named, str) else observation.name


def _jobs(
    connection: sa.Connection,
    found: StoredMedia,
    settings: Settings,
    wanted: Wanted,
    tiles: tuple[tuple[Tile, ...], ...],
) -> Iterator[tuple[Job, str]]:
    """Yield a job for each file that holds the media, with its path."""
    plugins = {source.location: source.plugin for source in files.sources(connection)}
    kinds = {kind.name: kind for kind in registry.load("tamis.sources").found.values()}
    views = tuple(view for view in wanted.views if view != TILES)
    for file in files.listing(connection, found.id):
        job = Job(
            kinds[plugins[file.location]](Path(os.fsdecode(file.location))),
            file.locator,
            found.size,
            found.sha256,
            views,
            tiles,
            wanted.at,
            wanted.with_content,
            settings.max_pixels,
            current_language(),
        )
        yield job, str(file.locator)


def _answered(
    found: StoredMedia,
    jobs: list[tuple[Job, str]],
    settings: Settings,
    asked: Collection[tuple[str, int]],
) -> tuple[Job, str, Answer]:
    """Return the answer of the first file that holds the media, with its job and path.

    Raises:
        ExplanationError: there is none.
    """
    limit = settings.max_image_mib
    if found.size > limit << 20:
        raise ExplanationError(_("the file is larger than {limit} MiB", limit=limit))
    failures = []
    for job, path in jobs:
        answer = _ask(job, settings)
        failure = answer.failure or _doubtful(answer, asked)
        if not failure:
            return job, path, answer
        failures.append(f"{path}: {printable(failure)}")
    if not failures:
        raise ExplanationError(_("no file holds this media any more: what held it has changed"))
    raise ExplanationError(
        _("no file of this media can be shown: {reasons}", reasons="; ".join(failures))
    )


def _ask(job: Job, settings: Settings) -> Answer:
    """Have a confined worker draw; what ends it is an answer."""
    pool: SafePool[Job] = SafePool(
        draw,
        workers=1,
        timeout=settings.timeout_s + _DRAWING_S + job.size / _SLOWEST_READ,
        memory=settings.worker_memory_mib << 20,
        readable=(job.source.location,),
        preload=("tamis.pipeline.warm",),
        results=RESULTS,
    )
    (outcome,) = pool.map([job])
    if outcome.status is Status.OK and isinstance(outcome.value, Answer):
        return outcome.value
    return Answer(failure=f"{outcome.status.value}: {outcome.detail}")


def _doubtful(answer: Answer, asked: Collection[tuple[str, int]]) -> str:
    """Say so where only a worker that a file took over could have given this answer."""
    given = [(view.view, view.number) for view in answer.views]
    if sorted(given) == sorted(asked) and all(map(_sound, answer.views)):
        return ""
    return "crashed: answer refused"


def _sound(view: Drawn) -> bool:
    if view.refused:
        return view.refused in REFUSALS
    sides = (view.width, view.height)
    return (
        min(sides) > 0
        and max(sides) <= _LARGEST
        and len(view.pixels) == 3 * view.width * view.height
        and (view.numbers or {}).keys() <= NUMBERS
        and all(math.isfinite(peak.x + peak.y + peak.decibels) for peak in view.peaks)
    )


def _none(text: str, refused: tuple[tuple[str, str], ...]) -> ExplanationError:
    reasons = "; ".join(f"{view}: {reason_of(code)}" for view, code in refused)
    return ExplanationError(
        _("{name}: no view can be made: {reasons}", name=printable(text), reasons=reasons)
    )


def _record(
    store: Store, found: StoredMedia, wanted: Wanted, folder: Path, made: tuple[Written, ...]
) -> None:
    """Write the files and the record of it: neither stays without the other."""
    contents = {each.path: png(each.drawn) for each in made}
    body = {
        "sha256": found.sha256.hex(),
        "folder": printable(str(folder)),
        "files": digests(contents),
        "at": list(wanted.at) if wanted.at else None,
        "with_content": wanted.with_content,
    }
    with written(folder, contents), store.write() as connection:
        log.append(connection, "explain", body)
    checkpoint.sign(store)
