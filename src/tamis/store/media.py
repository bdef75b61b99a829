"""Media, their fingerprints and what examinations said of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa

from tamis.model import FileState, Locator, MediaKind
from tamis.store.database import chunks, insert_new
from tamis.store.files import PendingFile
from tamis.store.schema import (
    examination_run,
    fingerprint,
    media,
    media_file,
    observation,
)
from tamis.store.settling import Ended, rank, settle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tamis.model import Taken
    from tamis.store.database import Row


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A media as stored; see `tamis.store.schema.media`."""

    id: int
    sha256: bytes
    sha1: bytes
    md5: bytes
    size: int
    kind: MediaKind
    format: str
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """All fingerprints of one kind, as arrays in ascending order of media.

    Args:
        media_id: int64, shape (n,).
        variants: uint8, shape (n, variants, bytes).
        quality: int16, shape (n,); -1 where the method has none.
    """

    media_id: NDArray[np.int64]
    variants: NDArray[np.uint8]
    quality: NDArray[np.int16]


def save(connection: sa.Connection, answers: Sequence[tuple[int, Taken]]) -> None:
    """Write what workers found, and where each file ended, in the caller's transaction.

    Idempotent on (media, examination, version): what is stored already stays as it is, but for a
    failure, which gives way to what was found later.
    """
    by_sha256: dict[bytes, Taken] = {}
    for _, taken in sorted(answers, key=lambda answer: rank(answer[1].state)):
        if taken.digests:  # of copies in one batch, what was seen best
            by_sha256.setdefault(taken.digests.sha256, taken)
    stored = _ids(connection, list(by_sha256))
    new = [sha256 for sha256 in by_sha256 if sha256 not in stored]
    insert_new(connection, media, [_media_row(by_sha256[sha256]) for sha256 in new])
    ids = stored | _ids(connection, new)
    known = set(stored.values())
    found = [(ids[sha256], taken) for sha256, taken in by_sha256.items()]
    _renew(connection, [(media_id, taken) for media_id, taken in found if media_id in known])
    for table, make_rows in (
        (examination_run, _run_rows),
        (fingerprint, _fingerprint_rows),
        (observation, _observation_rows),
    ):
        rows = [row for media_id, taken in found for row in make_rows(media_id, taken)]
        insert_new(connection, table, rows)
    settle(
        connection,
        [
            Ended(
                file_id,
                ids[taken.digests.sha256] if taken.digests else None,
                taken.state,
                taken.reason,
                taken.kind is MediaKind.IMAGE,
            )
            for file_id, taken in answers
        ],
        known,
    )


def _renew(connection: sa.Connection, found: Sequence[tuple[int, Taken]]) -> None:
    """Let failures of stored media give way to what is to be stored now.

    A picture that a first look could not decode gets its width and height as well.
    """
    rows = [
        {"row_id": media_id, "width": taken.width, "height": taken.height}
        for media_id, taken in found
        if taken.width
    ]
    if rows:
        statement = sa.update(media).where(media.c.id == sa.bindparam("row_id"), media.c.width == 0)
        connection.execute(statement, rows)
    runs = [row for media_id, taken in found for row in _run_rows(media_id, taken)]
    failed = examination_run.c.failure.is_not(None)
    for chunk in chunks(sorted({int(str(run["media_id"])) for run in runs})):
        stored = connection.execute(
            sa.select(examination_run).where(examination_run.c.media_id.in_(chunk), failed)
        ).all()
        again = {(run["media_id"], run["examination"], run["version"]) for run in runs}
        gone = [
            {"m": row.media_id, "e": row.examination, "v": row.version}
            for row in stored
            if (row.media_id, row.examination, row.version) in again
        ]
        if gone:
            connection.execute(
                sa.delete(examination_run).where(
                    examination_run.c.media_id == sa.bindparam("m"),
                    examination_run.c.examination == sa.bindparam("e"),
                    examination_run.c.version == sa.bindparam("v"),
                ),
                gone,
            )


def _media_row(taken: Taken) -> dict[str, object]:
    digests = taken.digests
    if digests is None:
        raise ValueError("a media is known by its digests")
    return {
        "sha256": digests.sha256,
        "sha1": digests.sha1,
        "md5": digests.md5,
        "size": digests.size,
        "kind": taken.kind.value,
        "format": taken.format,
        "mime": taken.mime,
        "width": taken.width,
        "height": taken.height,
    }


def _fingerprint_rows(media_id: int, taken: Taken) -> Iterator[dict[str, object]]:
    for value in taken.fingerprints:
        yield {
            "media_id": media_id,
            "kind": value.kind,
            "version": value.version,
            "variants": b"".join(value.variants),
            "quality": value.quality,
        }


def _run_rows(media_id: int, taken: Taken) -> Iterator[dict[str, object]]:
    for result in taken.results:
        yield {
            "media_id": media_id,
            "examination": result.examination,
            "version": result.version,
            "failure": result.failure,
        }


def _observation_rows(media_id: int, taken: Taken) -> Iterator[dict[str, object]]:
    for result in taken.results:
        for position, found in enumerate(result.observations):
            yield {
                "media_id": media_id,
                "examination": result.examination,
                "version": result.version,
                "position": position,
                "name": found.name,
                "value": json.dumps(found.value, sort_keys=True),
                "score": found.score,
            }


def _ids(connection: sa.Connection, digests: list[bytes]) -> dict[bytes, int]:
    return {
        row.sha256: row.id
        for chunk in chunks(digests)
        for row in connection.execute(
            sa.select(media.c.sha256, media.c.id).where(media.c.sha256.in_(chunk))
        )
    }


