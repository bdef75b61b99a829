"""Fits what the assessment makes of the pixels: ``pixels.json`` from whole held-out files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.assess import calibration, fusion
from tamis.assess.pixels import FINDINGS, LARGE, LATTICE, NETWORK, SMALL, STRATA, stratum_of
from tamis.detectors import builtin
from tamis.training.whole import WAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.assess.calibration import Bounds
    from tamis.training.whole import Seen

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

VERSION = "1"
NAMES = {SMALL: (NETWORK,), LARGE: (NETWORK, LATTICE)}
"""Hardly any small picture still has the lattice of its camera."""
_DIGITS = 4
_FEWEST = 30
"""Of each class in a stratum of which figures are given."""
_TWO = 0.30103


def fitted_on(rows: Sequence[Seen], network: str, date: str) -> dict[str, Any]:
    """Return the contents of ``pixels.json``.

    Fitted, bounded and judged on generators and sources of which nothing was trained on; Cllr and
    bounds are of each part by a fit on the others.

    Args:
        rows: as `tamis.training.whole.run` leaves them.
        network: version of the network on its card.
        date: ISO 8601.
    """
    kept = [row for row in rows if is_new(row) and said_of(row)]
    text = json.dumps([[row.path, row.way, row.logit, row.finding] for row in kept])
    return {
        "version": VERSION,
        "network": network,
        "strata": {name: _stratum(within(kept, name), NAMES[name]) for name in STRATA},
        "sources": sorted({row.label for row in kept if not row.synthetic}),
        "generators": sorted({row.label for row in kept if row.synthetic}),
        "truth_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "date": date,
    }


def _stratum(rows: Sequence[Seen], names: Sequence[str]) -> dict[str, Any]:
    scores, capture = scores_of(rows, names), captures_of(rows)
    honest = held_out(scores, capture, [row.part for row in rows], names)
    bounds = bounds_of(honest, capture)
    found = calibration.quality(bounds.clip(honest), capture)
    return {
        "terms": [
            {
                "name": term.name,
                "offset": round(term.offset, _DIGITS),
                "slope": round(term.slope, _DIGITS),
            }
            for term in fusion.fit(scores, capture, names).terms
        ],
        "lower": bounds.lower,
        "upper": bounds.upper,
        "cllr": round(found.cllr, _DIGITS),
        "cllr_min": round(found.cllr_min, _DIGITS),
        "n_capture": len({row.path for row in rows if not row.synthetic}),
        "n_synthetic": len({row.path for row in rows if row.synthetic}),
    }


def write(rows: Sequence[Seen], path: Path, date: str) -> None:
    """Fit on `rows` and write ``pixels.json``, for the network that comes with Tamis."""
    found = fitted_on(rows, builtin.card().version, date)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def held_out(scores: Floats, capture: Labels, parts: Sequence[int], names: Sequence[str]) -> Floats:
    """Return log10 likelihood ratios, of each part by a fit on the others; not bounded."""
    ratios = np.empty(len(capture))
    of_part = np.array(parts)
    for part in sorted(set(parts)):
        out = of_part == part
        ratios[out] = fusion.fit(scores[~out], capture[~out], names).log10_lr(scores[out])
    return ratios


def judged(rows: Sequence[Seen]) -> tuple[list[Seen], Floats]:
    """Return the rows of which anything is said, and their bounded ratios.

    Those of a part come from a fit on the new sources of the others, as those that ship come from a
    fit on all new sources.
    """
    said, ratios = [], []
    for name in STRATA:
        some = within([row for row in rows if said_of(row)], name)
        scores, capture = scores_of(some, NAMES[name]), captures_of(some)
        parts, new = np.array([row.part for row in some]), np.array([is_new(row) for row in some])
        found = np.empty(len(some))
        for part in sorted(set(parts.tolist())):
            out, kept = parts == part, new & (parts != part)
            fit = fusion.fit(scores[kept], capture[kept], NAMES[name])
            found[out] = fit.log10_lr(scores[out])
        ratios.append(bounds_of(found[new], capture[new]).clip(found))
        said += some
    return said, np.concatenate(ratios)


def strata(rows: Sequence[Seen]) -> str:
    """Return a table of the quality of ratios, by what was held out and by stratum."""
    said, ratios = judged(rows)
    capture = captures_of(said)
    lines = [
        "| of | captures | synthetic | Cllr | least | misleading, above 2 | above 10 |",
        "| --- " * 7 + "|",
    ]
    for name, some in _strata(said).items():
        if min(capture[some].sum(), (~capture[some]).sum()) < _FEWEST:
            continue
        found = calibration.quality(ratios[some], capture[some])
        lines.append(
            f"| {name} | {capture[some].sum()} | {(~capture[some]).sum()} | {found.cllr:.3f} "
            f"| {found.cllr_min:.3f} | {_misleading(ratios[some], capture[some], _TWO)} "
            f"| {_misleading(ratios[some], capture[some], 1.0)} |"
        )
    return "\n".join(lines)


def _misleading(ratios: Floats, capture: Labels, limit: float) -> str:
    """Return the share of synthetic pictures said to be captures, and the other way round."""
    return f"{(ratios[~capture] >= limit).mean():.1%}, {(ratios[capture] <= -limit).mean():.1%}"


def _strata(rows: Sequence[Seen]) -> dict[str, Labels]:
    """Return which rows are in which stratum; but for the first, with new sources only."""
    new = np.array([is_new(row) for row in rows])
    found = {
        "seen sources": np.array([bool(row.synthetic or not row.new_source) for row in rows]),
        "new sources": new,
    }
    found |= {way: new & [row.way == way for row in rows] for way in WAYS}
    for place in (0, 2):
        values = [row.stratum.split("/")[place] for row in rows]
        found |= {value: new & (np.array(values) == value) for value in sorted(set(values))}
    return found


def within(rows: Sequence[Seen], stratum: str) -> list[Seen]:
    """Return the rows of one of `STRATA`."""
    return [row for row in rows if stratum_of(row.stratum) == stratum]


def is_new(row: Seen) -> bool:
    """Say whether nothing of its generator or source was trained on."""
    return bool(row.synthetic or row.new_source)


def said_of(row: Seen) -> bool:
    """Say whether anything of the pixels was found that is weighed."""
    return not np.isnan(row.logit) or row.finding in FINDINGS


def captures_of(rows: Sequence[Seen]) -> Labels:
    """Return which are captures, shape (n,)."""
    return np.array([not row.synthetic for row in rows])


def bounds_of(ratios: Floats, capture: Labels) -> Bounds:
    """Return the bounds of held-out ratios."""
    # A misleading picture that was not seen would be so in each of the ways it is seen in.
    return calibration.elub(ratios, capture, misleading=len(WAYS))


def scores_of(rows: Sequence[Seen], names: Sequence[str]) -> Floats:
    """Return the scores of these names, shape (n, k), NaN where one is missing."""
    columns = {
        NETWORK: [row.logit for row in rows],
        LATTICE: [FINDINGS.get(row.finding, np.nan) for row in rows],
    }
    return np.array([columns[name] for name in names]).T
