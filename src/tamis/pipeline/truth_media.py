"""Joins a truth file to the media of a case, and gathers what Tamis says of each picture."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.assess import pixels
from tamis.detectors import builtin
from tamis.errors import TruthError
from tamis.i18n import _
from tamis.model import FileState, Locator, MediaKind, printable_path
from tamis.pipeline.truth import refuse_contradiction
from tamis.store import assessments, files, media, observations
from tamis.store.database import chunks
from tamis.store.schema import examination_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tamis.model import Observation
    from tamis.pipeline.truth import Truth, TruthRow
    from tamis.store.files import ListedFile
    from tamis.store.media import StoredMedia

SEEN = ("context.stratum", "network.not_applicable")
NO_CALIBRATION, NOT_EXAMINED = "no_calibration", "not_examined"
_READ = (FileState.EXAMINED, FileState.PARTLY_EXAMINED)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a labelled picture, and what Tamis says of it.

    Args:
        row: the line that names it.
        sha256: in hexadecimal.
        format: as sniffed.
        stratum: of `signal.context`; empty where there is none.
        scores: of its pixels that are fused, by name.
        pixels: log10 likelihood ratio of the pixels alone; None where there is none.
        log10_lr: of the whole assessment; 0 where there is no evidence.
        reasons: why the pixels have none.
    """

    row: TruthRow
    sha256: str
    format: str
    stratum: str
    scores: Mapping[str, float]
    pixels: float | None
    log10_lr: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A truth file held against a case.

    Args:
        pictures: those that could be read, each content once.
        repeated: lines whose content an earlier line has.
        not_found: lines that name nothing the case holds.
        other_content: lines whose path holds another content than their SHA-256 says.
        unreadable: lines of files that could not be read or are no pictures, by the reason.
    """

    pictures: tuple[Picture, ...]
    repeated: tuple[TruthRow, ...]
    not_found: tuple[TruthRow, ...]
    other_content: tuple[TruthRow, ...]
    unreadable: tuple[tuple[TruthRow, str], ...]


def files_of(truth: Truth, base: Path) -> tuple[dict[str, Path], tuple[TruthRow, ...]]:
    """Return where the files that a truth file names lie, by the path it gives; and who is absent.

    Args:
        truth: every line names a path.
        base: folder of the truth file, to which paths are relative.

    Raises:
        TruthError: a line has no path, or none of the files is there.
    """
    found, absent = {}, []
    for row in truth.rows:
        if not row.path.strip():
            fault = _("without --case a line needs a path, to find the picture by")
            raise TruthError(
                _("{file} line {number}: {fault}", file=truth.file, number=row.line, fault=fault)
            )
        place = base / row.path
        if place.is_file():
            found[row.path] = place.resolve()
        else:
            absent.append(row)
    if not found:
        raise TruthError(
            _(
                "{file}: none of the {number} files it names is there; paths are relative to it",
                file=truth.file,
                number=len(truth.rows),
            )
        )
    return found, tuple(absent)


def join(
    connection: sa.Connection,
    truth: Truth,
    versions: Mapping[str, str],
    places: Mapping[str, Path] | None = None,
) -> Joined:
    """Find the media of every line, and what is said of them.

    Args:
        connection: to the case, whose assessments follow from the present evidence.
        truth: the labels.
        versions: of the examinations in force, by name.
        places: where the named files lie, where the case was made from them; else paths are those
            of the case.

    Raises:
        TruthError: two lines contradict each other, a path stands for several contents, no picture
            is left, or some of them were looked at by other versions than those in force.
    """
    found = _Finder(connection, truth, places)
    kept = _readable(connection, found)
    if not kept:
        raise TruthError(_("{file}: none of its pictures could be read", file=truth.file))
    ids = {stored.id: row for row, stored in kept}
    _refuse_other_versions(connection, truth, ids, versions)
    return Joined(
        tuple(_pictures(connection, kept, versions)),
        tuple(found.repeated),
        tuple(found.absent),
        tuple(found.other_content),
        tuple(found.unreadable),
    )


class _Finder:
    """Finds what each line names, and sorts out those that cannot be used."""

    def __init__(
        self, connection: sa.Connection, truth: Truth, places: Mapping[str, Path] | None
    ) -> None:
        self.truth = truth
        self.places = places
        self.rows: dict[str, TruthRow] = {}
        self.repeated: list[TruthRow] = []
        self.absent: list[TruthRow] = []
        self.other_content: list[TruthRow] = []
        self.unreadable: list[tuple[TruthRow, str]] = []
        self.by_name: dict[str, dict[str, ListedFile]] = defaultdict(dict)
        self.by_sha256: dict[str, ListedFile] = {}
        for file in files.listing(connection):
            self._note(file)
        for row in truth.rows:
            self._find(row)

    def _note(self, file: ListedFile) -> None:
        digest = file.sha256.hex() if file.sha256 else ""
        location = printable_path(file.location)
        names = {f"{location}/{file.locator}"}
        if self.places is None:
            names.add(str(file.locator))
        if os.path.basename(file.location) == file.locator.parts[0]:  # noqa: PTH119 - bytes
            names.add(str(Locator((file.location, *file.locator.parts[1:]))))
        for name in names:
            self.by_name[name].setdefault(digest, file)
        if digest and self.by_sha256.setdefault(digest, file).state not in _READ:
            self.by_sha256[digest] = file

    def _find(self, row: TruthRow) -> None:
        named = self._named(row) if row.path.strip() else {}
        if row.sha256 and named and row.sha256 not in named:
            self.other_content.append(row)
            return
        file = self.by_sha256.get(row.sha256) if row.sha256 else self._only(row, named)
        if file is None:
            self.absent.append(row)
        elif file.sha256 is None or file.state not in _READ:
            code = file.reason.split(":", 1)[0] or file.state.value
            self.unreadable.append((row, code))
        else:
            before = self.rows.setdefault(file.sha256.hex(), row)
            if before is not row:
                refuse_contradiction(self.truth.file, before, row)
                self.repeated.append(row)

    def _named(self, row: TruthRow) -> dict[str, ListedFile]:
        if self.places is not None:
            place = self.places.get(row.path)
            return {} if place is None else self.by_name.get(_shown(str(place)), {})
        return self.by_name.get(row.path) or self.by_name.get(_shown(row.path), {})

    def _only(self, row: TruthRow, named: Mapping[str, ListedFile]) -> ListedFile | None:
        if len(named) > 1:
            fault = _("several contents have this path in the case: name it by its SHA-256")
            raise TruthError(
                _(
                    "{file} line {number}: {fault}",
                    file=self.truth.file,
                    number=row.line,
                    fault=fault,
                )
            )
        return next(iter(named.values()), None)


def _shown(path: str) -> str:
    return printable_path(os.fsencode(path))


def _readable(connection: sa.Connection, found: _Finder) -> list[tuple[TruthRow, StoredMedia]]:
    """Return the still pictures among what was found; the rest goes to those not readable."""
    stored = {item.sha256.hex(): item for item in media.all_media(connection)}
    kept = []
    for digest, row in found.rows.items():
        item = stored[digest]
        if item.kind is MediaKind.IMAGE:
            kept.append((row, item))
        else:
            found.unreadable.append((row, item.kind.value))
    return kept


def _refuse_other_versions(
    connection: sa.Connection,
    truth: Truth,
    rows: Mapping[int, TruthRow],
    versions: Mapping[str, str],
) -> None:
    """Make sure that everything in force has looked at every picture.

    Figures over what two versions said would be the figures of neither.
    """
    run = examination_run.c
    wanted = set(versions.items())
    looked: dict[int, set[tuple[str, str]]] = {key: set() for key in rows}
    for chunk in chunks(sorted(rows)):
        for row in connection.execute(
            sa.select(run.media_id, run.examination, run.version).where(run.media_id.in_(chunk))
        ):
            looked[row.media_id].add((row.examination, row.version))
    stale = {key: wanted - found for key, found in looked.items() if wanted - found}
    if stale:
        first = min(stale, key=lambda key: rows[key].line)
        name, version = min(stale[first])
        raise TruthError(
            _(
                "{file}: {number} of its pictures were looked at by other versions of the "
                "examinations than those in force (line {line}: {examination} {version} has not "
                "seen it); scan the case again",
                file=truth.file,
                number=len(stale),
                line=rows[first].line,
                examination=name,
                version=version,
            )
        )


def _pictures(
    connection: sa.Connection,
    kept: Sequence[tuple[TruthRow, StoredMedia]],
    versions: Mapping[str, str],
) -> Iterable[Picture]:
    network = builtin.card().version
    names = (*pixels.OBSERVATIONS, *SEEN)
    observed = observations.named(connection, names, versions)
    assessed = assessments.by_media(connection)
    for row, stored in sorted(kept, key=lambda item: item[0].line):
        seen = observed.get(stored.id, [])
        made = assessed.get(stored.id)
        ratio = None if made is None else made.pixels
        yield Picture(
            row,
            stored.sha256.hex(),
            stored.format,
            next((str(item.value) for item in seen if item.name == "context.stratum"), ""),
            pixels.own_scores(seen, network),
            ratio,
            0.0 if made is None else made.log10_lr,
            () if ratio is not None else _reasons(seen),
        )


def _reasons(seen: Sequence[Observation]) -> tuple[str, ...]:
    """Return why the pixels of a picture have no likelihood ratio."""
    if any(item.name == "network.score" for item in seen):
        return (NO_CALIBRATION,)
    for item in seen:
        if item.name == "network.not_applicable" and isinstance(item.value, dict):
            given = item.value.get("reasons")
            return tuple(str(reason) for reason in given) if isinstance(given, list) else ()
    return (NOT_EXAMINED,)


def counted(reasons: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Return how often each reason is given, most often first."""
    counts = Counter(reason for each in reasons for reason in each or (NOT_EXAMINED,))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
