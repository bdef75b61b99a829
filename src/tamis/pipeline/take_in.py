"""Takes in one media file: reads it once, and says everything there is to say of it.

Runs in a confined worker; nothing in here writes anything.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from tamis import registry
from tamis.errors import DecodeError
from tamis.fingerprints.cryptographic import digest
from tamis.media.decode import decode
from tamis.media.embedded import CONTAINERS
from tamis.media.sniff import Sniffed, sniff
from tamis.model import (
    Content,
    ExaminationResult,
    FileState,
    Locator,
    MediaKind,
    Resources,
    Taken,
)

if TYPE_CHECKING:
    from typing import BinaryIO

    from tamis.config import Settings
    from tamis.examination import Examination
    from tamis.fingerprint import Fingerprint
    from tamis.model import FingerprintValue, Observation
    from tamis.source import Source

FINGERPRINT_PREFIX = "fingerprint."
_HEAD = 1 << 16
_MEMBERS = 20_000
"""Members of an archive in one answer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One media file to take in.

    Args:
        file_id: its row.
        source_id: the source it lies in.
        locator: where.
        size: in bytes, as the source states it; sets the deadline.
        first_member: of an archive, the member to begin with; those before are on record.
        fault: set when an attempt killed or hung its worker, and why: no examination looks at the
            file then, and only what finds copies is made of its pixels.
        digest_only: set when that attempt did too: the file ends unreadable.
    """

    file_id: int
    source_id: int
    locator: Locator
    size: int
    first_member: int = 0
    fault: str = ""
    digest_only: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker accepts; see `tamis.config.Settings`."""

    max_pixels: int
    max_image_bytes: int
    strict_pdq: bool = False
    resources: Resources = field(default_factory=Resources)

    @property
    def versions(self) -> dict[str, str]:
        """Everything that looks at an image within these limits: name to version."""
        return active_versions(strict=self.strict_pdq, resources=self.resources)


@cache
def fingerprints() -> tuple[Fingerprint, ...]:
    """The registered fingerprints, made once per process."""
    return tuple(made() for made in registry.load("tamis.fingerprints").found.values())


@cache
def examinations(resources: Resources) -> tuple[Examination, ...]:
    """The registered examinations, made once per process and set of resources."""
    registered = registry.load("tamis.examinations").found.values()
    return tuple(made.equipped(resources) for made in registered)


def prepare(resources: Resources) -> None:
    """Have the examinations load what they need; called in a worker before it is confined.

    Raises:
        TamisError: a file of the site is gone, or is not what was installed.
    """
    for examination in examinations(resources):
        examination.prepare()


def fingerprint_version(fingerprint: Fingerprint, *, strict: bool) -> str:
    """The version under which a fingerprint is stored: the strict route is one of its own."""
    return f"{fingerprint.version}-strict" if strict else fingerprint.version


def active_versions(*, strict: bool, resources: Resources) -> dict[str, str]:
    """Everything that looks at an image now: name to version."""
    made = {
        FINGERPRINT_PREFIX + item.name: fingerprint_version(item, strict=strict)
        for item in fingerprints()
    }
    return made | {item.name: item.stored_version for item in examinations(resources)}


def versions_of_videos(resources: Resources) -> dict[str, str]:
    """Everything that looks at a video now: name to version."""
    return {
        item.name: item.stored_version
        for item in examinations(resources)
        if MediaKind.VIDEO in item.kinds
    }


def versions_in_force(settings: Settings) -> dict[str, str]:
    """Everything that looks at an image under these settings: name to version.

    Raises:
        SettingsError: a file the settings name cannot be read.
    """
    return active_versions(strict=settings.strict_pdq, resources=settings.resources())


