"""What a calibration makes of scored pictures."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tamis.errors import DetectorError
from tamis.model import Locator
from tamis.pipeline.calibrating import Job, Scored, _usable, fitted_on


def answers(number, *, shift=3.0, sources=2):
    """Scored pictures: captures below, synthetic above."""
    rng = np.random.default_rng(11)
    found = []
    for capture in (True, False):
        for position in range(number):
            name = f"{'real' if capture else 'fake'} {position}"
            folder = f"source {position % sources}/" if sources else ""
            job = Job(capture, Locator((f"{folder}{name}.png".encode(),)), 10)
            logit = float(rng.normal() + (-shift if capture else shift) / 2)
            found.append((job, Scored(hashlib.sha256(name.encode()).digest(), logit)))
    return found


def test_a_calibration_says_what_it_rests_on():
    made = fitted_on(answers(150), "benign")
    assert (made.n_capture, made.n_synthetic) == (150, 150)
    assert made.capture_sources == {"source 0": 75, "source 1": 75}
    assert made.validation == "by_source"
    assert made.slope < 0
    assert -2.2 < made.lower < -0.5
    assert 0.5 < made.upper < 2.2
    assert 0 < made.cllr_min <= made.cllr < 0.5
    assert made.log10_lr(-2.0) > 0 > made.log10_lr(2.0)
    assert made.conditions == "benign"


def test_the_order_of_pictures_changes_nothing_that_is_told():
    one, other = fitted_on(answers(120), ""), fitted_on(answers(120)[::-1], "")
    assert one.truth_sha256 == other.truth_sha256
    assert one.slope == pytest.approx(other.slope)


def test_a_class_in_one_folder_is_said_to_flatter():
    made = fitted_on(answers(120, sources=0), "")
    assert made.validation == "by_picture"
    assert made.capture_sources == {".": 120}


def test_too_few_are_refused():
    with pytest.raises(DetectorError, match=r"--real: 99 pictures"):
        fitted_on(answers(99), "")


def test_scores_the_wrong_way_round_are_refused():
    with pytest.raises(DetectorError, match="not below"):
        fitted_on(answers(120, shift=-3.0), "")


def test_a_content_counts_once_and_in_one_class():
    (job, found), *_ = answers(1)
    none = (job, Scored(b"", None, ("tiny",)))
    kept, unscored, repeated = _usable([(job, found), (job, found), none])
    assert (len(kept), unscored, repeated) == (1, {"tiny": 1}, 1)
    other = Job(False, Locator((b"again.png",)), 10)
    with pytest.raises(DetectorError, match=r"again\.png: is in both"):
        _usable([(job, found), (other, found)])
