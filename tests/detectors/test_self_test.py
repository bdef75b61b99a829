"""The self-test finds drift, and refuses pictures that are none."""

from __future__ import annotations

import base64

import pytest
from cards import card, png
from models import mean_gradient
from PIL import Image

from tamis.detectors.scoring import Detector
from tamis.detectors.self_test import Trial, attempt, drift, logits, made
from tamis.errors import DetectorError


def with_test(test) -> Detector:
    return Detector(card().model_copy(update={"self_test": test}), mean_gradient(), "m")


def holding(picture: str) -> Detector:
    """A detector one of whose pictures is another one."""
    test = made()
    first = test.pictures[0].model_copy(update={"png": picture})
    return with_test(test.model_copy(update={"pictures": (first, *test.pictures[1:])}))


def test_what_was_measured_is_found_again():
    first = logits(with_test(made()), "m")
    assert len(first) == 3
    assert len(set(first)) == 3
    repeated = with_test(made(first))
    assert logits(repeated, "m") == first
    assert drift(repeated.card, first) == []


def test_drift_is_told_with_its_numbers():
    detector = with_test(made((1.0, 2.0, 3.0)))
    (said,) = drift(detector.card, (1.009, 2.5, 3.0))
    assert said == "fabric (made in code): 2.5000 instead of 2.0000"
    assert len(drift(detector.card, (float("nan"),) * 3)) == 3


@pytest.mark.parametrize(
    "picture",
    [
        "no base64!",
        base64.b64encode(b"no picture").decode(),
        base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(100)).decode(),
        png(Image.new("RGB", (40, 40))),
        png(Image.new("1", (3000, 3000))),
    ],
    ids=["not base64", "nothing known", "a broken JPEG", "too small", "too many pixels"],
)
def test_pictures_that_are_none_are_named(picture):
    detector = holding(picture)
    with pytest.raises(DetectorError, match=r"^m: the self-test picture hills"):
        logits(detector, "m")


def test_a_trial_answers_in_the_language_asked_for(monkeypatch):
    monkeypatch.setattr("tamis.i18n._current", "en")
    done = attempt(Trial("{}", mean_gradient(), "m", "fr"))
    assert done.logits == ()
    assert done.error.startswith("m : ")