class TakeIn:
    """The function that workers run.

    Args:
        sources: by their id in the case.
        limits: what is accepted.
    """

    def __init__(self, sources: dict[int, Source], limits: Limits) -> None:
        self.sources = sources
        self.limits = limits

    def __call__(self, job: Job) -> Taken:
        """Take in one file; a bad file is an answer, not an exception."""
        try:
            with self.sources[job.source_id].open(job.locator) as stream:
                return self._look(job, stream)
        except DecodeError as error:
            return Taken(FileState.UNREADABLE, f"{error.code}: {error.detail}")
        except OSError as error:
            return Taken(FileState.UNREADABLE, os_reason(error))

    def _look(self, job: Job, stream: BinaryIO) -> Taken:
        head = stream.read(_HEAD)
        sniffed = sniff(head)
        examined = sniffed.kind is MediaKind.IMAGE or sniffed.format in CONTAINERS
        keep = self.limits.max_image_bytes if examined else 0
        digests, data = digest(stream, head=head, keep=keep)
        taken = Taken(
            FileState.NOT_MEDIA,
            sniffed.mime or sniffed.format,
            digests,
            sniffed.kind,
            sniffed.format,
            sniffed.mime,
        )
        if job.fault and (job.digest_only or sniffed.kind is not MediaKind.IMAGE):
            failed = self._failed(sniffed.kind, job.fault)
            return replace(taken, state=FileState.UNREADABLE, reason=job.fault, results=failed)
        if sniffed.kind is MediaKind.VIDEO:
            return self._video(taken, sniffed, head if data is None else data, whole=bool(data))
        if sniffed.kind is MediaKind.ARCHIVE:
            return self._expand(job, taken)
        if sniffed.kind is MediaKind.IMAGE:
            return self._examine(taken, sniffed, data, job.fault)
        return taken

    def _failed(self, kind: MediaKind, fault: str) -> tuple[ExaminationResult, ...]:
        """Everything that looks at this kind of media, failed for one reason."""
        versions = self.limits.versions
        if kind is MediaKind.VIDEO:
            versions = versions_of_videos(self.limits.resources)
        return tuple(
            ExaminationResult(name, version, fault, ()) for name, version in versions.items()
        )

    def _video(self, taken: Taken, sniffed: Sniffed, data: bytes, *, whole: bool) -> Taken:
        """Of a video only what its container declares; its frames are not looked at."""
        content = Content(data, sniffed.format, sniffed.mime, sniffed.kind)
        looking = [
            item for item in examinations(self.limits.resources) if MediaKind.VIDEO in item.kinds
        ]
        failure = "" if whole or sniffed.format not in CONTAINERS else self._too_large("video")
        if failure:
            failed = self._failed(sniffed.kind, failure)
            return replace(taken, state=FileState.TAKEN_IN, reason=failure, results=failed)
        results = tuple(examine(item, content) for item in looking)
        failures = [f"{item.examination}: {item.failure}" for item in results if item.failure]
        state = FileState.PARTLY_EXAMINED if failures else FileState.TAKEN_IN
        reason = "; ".join([*failures, "video: frames are not examined yet"])
        return replace(taken, state=state, reason=reason, results=results)

    def _expand(self, job: Job, taken: Taken) -> Taken:
        try:
            entries = self.sources[job.source_id].expand(job.locator)
            members = tuple(islice(entries, job.first_member, job.first_member + _MEMBERS))
            more = next(entries, None) is not None
        except DecodeError as error:
            return replace(
                taken, state=FileState.UNREADABLE, reason=f"{error.code}: {error.detail}"
            )
        number = job.first_member + len(members)
        return replace(
            taken,
            reason=f"archive: {taken.format}, {number} members",
            members=members,
            more_members=more,
        )

    def _examine(self, taken: Taken, sniffed: Sniffed, data: bytes | None, died: str = "") -> Taken:
        """Decode, fingerprint and examine; after one attempt `died`, without examinations.

        What killed a worker is most likely in the metadata, and must not hide the picture.
        """
        if data is None:
            return replace(taken, state=FileState.UNREADABLE, reason=self._too_large("image"))
        fault = ""
        try:
            content = decode(
                data, sniffed, max_pixels=self.limits.max_pixels, strict=self.limits.strict_pdq
            )
        except DecodeError as error:
            fault = f"{error.code}: {error.detail}"
            content = Content(data, sniffed.format, sniffed.mime, sniffed.kind)
        values, made = self._fingerprint(content, fault)
        results = (
            *made,
            *(
                ExaminationResult(item.name, item.stored_version, died, ())
                if died
                else examine(item, content)
                for item in examinations(self.limits.resources)
            ),
        )
        failures = [f"{item.examination}: {item.failure}" for item in results if item.failure]
        if died:
            failures = [died, *(item.failure for item in made if item.failure)]
        if fault:
            state, reason = FileState.UNREADABLE, fault
        elif content.truncated or failures:
            state = FileState.PARTLY_EXAMINED
            reason = "; ".join((["truncated"] if content.truncated else []) + failures)
        else:
            state, reason = FileState.EXAMINED, ""
        upright = content.orientation < 5  # EXIF 5 to 8 lie on their side
        width, height = content.width, content.height
        return replace(
            taken,
            state=state,
            reason=reason,
            width=width if upright else height,
            height=height if upright else width,
            fingerprints=values,
            results=results,
        )

    def _too_large(self, kind: str) -> str:
        limit = self.limits.max_image_bytes >> 20
        return f"too_large: {kind} files above {limit} MiB are only digested"

    def _fingerprint(
        self, content: Content, fault: str
    ) -> tuple[tuple[FingerprintValue, ...], tuple[ExaminationResult, ...]]:
        values, results = [], []
        for item in fingerprints():
            version = fingerprint_version(item, strict=self.limits.strict_pdq)
            value, failure = _guarded(lambda item=item: item.compute(content))
            if value is not None:
                values.append(replace(value, version=version))
            name = FINGERPRINT_PREFIX + item.name
            results.append(ExaminationResult(name, version, fault or failure, ()))
        return tuple(values), tuple(results)


def examine(examination: Examination, content: Content) -> ExaminationResult:
    """Carry out one examination; what it raises becomes its failure."""
    found: list[Observation] | None
    found, failure = _guarded(lambda: _storable(examination.examine(content)))
    return ExaminationResult(
        examination.name, examination.stored_version, failure, tuple(found or ())
    )


def _storable(found: list[Observation]) -> list[Observation]:
    """Refuse what is no JSON: numbers that are infinite or none."""
    for item in found:
        json.dumps([item.value, item.score], allow_nan=False)
    return found


def _guarded(work: Any) -> tuple[Any, str | None]:  # noqa: ANN401 - any plug-in's call
    try:
        return work(), None
    except DecodeError as error:
        return None, f"{error.code}: {error.detail}"
    except MemoryError:
        raise  # the worker answers for it, and is replaced
    except Exception as error:  # noqa: BLE001 - somebody else's examination may raise anything
        return None, f"error: {type(error).__name__}: {error}"


def os_reason(error: OSError) -> str:
    """Say why a file could not be read, as ``code: detail``."""
    codes = {
        errno.ENOENT: "vanished",
        errno.EACCES: "permission_denied",
        errno.EPERM: "permission_denied",
        errno.ELOOP: "symlink",
        errno.EIO: "read_error",
    }
    code = codes.get(error.errno or 0, "read_error")
    return f"{code}: {error.strerror or type(error).__name__}"
