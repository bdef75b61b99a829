"""Scans sources into a case: walks them, has workers look at every file, and derives the rest.

What was written stays written: a scan that is cut off at any moment goes on where it stopped, and
ends in the same state as one that was not.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tamis import __version__, registry
from tamis.audit import checkpoint, log
from tamis.errors import SourceError, UsageError
from tamis.i18n import _
from tamis.isolate.executor import InlineExecutor
from tamis.isolate.pool import SafePool, Status
from tamis.matching import warm
from tamis.model import ExaminationResult, FileState, Taken, printable_path
from tamis.pipeline.progress import Silent
from tamis.pipeline.stages import refresh
from tamis.pipeline.take_in import (
    Job,
    Limits,
    TakeIn,
    versions_in_force,
    versions_of_videos,
)
from tamis.pipeline.take_in import (
    prepare as prepare_examinations,
)
from tamis.pipeline.try_again import prepare
from tamis.store import digests, files, media, past
from tamis.store.files import WalkCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.config import Settings
    from tamis.isolate.executor import Executor
    from tamis.isolate.pool import Outcome
    from tamis.pipeline.progress import Progress
    from tamis.source import Source
    from tamis.store.database import Store
    from tamis.store.files import PendingFile

_WALK_BATCH = 2_000
_FEED_BATCH = 2_000
_SAVE_BATCH = 256
_SAVE_SECONDS = 1.0
_SLOWEST_READ = 20 << 20
"""Bytes per second below which reading a file counts as a hang."""
_WORKER_LIFE = 1_000
"""Files after which a worker is replaced: one that a file took over can lie about no more."""
_ROUNDS = 8
"""A second one is rare; a file that still waited after so many would wait for ever."""
_RESULTS = (ExaminationResult, Taken)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scan came to.

    Args:
        walked: entries met in the sources, against what the case held.
        looked_at: files workers answered for.
        counts: media files by state, over the whole case.
        seconds: wall time.
        confinement: how workers were confined.
        absent: sources the case knows that are not there now; the others were scanned.
    """

    walked: WalkCounts
    looked_at: int
    counts: dict[str, int]
    seconds: float
    confinement: str
    absent: tuple[str, ...] = ()


