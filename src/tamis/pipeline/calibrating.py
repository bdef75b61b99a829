"""Calibrates an installed detector on a site's own pictures."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from tamis.assess import calibration
from tamis.detectors.card import Calibration
from tamis.detectors.installed import card_of, opened
from tamis.errors import DecodeError, DetectorError
from tamis.examinations.signal.detectors import scored
from tamis.i18n import _
from tamis.isolate.pool import SafePool, Status
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Locator, MediaKind, printable_path
from tamis.pipeline.detectors import replace_card
from tamis.pipeline.progress import Silent
from tamis.sources.folder import FolderSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tamis.config import Settings
    from tamis.detectors.card import Card
    from tamis.isolate.outcome import Outcome
    from tamis.model import InstalledDetector
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store

LEAST = 100
"""Pictures of each class with a score; fewer support too little."""
_FOLDS = 10
_HEAD = 1 << 16
_SLOWEST_READ = 20 << 20
_ROOT = "."


@dataclass(frozen=True, slots=True)
class Job:
    """A picture to be scored.

    Args:
        capture: it is a real capture.
        locator: where, below the folder of its class.
        size: in bytes.
    """

    capture: bool
    locator: Locator
    size: int

    @property
    def group(self) -> str:
        """Its source: the folder it lies in, of those directly below that of its class."""
        parts = self.locator.parts[0].split(b"/")
        return printable_path(parts[0]) if len(parts) > 1 else _ROOT


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one picture.

    Args:
        sha256: of its content.
        logit: None where it has none.
        reasons: why not.
    """

    sha256: bytes
    logit: float | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of a calibration.

    Args:
        card: the installed one, with its calibration.
        unscored: how many pictures have no score, by reason.
        repeated: how many were there before, and count once.
    """

    card: Card
    unscored: dict[str, int]
    repeated: int


class ScoreFile:
    """The function that workers run.

    Args:
        real: folder of captures.
        fake: folder of synthetic pictures.
        installed: the detector.
        settings: what is accepted.
    """

    def __init__(
        self, real: Path, fake: Path, installed: InstalledDetector, settings: Settings
    ) -> None:
        self.sources = {True: FolderSource(real), False: FolderSource(fake)}
        self.installed = installed
        self.max_pixels = settings.max_pixels
        self.max_bytes = settings.max_image_mib << 20

    def prepare(self) -> None:
        """Open the detector, before a worker is confined.

        Raises:
            DetectorError: it is not what was installed.
        """
        opened(self.installed)

    def __call__(self, job: Job) -> Scored:
        """Score one picture; a bad file is an answer, not an exception."""
        try:
            with self.sources[job.capture].open(job.locator) as stream:
                data = stream.read(self.max_bytes + 1)
        except (OSError, DecodeError) as error:
            return Scored(b"", None, (type(error).__name__,))
        sha256 = hashlib.sha256(data).digest()
        sniffed = sniff(data[:_HEAD])
        if sniffed.kind is not MediaKind.IMAGE or len(data) > self.max_bytes:
            return Scored(sha256, None, ("not_image",))
        try:
            content = decode(data, sniffed, max_pixels=self.max_pixels)
        except DecodeError as error:
            return Scored(sha256, None, (error.code,))
        score = scored(opened(self.installed), content)
        if isinstance(score, list):
            return Scored(sha256, None, tuple(score))
        return Scored(sha256, score.logit)


def calibrate(
    site: Store,
    installed: InstalledDetector,
    real: Path,
    fake: Path,
    settings: Settings,
    *,
    conditions: str = "",
    progress: Progress | None = None,
) -> Calibrated:
    """Score both folders as a scan would, fit, bound and judge; store it with the detector.

    Args:
        site: the site's store; the caller holds its writer's lock.
        installed: the detector.
        real: folder of captures, one subfolder to a source (a camera, a site).
        fake: folder of synthetic pictures, one subfolder to a generator.
        settings: in force.
        conditions: for what it holds, in words.
        progress: told how far it is.

    Raises:
        DetectorError: fewer than `LEAST` pictures of a class have a score, a picture is in both, or
            the detector's scores are no lower for captures.
        SourceError: a folder cannot be read.
    """
    card = card_of(installed)
    answers = _scores(ScoreFile(real, fake, installed, settings), settings, progress or Silent())
    kept, unscored, repeated = _usable(answers)
    fitted = fitted_on(kept, conditions)
    card = card.model_copy(update={"calibration": fitted})
    replace_card(site, installed, card, "detector.calibrate")
    return Calibrated(card, unscored, repeated)


def fitted_on(kept: Sequence[tuple[Job, Scored]], conditions: str) -> Calibration:
    """Fit a calibration, and judge it on pictures it was not fitted on.

    Raises:
        DetectorError: as `calibrate`.
    """
    logits = np.array([found.logit for _, found in kept], np.float64)
    capture = np.array([job.capture for job, _ in kept], bool)
    for enough, name in ((capture.sum(), "real"), ((~capture).sum(), "fake")):
        if enough < LEAST:
            raise DetectorError(
                _(
                    "--{folder}: {number} pictures with a score; a calibration takes {least}",
                    folder=name,
                    number=int(enough),
                    least=LEAST,
                )
            )
    line = calibration.fit(logits, capture)
    if line.slopes[0] >= 0:
        raise DetectorError(_("the scores of captures are not below those of synthetic pictures"))
    groups, by_source = _groups(kept)
    ratios = calibration.held_out(logits, capture, groups)
    bounds = calibration.elub(ratios, capture)
    found = calibration.quality(bounds.clip(ratios), capture)
    real, fake = (
        Counter(job.group for job, _ in kept if job.capture is kind) for kind in (True, False)
    )
    return Calibration(
        slope=line.slopes[0],
        offset=line.offset,
        lower=bounds.lower,
        upper=bounds.upper,
        n_capture=int(capture.sum()),
        n_synthetic=int((~capture).sum()),
        cllr=round(found.cllr, 4),
        cllr_min=round(calibration.cllr_min(-logits, capture), 4),
        validation="by_source" if by_source else "by_picture",
        capture_sources=dict(sorted(real.items())),
        synthetic_sources=dict(sorted(fake.items())),
        truth_sha256=_truth(kept),
        date=datetime.now(UTC).date().isoformat(),
        conditions=conditions,
    )


def _scores(
    function: ScoreFile, settings: Settings, progress: Progress
) -> list[tuple[Job, Scored]]:
    """Score every file, in confined workers; in the order of their names."""
    jobs = [job for capture in (True, False) for job in _walked(function.sources[capture], capture)]
    progress.phase("examine", len(jobs))
    pool: SafePool[Job] = SafePool(
        function,
        workers=settings.workers or os.cpu_count() or 1,
        timeout=lambda job: settings.timeout_s + job.size / _SLOWEST_READ,
        memory=settings.worker_memory_mib << 20,
        readable=tuple(source.location for source in function.sources.values()),
        preload=("tamis.pipeline.warm",),
        initialiser=function.prepare,
        results=(Scored,),
    )
    answers = {}
    for outcome in pool.map(jobs):
        answers[outcome.item] = _answer(outcome)
        progress.advance(1)
    return [(job, answers[job]) for job in jobs]


def _walked(source: FolderSource, capture: bool) -> Iterator[Job]:
    for entry in source.walk():
        if entry.reason == "":
            yield Job(capture, entry.locator, entry.size)


def _answer(outcome: Outcome[Job]) -> Scored:
    if outcome.status is Status.OK and isinstance(outcome.value, Scored):
        return outcome.value
    return Scored(b"", None, (outcome.status.value,))


def _usable(
    answers: list[tuple[Job, Scored]],
) -> tuple[list[tuple[Job, Scored]], dict[str, int], int]:
    """Return what has a score, each content once; what has none by reason; and the repetitions.

    Raises:
        DetectorError: a picture is in both folders.
    """
    kept: dict[bytes, tuple[Job, Scored]] = {}
    unscored: Counter[str] = Counter()
    repeated = 0
    for job, found in answers:
        if found.logit is None:
            unscored.update(found.reasons[:1])
        elif found.sha256 not in kept:
            kept[found.sha256] = (job, found)
        elif kept[found.sha256][0].capture is not job.capture:
            raise DetectorError(
                _("{file}: is in both folders", file=printable_path(job.locator.parts[0]))
            )
        else:
            repeated += 1
    return list(kept.values()), dict(sorted(unscored.items())), repeated


def _groups(kept: Sequence[tuple[Job, Scored]]) -> tuple[list[object], bool]:
    """Return what is held out together, and whether that is always a whole source.

    A class that is all of one source is held out in parts, by the digests of its pictures.
    """
    by_class = {
        kind: {job.group for job, _ in kept if job.capture is kind} for kind in (True, False)
    }
    by_source = all(len(found) > 1 for found in by_class.values())
    groups: list[object] = []
    for job, found in kept:
        whole = len(by_class[job.capture]) > 1
        groups.append((job.capture, job.group if whole else found.sha256[0] % _FOLDS))
    return groups, by_source


def _truth(kept: Sequence[tuple[Job, Scored]]) -> str:
    """Return the digest of the labelled contents, whatever their order."""
    lines = sorted(f"{found.sha256.hex()} {int(job.capture)}\n" for job, found in kept)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
