"""Our figures against those of lir, the toolkit of the Netherlands Forensic Institute (Apache-2.0).

It brings scikit-learn, pandas and more, and so is in the group `oracle` only: ``uv run --group
oracle pytest tests/assess/test_against_lir.py``.
"""

from __future__ import annotations

import numpy as np
import pytest

from tamis.assess import calibration, curves

lir = pytest.importorskip("lir", reason="needs lir; the docstring of this module says how")

from lir.algorithms.bayeserror import elub  # noqa: E402 - after the skip
from lir.data.models import LLRData  # noqa: E402
from lir.metrics import cllr, cllr_min  # noqa: E402
from lir.plotting.expected_calibration_error import calculate_ece  # noqa: E402


@pytest.fixture(params=range(12))
def labelled(request):
    rng = np.random.default_rng(request.param)
    captures, others = rng.integers(20, 400, 2)
    capture = np.arange(captures + others) < captures
    ratios = rng.normal(np.where(capture, rng.uniform(0, 2), -rng.uniform(0, 2)), 1.0)
    if request.param % 3 == 0:
        ratios = np.round(ratios, 1)  # with ties
    return ratios, capture


def test_cllr(labelled):
    ratios, capture = labelled
    theirs = cllr(LLRData(features=ratios, labels=capture.astype(int)))
    assert calibration.cllr(ratios, capture) == pytest.approx(theirs)


def test_cllr_min(labelled):
    ratios, capture = labelled
    theirs = cllr_min(LLRData(features=ratios, labels=capture.astype(int)))
    assert calibration.cllr_min(ratios, capture) == pytest.approx(theirs, abs=1e-6)


def test_empirical_cross_entropy(labelled):
    ratios, capture = labelled
    priors = 1 / (1 + 10.0**-curves.PRIOR_ODDS)
    theirs = calculate_ece(10.0**ratios, capture.astype(int), priors)
    assert curves.cross_entropy(ratios, capture).observed == pytest.approx(theirs)


def test_elub(labelled):
    """Both look at thresholds a thousandth apart, theirs from another end."""
    ratios, capture = labelled
    theirs = elub(ratios.copy(), capture.astype(int), step_size=0.001)
    ours = calibration.elub(ratios, capture)
    assert (ours.lower, ours.upper) == pytest.approx(theirs, abs=0.0025)