class Scan:
    """One run over the sources of a case.

    Args:
        store: the case, opened; the caller holds its writer's lock.
        settings: in force.
        engine: ``local`` for the worker pool, ``inline`` for this process (debugging only).
        progress: told where the scan is.
        site: the site's own store of hash lists, where there is one.
        retry: look again at all files that are not wholly examined.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        engine: str = "local",
        progress: Progress | None = None,
        site: Store | None = None,
        retry: bool = False,
    ) -> None:
        self.store = store
        self.settings = settings
        self.engine = engine
        self.progress = progress or Silent()
        self.site = site
        self.retry = retry
        self.absent: list[str] = []
        self.versions = versions_in_force(settings)

    def run(self, locations: Sequence[Path]) -> Summary:
        """Scan `locations`, or the sources the case knows where none is given.

        Raises:
            SourceError: a location cannot be read at all.
            UsageError: the case lies within the evidence.
            StoreError: the case cannot be written; it is intact and the scan can be repeated.
        """
        began = time.monotonic()
        opened = self._open_sources(locations)
        executor = self._executor(opened)
        with self.store.write() as connection:
            start = self._start_record(opened) | {"before": digests.of_scan(connection)}
            log.append(connection, "scan.start", start)
        checkpoint.sign(self.store)  # a scan that is cut off leaves a case that can be verified
        walked = self._walk(opened)
        # This process waits for workers; meanwhile it can load what the stages after need.
        warming = Thread(target=warm, name="warm", daemon=True)
        if self.engine != "inline":  # numba cannot be loaded by two threads at a time
            warming.start()
        looked_at = self._process_all(executor, list(opened))
        if warming.is_alive():
            warming.join()
        with self.store.write() as connection:
            past.drop_returned(connection)
        refresh(self.store, self.settings, self.site, self.progress)
        confined = executor.confinement
        with self.store.write() as connection:
            counts = files.counts(connection)
            end = {
                "counts": counts,
                "after": digests.of_scan(connection),
                "confinement": asdict(confined) if confined else None,
            }
            log.append(connection, "scan.end", end)
        checkpoint.sign(self.store)
        level = confined.level.value if confined else "no worker was needed"
        seconds = time.monotonic() - began
        return Summary(walked, looked_at, counts, seconds, level, tuple(self.absent))

    def _open_sources(self, locations: Sequence[Path]) -> dict[int, Source]:
        chosen = [(location.resolve(), source_for(location)) for location in locations]
        with self.store.write() as connection:
            for location, kind in chosen:
                _refuse_case_inside(self.store.folder, location)
                files.add_source(connection, kind.name, os.fsencode(location))
            known = files.sources(connection)
        if not known:
            raise UsageError(_("the case knows no source; name one"))
        named = {os.fsencode(location) for location, _ in chosen}
        by_name = _sources_by_name()
        opened = {}
        for stored in known:
            path = Path(os.fsdecode(stored.location))
            if not named and not path.exists():
                self.absent.append(printable_path(stored.location))
            elif stored.location in named or not named:
                opened[stored.id] = by_name[stored.plugin](path)
        if not opened:
            raise SourceError(_("{source}: does not exist", source=self.absent[0]))
        return opened

    def _executor(self, opened: dict[int, Source]) -> Executor[Job]:
        limits = Limits(
            self.settings.max_pixels,
            self.settings.max_image_mib << 20,
            self.settings.strict_pdq,
            self.settings.resources(),
        )
        function = TakeIn(opened, limits)
        if self.engine == "inline":
            prepare_examinations(limits.resources)
            return InlineExecutor(function, results=_RESULTS)
        return SafePool(
            function,
            workers=self.settings.workers or os.cpu_count() or 1,
            timeout=self._deadline,
            memory=self.settings.worker_memory_mib << 20,
            readable=tuple(source.location for source in opened.values()),
            max_tasks=_WORKER_LIFE,
            preload=("tamis.pipeline.warm",),
            initialiser=partial(prepare_examinations, limits.resources),
            results=_RESULTS,
        )

    def _deadline(self, job: Job) -> float:
        return self.settings.timeout_s + job.size / _SLOWEST_READ

    def _start_record(self, opened: dict[int, Source]) -> dict[str, object]:
        return {
            "tamis": __version__,
            "sources": [printable_path(os.fsencode(item.location)) for item in opened.values()],
            "examinations": self.versions,
            "settings": self.settings.model_dump(mode="json", exclude_none=True),
        }

    def _walk(self, opened: dict[int, Source]) -> WalkCounts:
        self.progress.phase("walk", None)
        total = WalkCounts()
        for source_id, source in opened.items():
            with self.store.write() as connection:
                prepare(connection, source_id, self.settings, everything=self.retry)
                before = files.outside_archives(connection, source_id)
            met = WalkCounts()
            entries = source.walk()
            while batch := list(islice(entries, _WALK_BATCH)):
                with self.store.write() as connection:
                    met += files.record_walk(connection, source_id, batch)
                self.progress.advance(len(batch))
            total += replace(met, gone=before - met.changed - met.known)
        return total

    def _process_all(self, executor: Executor[Job], sources: list[int]) -> int:
        """Work until nothing waits; an archive that changed may bring files before those done."""
        looked_at = 0
        for _round in range(_ROUNDS):
            with self.store.read() as connection:
                waiting = files.pending_count(connection, sources)
            if _round and not waiting:
                break
            self.progress.phase("examine", waiting)
            looked_at += self._process(executor, self._feed(sources))
        return looked_at

    def _feed(self, sources: list[int]) -> _Feed:
        of_videos = versions_of_videos(self.settings.resources())
        return _Feed(self.store, sources, self.versions, of_videos)

    def _process(self, executor: Executor[Job], feed: _Feed) -> int:
        answers: list[tuple[Job, Taken]] = []
        looked_at, saved = 0, time.monotonic()
        try:
            for outcome in executor.run(feed.next):
                if job := _retry(outcome):
                    feed.again.append(job)
                    continue
                taken = _answer(outcome)
                if taken.digests is None and (copy := feed.copy_of(outcome.item)):
                    feed.again.append(copy)
                answers.append((outcome.item, taken))
                if taken.more_members:
                    first = outcome.item.first_member + len(taken.members)
                    feed.again.append(replace(outcome.item, first_member=first))
                else:
                    looked_at += 1
                late = time.monotonic() - saved > _SAVE_SECONDS
                if len(answers) >= _SAVE_BATCH or late or taken.members:
                    self._save(answers)
                    answers, saved = [], time.monotonic()
        finally:
            self._save(answers)
        return looked_at

    def _save(self, answers: list[tuple[Job, Taken]]) -> None:
        if not answers:
            return
        found = 0
        with self.store.write() as connection:
            for job, taken in answers:
                # The last members stand in the same transaction as the end of their archive: an
                # archive that is done has all its members on record.
                for start in range(0, len(taken.members), _WALK_BATCH):
                    part = taken.members[start : start + _WALK_BATCH]
                    found += files.record_walk(connection, job.source_id, part).new
            ended = [(job.file_id, taken) for job, taken in answers if not taken.more_members]
            media.save(connection, ended)
        self.progress.advance(len(ended), more=found)


class _Feed:
    """Hands out what is still to be looked at, page by page, straight from the case.

    Of the sources that are open now: another one may not be there at present.
    """

    def __init__(
        self,
        store: Store,
        sources: list[int],
        versions: dict[str, str],
        of_videos: dict[str, str],
    ) -> None:
        self.store = store
        self.sources = sources
        self.versions = versions
        self.of_videos = of_videos
        self.again: deque[Job] = deque()
        self._page: deque[Job] = deque()
        self._pending_after = 0
        self._stale_after = 0

    def next(self) -> Job | None:
        """The next job; None where there is none at present."""
        if self.again:
            return self.again.popleft()
        if not self._page:
            self._turn()
        return self._page.popleft() if self._page else None

    def copy_of(self, job: Job) -> Job | None:
        """Another file with the same content, where one that was read before cannot be now."""
        with self.store.read() as connection:
            found = media.next_copy(connection, self.sources, job.file_id)
        return _job(found) if found else None

    def _turn(self) -> None:
        with self.store.read() as connection:
            found = files.pending(connection, self.sources, self._pending_after, _FEED_BATCH)
            if found:
                self._pending_after = found[-1].id
            else:
                found = media.not_examined_by(
                    connection,
                    self.sources,
                    self.versions,
                    self.of_videos,
                    self._stale_after,
                    _FEED_BATCH,
                )
                if found:
                    self._stale_after = found[-1].id
        self._page.extend(_job(file) for file in found)


def _job(file: PendingFile) -> Job:
    return Job(file.id, file.source_id, file.locator, file.size)


def _retry(outcome: Outcome[Job]) -> Job | None:
    """A file that killed, hung or overfilled its worker: again with less, then digested only."""
    if outcome.status is Status.OK or outcome.item.digest_only:
        return None
    again = bool(outcome.item.fault)
    fault = f"{outcome.status.value}: {outcome.detail}"
    return replace(outcome.item, fault=fault, digest_only=again)


def _answer(outcome: Outcome[Job]) -> Taken:
    if outcome.status is Status.OK and isinstance(outcome.value, Taken):
        return outcome.value
    return Taken(FileState.UNREADABLE, outcome.item.fault)


def source_for(location: Path) -> type[Source]:
    """The kind of source that reads `location`.

    Raises:
        SourceError: it does not exist, or nothing can read it.
    """
    shown = printable_path(os.fsencode(location))
    if not location.exists():
        raise SourceError(_("{source}: does not exist", source=shown))
    willing = [kind for kind in _sources_by_name().values() if kind.accepts(location)]
    if not willing:
        raise SourceError(_("{source}: no source can read this", source=shown))
    return max(willing, key=lambda kind: kind.priority)


def _sources_by_name() -> dict[str, type[Source]]:
    return {kind.name: kind for kind in registry.load("tamis.sources").found.values()}


def _refuse_case_inside(case: Path, location: Path) -> None:
    if case.resolve().is_relative_to(location):
        raise UsageError(
            _(
                "{case}: the case lies within the evidence; keep it elsewhere, so that nothing is "
                "written there",
                case=case,
            )
        )
