"""A laboratory's own validation: what the likelihood ratios are worth on pictures it knows.

The result is one JSON-compatible object, the same for the same inputs to the last byte; pages are
drawn from it alone (`tamis.report.validation`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis import __version__
from tamis.assess import declarations, intervals, validation
from tamis.assess.declarations import PROPOSITIONS
from tamis.detectors import builtin
from tamis.pipeline import fit_in_force
from tamis.pipeline.truth import CAPTURE, ORIGINS, SYNTHETIC
from tamis.pipeline.truth_media import counted, join

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from pathlib import Path

    import sqlalchemy as sa
    from numpy.typing import NDArray

    from tamis.assess.intervals import Figure, Sampling
    from tamis.pipeline.truth import Truth, TruthRow
    from tamis.pipeline.truth_media import Joined, Picture

    Floats = NDArray[np.float64]

FORM = 1
"""Of the object; raised where a key changes its meaning."""
SYSTEMS = ("pixels", "assessment")
_LIBRARIES = ("numpy", "onnxruntime", "pillow", "pillow-heif", "simplejpeg")
_DIGITS = 6
_QUANTILES = (5, 25, 50, 75, 95)
_UNKNOWN = ""


def validate(
    connection: sa.Connection,
    truth: Truth,
    versions: Mapping[str, str],
    command: str,
    places: Mapping[str, Path] | None = None,
) -> dict[str, Any]:
    """Measure; return the report.

    Args:
        connection: to the case, whose assessments follow from the present evidence.
        truth: the labels.
        versions: of the examinations in force, by name.
        command: that makes this report again, for the reader.
        places: as for `tamis.pipeline.truth_media.join`.

    Raises:
        TruthError: as `tamis.pipeline.truth_media.join`.
    """
    joined = join(connection, truth, versions, places)
    pictures = joined.pictures
    return {
        "form": FORM,
        "command": command,
        "propositions": list(PROPOSITIONS),
        "truth": {
            "file": truth.file,
            "sha256": truth.sha256,
            "unused_columns": list(truth.unused),
        },
        "versions": _versions(versions),
        "method": {
            "confidence": intervals.CONFIDENCE,
            "resamples": intervals.RESAMPLES,
            "seed": intervals.SEED,
            "least_pictures": validation.LEAST,
            "least_groups": intervals.LEAST_GROUPS,
        },
        "files": _files(truth, joined),
        "coverage": {name: _coverage(pictures, name) for name in (CAPTURE, SYNTHETIC)},
        "systems": {name: _system(pictures, name) for name in SYSTEMS},
        "apart": {
            origin: {name: _apart(pictures, origin, name) for name in SYSTEMS}
            for origin in ORIGINS
            if origin not in (CAPTURE, SYNTHETIC)
        },
        "pictures": [_told(picture) for picture in pictures],
    }


def _versions(versions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "tamis": __version__,
        "examinations": dict(sorted(versions.items())),
        "network": {"version": builtin.card().version, "card_sha256": builtin.digest()},
        "fit": fit_in_force.described(fit_in_force.in_force()),
        "declarations_sha256": declarations.digest(),
        "libraries": {name: _library(name) for name in _LIBRARIES},
    }


def _library(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _files(truth: Truth, joined: Joined) -> dict[str, Any]:
    def named(rows: Sequence[TruthRow]) -> list[dict[str, Any]]:
        return [{"line": row.line, "name": row.path or row.sha256} for row in rows]

    return {
        "lines": len(truth.rows) + len(truth.repeated),
        "used": len(joined.pictures),
        "fitted_on": _fitted_on(joined.pictures),
        "origins": dict(Counter(picture.row.origin for picture in joined.pictures)),
        "repeated": sorted([*truth.repeated, *(row.line for row in joined.repeated)]),
        "not_found": named(joined.not_found),
        "other_content": named(joined.other_content),
        "unreadable": [
            {"line": row.line, "name": row.path or row.sha256, "reason": reason}
            for row, reason in joined.unreadable
        ],
    }


def _fitted_on(pictures: Sequence[Picture]) -> int:
    """How many of the pictures the fit in force was made from: on these it flatters itself."""
    known = fit_in_force.fitted().facts.get("pictures", ())
    return len({picture.sha256 for picture in pictures} & {str(digest) for digest in known})


def _coverage(pictures: Sequence[Picture], origin: str) -> dict[str, Any]:
    """How many pictures of a class the pixels say something of, and why not of the others."""
    here = [picture for picture in pictures if picture.row.origin == origin]
    silent = [picture for picture in here if picture.pixels is None]
    return {
        "pictures": len(here),
        "with_ratio": len(here) - len(silent),
        "without": counted(picture.reasons for picture in silent),
    }


def _ratio(picture: Picture, system: str) -> float | None:
    return picture.pixels if system == "pixels" else picture.log10_lr


def _system(pictures: Sequence[Picture], system: str) -> dict[str, Any]:
    """Measure the ratios of the pixels alone, where there are some, or of the whole assessment."""
    judged = [
        picture
        for picture in pictures
        if picture.row.origin in (CAPTURE, SYNTHETIC) and _ratio(picture, system) is not None
    ]
    ratios, capture = _arrays(judged, system)
    found = validation.figures(ratios, capture, _groups(judged))
    return {
        "captures": found.captures,
        "synthetic": found.synthetic,
        "silent": found.silent,
        "figures": {name: _figure(item) for name, item in found.both.items()},
        "misleading": {
            origin: {str(beyond): _figure(item) for beyond, item in rates.items()}
            for origin, rates in found.misleading.items()
        },
        "intervals_by": {origin: _drawn(item) for origin, item in found.drawn.items()},
        "groups": _by_group(judged, system),
        "conditions": [
            entry for name, of in _DIMENSIONS.items() for entry in _by(judged, system, name, of)
        ],
    }


def _arrays(judged: Sequence[Picture], system: str) -> tuple[Floats, NDArray[np.bool_]]:
    ratios = np.array([_ratio(picture, system) for picture in judged], np.float64)
    capture = np.array([picture.row.origin == CAPTURE for picture in judged], bool)
    return ratios, capture


def _groups(judged: Sequence[Picture]) -> list[Hashable] | None:
    """What belongs together; pictures without a group are one, since they may be of one camera."""
    if not any(picture.row.group for picture in judged):
        return None
    return [(picture.row.origin, picture.row.group) for picture in judged]


def _by_group(judged: Sequence[Picture], system: str) -> list[dict[str, Any]]:
    if _groups(judged) is None:
        return []
    together: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for picture in judged:
        together[picture.row.origin, picture.row.group].append(picture)
    return [
        {"origin": origin, "group": group, **_wrong(members, system, origin)}
        for (origin, group), members in sorted(together.items())
    ]


def _by(
    judged: Sequence[Picture], system: str, name: str, of: Callable[[Picture], str]
) -> list[dict[str, Any]]:
    together: dict[str, list[Picture]] = defaultdict(list)
    for picture in judged:
        together[of(picture)].append(picture)
    if set(together) == {_UNKNOWN}:
        return []
    return [
        {
            "dimension": name,
            "value": value,
            "cllr": _figure(validation.cost(*_arrays(members, system), _groups(members))),
            **{
                origin: _wrong(
                    [picture for picture in members if picture.row.origin == origin], system, origin
                )
                for origin in (CAPTURE, SYNTHETIC)
            },
        }
        for value, members in sorted(together.items(), key=lambda item: _order(item[0]))
    ]


def _order(value: str) -> list[tuple[int, str]]:
    """Numbers within a word count as numbers: below-512 comes before below-1024."""
    parts = re.split(r"(\d+)", value)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _part(number: int) -> Callable[[Picture], str]:
    def of(picture: Picture) -> str:
        parts = picture.stratum.split("/")
        return parts[number] if len(parts) > number else _UNKNOWN

    return of


_DIMENSIONS: dict[str, Callable[[Picture], str]] = {
    "condition": lambda picture: picture.row.condition,
    "format": lambda picture: picture.format,
    "compression": _part(0),
    "size": _part(2),
    "resampling": _part(3),
    "stratum": lambda picture: picture.stratum,
}
"""By what error rates are told apart."""


def _wrong(members: Sequence[Picture], system: str, origin: str) -> dict[str, Any]:
    """How many pictures of a class have ratios for the other one."""
    ratios = np.array([_ratio(picture, system) for picture in members], np.float64)
    rates = validation.misleading(ratios, origin == CAPTURE, _groups(members))
    return {"pictures": len(members), "wrong": _figure(rates[1])}


def _figure(found: Figure) -> dict[str, Any]:
    told: dict[str, Any] = {"value": _rounded(found.value)}
    if found.value is not None:
        told |= {"low": _rounded(found.low), "high": _rounded(found.high)}
    if found.absent:
        told["absent"] = found.absent
    if found.of is not None:
        told |= {"found": found.found, "of": found.of}
    return told


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS) + 0.0


def _drawn(found: Sampling) -> dict[str, Any]:
    return {"unit": "group" if found.by_group else "picture", "groups": found.groups}


def _apart(pictures: Sequence[Picture], origin: str, system: str) -> dict[str, Any]:
    """Where the ratios of pictures lie that are neither capture nor synthetic as a whole."""
    here = [picture for picture in pictures if picture.row.origin == origin]
    ratios = [ratio for picture in here if (ratio := _ratio(picture, system)) is not None]
    return {
        "pictures": len(here),
        "with_ratio": len(ratios),
        "for_capture": sum(ratio > 0 for ratio in ratios),
        "for_synthetic": sum(ratio < 0 for ratio in ratios),
        "log10_lr_percentiles": {
            str(share): _rounded(float(np.percentile(ratios, share)))
            for share in (_QUANTILES if ratios else ())
        },
    }


def _told(picture: Picture) -> dict[str, Any]:
    return {
        "line": picture.row.line,
        "sha256": picture.sha256,
        "origin": picture.row.origin,
        "group": picture.row.group,
        "condition": picture.row.condition,
        "format": picture.format,
        "stratum": picture.stratum,
        "pixels": _rounded(picture.pixels),
        "assessment": _rounded(picture.log10_lr),
        "reasons": list(picture.reasons),
    }