def all_media(connection: sa.Connection, after: int = 0) -> Iterator[StoredMedia]:
    """Every media with an id above `after`, by ascending id."""
    for row in connection.execute(sa.select(media).where(media.c.id > after).order_by(media.c.id)):
        yield _stored(row)


def count(connection: sa.Connection) -> int:
    """How many media there are."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(media)) or 0)


def get(connection: sa.Connection, media_id: int) -> StoredMedia:
    """The media with this id."""
    return _stored(connection.execute(sa.select(media).where(media.c.id == media_id)).one())


def _stored(row: Row) -> StoredMedia:
    values = dict(row._mapping)
    return StoredMedia(**{**values, "kind": MediaKind(values["kind"])})


def digests_of(connection: sa.Connection, media_ids: Collection[int]) -> dict[int, bytes]:
    """The SHA-256 of some media by their ids."""
    found = {}
    for chunk in chunks(sorted(media_ids)):
        rows = connection.execute(
            sa.select(media.c.id, media.c.sha256).where(media.c.id.in_(chunk))
        )
        found.update({row.id: row.sha256 for row in rows})
    return found


def fingerprint_count(connection: sa.Connection, kind: str, through: int) -> int:
    """How many fingerprints of a kind, of any version, media up to id `through` have."""
    statement = (
        sa.select(sa.func.count())
        .select_from(fingerprint)
        .where(fingerprint.c.kind == kind, fingerprint.c.media_id <= through)
    )
    return int(connection.scalar(statement) or 0)


def fingerprints(
    connection: sa.Connection, kind: str, version: str, length: int, after: int = 0
) -> Fingerprints:
    """The fingerprint of one kind of every media above `after` that has one.

    Of the version asked for where there is one; else, until the media is scanned again, of the
    highest other: both find the same pictures, within some bits, and none is out of sight.

    Args:
        connection: to read by.
        kind: of the fingerprint.
        version: preferred.
        length: bytes of one variant.
        after: id of a media.
    """
    found = connection.execute(
        sa.select(fingerprint.c.media_id, fingerprint.c.variants, fingerprint.c.quality)
        .where(fingerprint.c.kind == kind, fingerprint.c.media_id > after)
        .order_by(fingerprint.c.media_id, fingerprint.c.version == version, fingerprint.c.version)
    ).all()
    rows = list({row.media_id: row for row in found}.values())  # the last one of each stays
    joined = b"".join(row.variants for row in rows)
    shape = (len(rows), -1, length) if rows else (0, 1, length)
    return Fingerprints(
        np.array([row.media_id for row in rows], dtype=np.int64),
        np.frombuffer(joined, dtype=np.uint8).reshape(shape),
        np.array([-1 if row.quality is None else row.quality for row in rows], dtype=np.int16),
    )


def fingerprints_of(connection: sa.Connection, media_id: int) -> list[tuple[str, bytes, int]]:
    """The fingerprints of one media: (kind, first variant and the rest joined, quality)."""
    rows = connection.execute(
        sa.select(fingerprint)
        .where(fingerprint.c.media_id == media_id)
        .order_by(fingerprint.c.kind, fingerprint.c.version)
    )
    return [(row.kind, row.variants, row.quality) for row in rows]


def next_copy(
    connection: sa.Connection, sources: Sequence[int], file_id: int
) -> PendingFile | None:
    """The file after this one, in these sources, that holds the same media; None if none does."""
    own = sa.select(media_file.c.media_id).where(media_file.c.id == file_id).scalar_subquery()
    row = connection.execute(
        sa.select(media_file)
        .where(
            media_file.c.media_id == own,
            media_file.c.id > file_id,
            media_file.c.source_id.in_(sources),
        )
        .order_by(media_file.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return PendingFile(row.id, row.source_id, Locator.from_key(row.locator), row.size)


def not_examined_by(
    connection: sa.Connection,
    sources: Sequence[int],
    versions: Mapping[str, str],
    of_videos: Mapping[str, str],
    after: int,
    limit: int,
) -> list[PendingFile]:
    """One file in these sources of each media some present examination has not seen, by file id.

    Args:
        connection: to read by.
        sources: ids.
        versions: of everything that looks at an image, by name.
        of_videos: of everything that looks at a video.
        after: id of a file; only later ones.
        limit: at most so many.
    """
    other = media_file.alias()
    first_file = (
        sa.select(sa.func.min(other.c.id))
        .where(other.c.media_id == media.c.id, other.c.source_id.in_(sources))
        .scalar_subquery()
    )
    image = sa.and_(
        media.c.kind == MediaKind.IMAGE.value,
        media_file.c.state != FileState.TAKEN_IN.value,
        _runs_of(versions) < len(versions),
    )
    video = sa.and_(media.c.kind == MediaKind.VIDEO.value, _runs_of(of_videos) < len(of_videos))
    rows = connection.execute(
        sa.select(media_file.c.id, media_file.c.source_id, media_file.c.locator, media_file.c.size)
        .select_from(media_file.join(media))
        .where(media_file.c.id == first_file, media_file.c.id > after, sa.or_(image, video))
        .order_by(media_file.c.id)
        .limit(limit)
    )
    return [
        PendingFile(row.id, row.source_id, Locator.from_key(row.locator), row.size) for row in rows
    ]


def _runs_of(versions: Mapping[str, str]) -> sa.ScalarSelect[int]:
    """How many of these have looked at the media of the row."""
    run = examination_run.c
    return (
        sa.select(sa.func.count())
        .select_from(examination_run)
        .where(
            run.media_id == media.c.id,
            sa.tuple_(run.examination, run.version).in_(list(versions.items())),
        )
        .scalar_subquery()
    )
