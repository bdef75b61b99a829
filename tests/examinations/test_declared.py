"""The short terms of the column ``declared``."""

from __future__ import annotations

import itertools

import pytest

from tamis.examinations.provenance.declared import declared
from tamis.model import Observation

EVERYTHING = [
    Observation("camera.make", "NIKON CORPORATION"),
    Observation("camera.model", "NIKON D70"),
    Observation("generator.tool", "Automatic1111"),
    Observation("generator.others", [{"tool": "ComfyUI"}, {"tool": "Automatic1111"}]),
    Observation("generator.unrecognised", [{"place": "png:Dream", "text": "a"}]),
    Observation("iptc.digital_source_type", "trainedAlgorithmicMedia"),
    Observation("iptc.other_source_types", ["digitalCapture"]),
    Observation("c2pa.present", True),
]


def test_everything_in_a_fixed_order():
    expected = (
        "c2pa",
        "iptc:trainedAlgorithmicMedia",
        "iptc:digitalCapture",
        "generator:Automatic1111",
        "generator:ComfyUI",
        "camera:NIKON D70",
    )
    for order in itertools.islice(itertools.permutations(EVERYTHING), 0, None, 997):
        assert declared(order) == expected


def test_nothing():
    assert declared([]) == ()
    assert declared([Observation("metadata.problems", ["x"])]) == ()


@pytest.mark.parametrize(
    ("make", "model", "term"),
    [
        ("Canon", "Canon EOS 600D", "camera:Canon EOS 600D"),
        ("Apple", "iPhone 12", "camera:Apple iPhone 12"),
        ("ACME", None, "camera:ACME"),
        (None, "Obscura", "camera:Obscura"),
        ("A\x1b[31m", "B\u202e", "camera:A\\x1b[31m B\\u202e"),
    ],
)
def test_names_of_cameras(make, model, term):
    given = {"camera.make": make, "camera.model": model}
    observations = [Observation(name, value) for name, value in given.items() if value]
    assert declared(observations) == (term,)


def test_only_unrecognised():
    assert declared(
        [Observation("generator.unrecognised", [{}]), Observation("iptc.unrecognised", [{}])]
    ) == ("iptc:unrecognised", "generator:unrecognised")


def test_long_names_are_cut():
    (term,) = declared([Observation("camera.model", "x" * 500)])
    assert term == "camera:" + "x" * 64


def test_no_name_makes_up_a_term():
    (term,) = declared([Observation("camera.model", "X1; decided; benign:nsrl")])
    assert ";" not in term
    assert term == "camera:X1\\x3b decided\\x3b benign:nsrl"
