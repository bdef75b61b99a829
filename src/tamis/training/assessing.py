"""Fits what the assessment makes of the pixels: ``pixels.json`` from whole held-out files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.assess import calibration, fusion
from tamis.assess.pixels import FINDINGS, LATTICE, NETWORK
from tamis.detectors import builtin
from tamis.training.whole import WAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.training.whole import Seen

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

VERSION = "1"
_NAMES = (NETWORK, LATTICE)
_DIGITS = 4


def fitted_on(rows: Sequence[Seen], network: str, date: str) -> dict[str, Any]:
    """Return the contents of ``pixels.json``.

    Fitted, bounded and judged on generators and sources of which nothing was trained on; Cllr and
    bounds are of each part by a fit on the others.

    Args:
        rows: as `tamis.training.whole.run` leaves them.
        network: version of the network on its card.
        date: ISO 8601.
    """
    kept = [row for row in rows if (row.synthetic or row.new_source) and _said(row)]
    scores, capture = _scores(kept), np.array([not row.synthetic for row in kept])
    honest = held_out(scores, capture, [row.part for row in kept])
    # A misleading picture that was not seen would be so in each of the ways it is seen in.
    bounds = calibration.elub(honest, capture, misleading=len(WAYS))
    found = calibration.quality(bounds.clip(honest), capture)
    terms = fusion.fit(scores, capture, _NAMES).terms
    text = json.dumps([[row.path, row.way, row.logit, row.finding] for row in kept])
    return {
        "version": VERSION,
        "network": network,
        "terms": [
            {
                "name": term.name,
                "offset": round(term.offset, _DIGITS),
                "slope": round(term.slope, _DIGITS),
            }
            for term in terms
        ],
        "lower": bounds.lower,
        "upper": bounds.upper,
        "cllr": round(found.cllr, _DIGITS),
        "cllr_min": round(found.cllr_min, _DIGITS),
        "n_capture": len({row.path for row in kept if not row.synthetic}),
        "n_synthetic": len({row.path for row in kept if row.synthetic}),
        "sources": sorted({row.label for row in kept if not row.synthetic}),
        "generators": sorted({row.label for row in kept if row.synthetic}),
        "truth_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "date": date,
    }


def write(rows: Sequence[Seen], path: Path, date: str) -> None:
    """Fit on `rows` and write ``pixels.json``, for the network that comes with Tamis."""
    found = fitted_on(rows, builtin.card().version, date)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def held_out(scores: Floats, capture: Labels, parts: Sequence[int]) -> Floats:
    """Return log10 likelihood ratios, of each part by a fit on the others; not bounded."""
    ratios = np.empty(len(capture))
    of_part = np.array(parts)
    for part in sorted(set(parts)):
        out = of_part == part
        ratios[out] = fusion.fit(scores[~out], capture[~out], _NAMES).log10_lr(scores[out])
    return ratios


def _said(row: Seen) -> bool:
    return not np.isnan(row.logit) or row.finding in FINDINGS


def _scores(rows: Sequence[Seen]) -> Floats:
    """Return logits and findings, shape (n, 2), NaN where one is missing."""
    return np.array([(row.logit, FINDINGS.get(row.finding, np.nan)) for row in rows])
