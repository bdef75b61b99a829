"""What one look at a media file gave: the answer of a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.model.media_file import FileState, MediaKind, SourceEntry

if TYPE_CHECKING:
    from tamis.model.fingerprint import Digests, FingerprintValue
    from tamis.model.observation import Observation


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """What one examination said of one media.

    Args:
        examination: its name.
        version: its version.
        failure: why it could not be carried out; None where it was.
        observations: in the order reported.
    """

    examination: str
    version: str
    failure: str | None
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything learned from one media file.

    Args:
        state: where the file ends.
        reason: ``code`` or ``code: detail``; empty where there is nothing to add.
        digests: None where the file could not be read at all.
        kind: image, video, archive or other.
        format: as sniffed.
        mime: media type of `format`.
        width: in pixels, as displayed; 0 where unknown.
        height: likewise.
        fingerprints: those that could be made.
        results: one per examination that was asked for.
        members: of an archive, to be taken in next.
        more_members: there are more of them than one answer holds: ask again.
    """

    state: FileState
    reason: str = ""
    digests: Digests | None = None
    kind: MediaKind = MediaKind.OTHER
    format: str = ""
    mime: str = ""
    width: int = 0
    height: int = 0
    fingerprints: tuple[FingerprintValue, ...] = ()
    results: tuple[ExaminationResult, ...] = ()
    members: tuple[SourceEntry, ...] = ()
    more_members: bool = False
