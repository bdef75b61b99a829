"""The site's own fit of the pixel scores: made from labelled pictures, stored, taken away."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.assess import pixels
from tamis.assess.refit import NAMES, Refitted, RefusedError, refit
from tamis.audit import checkpoint, log
from tamis.config import fit_file
from tamis.detectors import builtin
from tamis.errors import CalibrationError
from tamis.i18n import _
from tamis.pipeline.truth import CAPTURE, SYNTHETIC
from tamis.pipeline.truth_media import counted, join

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from tamis.pipeline.truth import Truth
    from tamis.pipeline.truth_media import Picture
    from tamis.store.database import Store

EXAMINATIONS = ("signal.network", "signal.traces")
"""Whose scores are fused."""
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Made:
    """A fit that is not stored yet.

    Args:
        contents: of the site's file.
        refitted: how good it is, by stratum; of the others the fit of Tamis stays.
        unscored: pictures without a score, by reason.
    """

    contents: dict[str, Any]
    refitted: Mapping[str, Refitted]
    unscored: dict[str, int]

    @property
    def better(self) -> bool:
        """In every stratum it costs less on groups left out than the fit of Tamis does."""
        return all(found.gain[0] > 0 for found in self.refitted.values())


def fit(
    connection: sa.Connection,
    truth: Truth,
    versions: Mapping[str, str],
    places: Mapping[str, Path] | None = None,
) -> Made:
    """Fit the pixel scores of a truth file's pictures, and hold the fit against that of Tamis.

    Args:
        connection: to the case.
        truth: the labels, with groups.
        versions: of the examinations in force, by name.
        places: as for `tamis.pipeline.truth_media.join`.

    Raises:
        TruthError: as `tamis.pipeline.truth_media.join`.
        CalibrationError: the pictures support no fit; says why.
    """
    joined = join(connection, truth, versions, places)
    labelled = [item for item in joined.pictures if item.row.origin in (CAPTURE, SYNTHETIC)]
    kept = [item for item in labelled if item.scores and pixels.stratum_of(item.stratum)]
    found = _by_stratum(kept)
    used = [item for item in kept if pixels.stratum_of(item.stratum) in found]
    contents = _contents(used, found, truth, {name: versions[name] for name in EXAMINATIONS})
    return Made(contents, found, counted(item.reasons for item in labelled if not item.scores))


def _by_stratum(kept: Sequence[Picture]) -> dict[str, Refitted]:
    """Fit every stratum of which there are enough pictures.

    Raises:
        CalibrationError: there is none; says what the largest lacks.
    """
    found, refused = {}, {}
    for name in pixels.STRATA:
        some = [item for item in kept if pixels.stratum_of(item.stratum) == name]
        try:
            found[name] = _refitted(some, name)
        except RefusedError as error:
            refused[name] = (len(some), _reason(error))
    if not found:
        raise CalibrationError(max(refused.values())[1])
    return found


def _refitted(some: Sequence[Picture], stratum: str) -> Refitted:
    scores = np.array([[item.scores.get(name, np.nan) for name in NAMES] for item in some])
    capture = np.array([item.row.origin == CAPTURE for item in some], bool)
    groups = [(item.row.origin == CAPTURE, item.row.group) for item in some]
    before = np.array([_by_tamis(item, stratum) for item in some])
    return refit(scores.reshape(-1, len(NAMES)), capture, groups, before)


def _by_tamis(item: Picture, stratum: str) -> float:
    """Return the log10 likelihood ratio that Tamis' own fit gives to the same picture."""
    own = pixels.fitted()
    if own.network != builtin.card().version:
        return 0.0
    return sum(own.strata[stratum].weigh(item.scores).values())


def _reason(refused: RefusedError) -> str:
    """Say why there is no fit."""
    code, *counts = refused.args
    if code == "one_class":
        return _("all pictures with a score are of one class: a fit needs captures and synthetic")
    if code in ("pictures", "groups"):
        capture, number, least = counts
        return _too_few(code, capture=capture, number=number, least=least)
    if code == "no_common_scores":
        return _(
            "captures and synthetic pictures do not have the same scores, or not in every group: "
            "what tells them apart would be the kind of file"
        )
    if code == "direction":
        return _("the scores of captures are not below those of synthetic pictures")
    return _(
        "on groups left out the fit costs {cllr} bits, and may cost {highest}; saying nothing "
        "costs 1: these pictures do not show that it helps, and --force does not change that",
        cllr=f"{counts[0]:.3f}",
        highest=f"{counts[1]:.3f}",
    )


