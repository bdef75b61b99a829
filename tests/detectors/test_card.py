"""Cards are strict, and errors name the file and the field."""

from __future__ import annotations

import json

import pytest
from cards import PLAIN, card, changed

from tamis.detectors import card as cards
from tamis.detectors.card import Calibration, parse, ready, written
from tamis.errors import DetectorError

CALIBRATION = {
    "slope": -0.5,
    "offset": 0.25,
    "lower": -1.5,
    "upper": 1.25,
    "n_capture": 120,
    "n_synthetic": 130,
    "cllr": 0.4,
    "cllr_min": 0.3,
    "validation": "by_source",
    "capture_sources": {"a": 120},
    "synthetic_sources": {"b": 130},
    "truth_sha256": "0" * 64,
    "date": "2026-11-23",
}


def test_a_card_comes_back_as_it_was_written():
    plain = card(calibration=CALIBRATION)
    assert parse(written(plain), "c.json") == plain
    assert written(parse(written(plain), "c.json")) == written(plain)


OPTIONAL = {"resize": {"mode": "none"}, "crop": "centre", "size": 64, "optional": True}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"licens": "MIT"}, "licens"),
        ({"schema_version": 2}, "schema_version"),
        ({"id": "../../home"}, "id"),
        ({"id": "Upper"}, "id"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"sha256": "abc"}, "sha256"),
        ({"min_side": "64"}, "min_side"),
        ({"input__dtype": "int8"}, "input.dtype"),
        ({"input__views": []}, "input.views"),
        ({"input__views": [OPTIONAL]}, "input"),
        ({"input__jpeg": "q90"}, "input.jpeg"),
        ({"input__normalisation": None}, "input"),
        ({"input__normalisation": {"std": [0.0, 1.0, 1.0]}}, "input.normalisation"),
        ({"aggregation": {"kind": "topk"}}, "aggregation"),
        ({"output__positive": "nude"}, "output.positive"),
        ({"self_test": {"origin": "author", "pictures": []}}, "self_test.pictures"),
        ({"calibration": CALIBRATION | {"lower": 0.5}}, "calibration.lower"),
    ],
)
def test_what_a_card_cannot_say(change, field):
    with pytest.raises(DetectorError, match=rf"^c\.json: {field}"):
        parse(json.dumps(changed(**change)), "c.json")


@pytest.mark.parametrize(
    "view",
    [
        {"resize": {"mode": "shorter_side"}, "crop": "centre", "size": 64},
        {"resize": {"mode": "none", "factor": 0.5}, "crop": "centre", "size": 64},
        {"resize": {"mode": "none"}, "crop": "whole"},
        {"resize": {"mode": "none"}, "crop": "centre"},
        {"resize": {"mode": "none"}, "crop": "tiles", "size": 64},
        {
            "resize": {"mode": "none"},
            "crop": "tiles",
            "size": 60,
            "count": 2,
            "ranking": "grid",
        },
    ],
)
def test_views_that_are_incomplete(view):
    with pytest.raises(DetectorError, match=r"^c\.json: input\.views\.0"):
        parse(json.dumps(changed(input__views=[view])), "c.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"mean": NaN}', "[" * 100_000])
def test_what_is_no_card(text):
    with pytest.raises(DetectorError, match=r"^c\.json: "):
        parse(text, "c.json")


def test_no_number_is_infinite():
    text = json.dumps(changed(calibration=CALIBRATION)).replace("-0.5", "1e999")
    with pytest.raises(DetectorError, match=r"calibration\.slope"):
        parse(text, "c.json")


def test_a_card_too_large(monkeypatch):
    monkeypatch.setattr(cards, "LARGEST_CARD", 100)
    with pytest.raises(DetectorError, match="larger than"):
        parse(json.dumps(PLAIN), "c.json")


def test_a_calibrated_score_stays_within_its_bounds():
    found = Calibration.model_validate_json(json.dumps(CALIBRATION))
    assert found.log10_lr(0.0) == 0.25
    assert found.log10_lr(1.0) == -0.25
    assert found.log10_lr(1e9) == -1.5
    assert found.log10_lr(-1e9) == 1.25


def test_ready_cards_hold_no_weights_and_promise_nothing():
    found = {item.id: item for item in ready()}
    assert sorted(found) == ["community-forensics-384", "detectra", "sieve"]
    for item in found.values():
        assert item.state == "unproven"
        assert item.sha256 is item.self_test is item.calibration is None
        (view,) = item.input.views
        assert (view.resize.pixels, view.size) == (440, 384)