def _too_few(code: str, *, capture: bool, number: int, least: int) -> str:
    values = {"number": number, "least": least}
    if code == "pictures" and capture:
        return _("{number} captures with a score; a fit takes {least}", **values)
    if code == "pictures":
        return _("{number} synthetic pictures with a score; a fit takes {least}", **values)
    if capture:
        return _(
            "{number} groups of captures; a fit takes {least} cameras or sources (column group)",
            **values,
        )
    return _(
        "{number} groups of synthetic pictures; a fit takes {least} generators (column group)",
        **values,
    )


def _contents(
    kept: Sequence[Picture],
    found: Mapping[str, Refitted],
    truth: Truth,
    examinations: Mapping[str, str],
) -> dict[str, Any]:
    date = datetime.now(UTC).date().isoformat()
    own = pixels.fitted()
    lines = sorted(f"{item.sha256} {int(item.row.origin == CAPTURE)}\n" for item in kept)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    counts = Counter(item.row.origin for item in kept)
    own_strata = {name: item | {"of_tamis": True} for name, item in own.facts["strata"].items()}
    return {
        "version": f"site-{date}-{digest[:8]}",
        "network": builtin.card().version,
        "examinations": dict(examinations),
        "strata": own_strata | {name: _stratum(kept, name, item) for name, item in found.items()},
        "validation": "groups_left_out",
        "n_capture": counts[CAPTURE],
        "n_synthetic": counts[SYNTHETIC],
        "sources": _named(kept, CAPTURE),
        "generators": _named(kept, SYNTHETIC),
        "truth_sha256": digest,
        "pictures": sorted(item.sha256 for item in kept),
        "truth_file_sha256": truth.sha256,
        "date": date,
        "compared": {"version": own.version, "sha256": own.digest},
    }


def _stratum(kept: Sequence[Picture], name: str, found: Refitted) -> dict[str, Any]:
    counts = Counter(item.row.origin for item in kept if pixels.stratum_of(item.stratum) == name)
    return {
        "terms": [
            {
                "name": term.name,
                "offset": round(term.offset, _DIGITS),
                "slope": round(term.slope, _DIGITS),
            }
            for term in found.fusion.terms
        ],
        "lower": found.bounds.lower,
        "upper": found.bounds.upper,
        "cllr": round(found.quality.cllr, _DIGITS),
        "cllr_min": round(found.quality.cllr_min, _DIGITS),
        "n_capture": counts[CAPTURE],
        "n_synthetic": counts[SYNTHETIC],
        "cllr_before": round(found.before, _DIGITS),
        "gain": [round(value, _DIGITS) for value in found.gain],
    }


def _named(kept: Sequence[Picture], origin: str) -> list[str]:
    return sorted({item.row.group for item in kept if item.row.origin == origin})


def store(site: Store, made: Made, *, forced: bool) -> str:
    """Put a fit in force at this site, and tell the audit log of the site; return its digest.

    Args:
        site: the site's store; the caller holds its writer's lock.
        made: the fit.
        forced: a person wanted it although it is no better than that of Tamis.

    Raises:
        CalibrationError: it cannot be written.
    """
    contents = made.contents | {"forced": forced}
    text = (json.dumps(contents, indent=1, ensure_ascii=False) + "\n").encode()
    digest = hashlib.sha256(text).hexdigest()
    path = fit_file()
    fresh = path.with_suffix(".part")
    with site.write() as connection:
        try:
            before = _digest(path)
            with fresh.open("wb") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _unwritable(path, error) from error
        told = {name: value for name, value in contents.items() if name != "pictures"}
        log.append(connection, "calibrate", told | {"sha256": digest, "before": before})
        fresh.replace(path)
    checkpoint.sign(site)
    return digest


def remove(site: Store) -> str | None:
    """Take the site's fit away; return its digest, or None where there is none.

    Args:
        site: the site's store; the caller holds its writer's lock.

    Raises:
        CalibrationError: it cannot be removed.
    """
    path = fit_file()
    with site.write() as connection:
        try:
            before = _digest(path)
            if before is None:
                return None
            log.append(connection, "calibrate.remove", {"before": before})
            path.unlink()
        except OSError as error:
            raise _unwritable(path, error) from error
    checkpoint.sign(site)
    return before


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _unwritable(path: Path, error: OSError) -> CalibrationError:
    return CalibrationError(
        _("{file}: cannot be written: {reason}", file=path, reason=error.strerror)
    )
