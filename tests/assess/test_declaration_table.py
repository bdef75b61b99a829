"""The table of declarations: complete, capped, and true to the corpus."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from tamis.assess.declarations import _APPLIES, Declaration, table, weigh
from tamis.examinations.provenance.claims import aged, claims
from tamis.model import Observation, Origin

ROWS = {row.name: row for row in table()}
DOCUMENT = (ROOT / "docs" / "assessment.md").read_text()


def said(**observed: object):
    names = {name.replace("__", "."): value for name, value in observed.items()}
    return claims([Observation(name, value) for name, value in names.items()])


def names(**observed: object) -> list[str]:
    return [row.name for row in weigh(said(**observed))]


def test_every_row_has_its_rule():
    assert ROWS.keys() == _APPLIES.keys()


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_a_row_is_sound(row):
    assert row.claims in ("capture", "synthesis", "alteration")
    assert row.cap >= 1
    assert (row.real is None) == (row.generated is None)
    assert abs(row.log10_lr) <= math.log10(row.cap) + 1e-12
    assert row.reason.endswith(".")
    if row.claims == "capture":
        assert row.log10_lr > 0
    if row.claims == "synthesis":
        assert row.log10_lr < 0
    assert not row.lowers or "trusted" in row.name


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_a_row_is_documented(row):
    counts = [f"{found[0]} of {found[1]}" if found else "" for found in (row.real, row.generated)]
    line = f"| `{row.name}` | {row.claims} | {row.cap:g} | {counts[0]} | {counts[1]} |"
    assert line in DOCUMENT


def test_a_claim_never_met_among_real_files_proves_nothing():
    row = Declaration("x", "synthesis", (0, 99), (99, 99), 1e9, lowers=False, reason="")
    assert row.log10_lr == pytest.approx(math.log10(0.5 / 99.5))
    assert replace(row, real=(0, 9), generated=(9, 9)).log10_lr > row.log10_lr


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 10**6))
def test_the_cap_holds_whatever_was_counted(real, generated, cap):
    row = Declaration(
        "x", "capture", (real, 1000), (generated, 1000), float(cap), lowers=False, reason=""
    )
    assert abs(row.log10_lr) <= math.log10(cap) + 1e-12


def test_a_trusted_signer_replaces_the_weaker_row():
    types = ["trainedAlgorithmicMedia"]
    assert names(c2pa__state="valid", c2pa__source_types=types) == ["c2pa_synthetic"]
    assert names(
        c2pa__state="trusted", c2pa__source_types=types, c2pa__trusted_source_types=types
    ) == ["c2pa_trusted_synthetic"]
    assert names(
        c2pa__state="trusted",
        c2pa__source_types=["digitalCapture"],
        c2pa__trusted_source_types=["digitalCapture"],
    ) == ["c2pa_trusted_capture"]


@pytest.mark.parametrize(
    "other",
    [
        {"camera__complete": True},
        {"generator__inputs": ["photo.jpg"]},
        {"iptc__digital_source_type": "digitalCapture"},
        {"iptc__digital_source_type": "compositeWithTrainedAlgorithmicMedia"},
        {"c2pa__ingredients": [{"relationship": "parentOf"}]},
        {"c2pa__ingredients": [{"format": "image/png", "relationship": "inputTo"}]},
        {"c2pa__source_types": ["trainedAlgorithmicMedia", "digitalCapture"]},
        {"c2pa__incomplete": True},
        {"camera__serial": "1"},
        {"camera__from_xmp": ["camera.make"]},
        {"lineage__sources": ["xmp.did:1"]},
        {"iptc__unrecognised": [{}]},
        {"iptc__ai_credit": "Edited with AI"},
        {"generator__others": [{"inputs": ["photo.jpg"]}]},
        {"jpeg__conclusion": {"finding": "untouched_camera"}},
    ],
)
def test_a_signed_synthesis_of_something_lowers_nothing(other):
    types = ["trainedAlgorithmicMedia"]
    observed = {"c2pa__source_types": types, "c2pa__trusted_source_types": types} | other
    assert not said(**observed).signed_synthetic
    found = weigh(said(**observed))
    assert not any(row.lowers for row in found)
    assert "c2pa_synthetic" not in [row.name for row in found]  # not anyone signed it


@pytest.mark.parametrize(
    ("ingredient", "source"),
    [
        ({"format": "application/octet-stream", "relationship": "inputTo"}, False),
        ({"format": "application/octet-stream", "relationship": "componentOf"}, True),
        ({"format": "image/jpeg", "relationship": "inputTo"}, True),
        ({"format": "jpg", "relationship": "inputTo"}, True),
        ({"relationship": "inputTo"}, True),
        ({}, True),
        ("no table", True),
    ],
)
def test_an_ingredient_may_be_a_picture_unless_it_is_known_not_to_be(ingredient, source):
    types = ["trainedAlgorithmicMedia"]
    found = said(
        c2pa__source_types=types, c2pa__trusted_source_types=types, c2pa__ingredients=[ingredient]
    )
    assert found.source_picture == source
    assert not found.signed_synthetic  # no ingredient lets a picture sink


def test_an_altered_picture_supports_no_synthesis():
    inputs = {"generator__tool": "ComfyUI", "generator__inputs": ["photo.jpg"]}
    assert names(**inputs) == ["source_picture"]
    credit = [{"text": "Edited with Google AI"}]
    assert names(generator__tool="Google AI", iptc__ai_credit=credit) == ["source_picture"]
    made = [{"text": "Made with Google AI"}]
    assert names(generator__tool="Google AI", iptc__ai_credit=made) == ["generator"]


def test_a_manifest_of_another_file_supports_nothing():
    for types in (["trainedAlgorithmicMedia"], ["digitalCapture"]):
        assert names(c2pa__state="invalid", c2pa__source_types=types) == []
        assert names(c2pa__state="expired", c2pa__source_types=types) != []


def test_the_source_of_any_generation_counts():
    others = [{"tool": "ComfyUI", "inputs": ["photo.jpg"]}]
    assert said(generator__tool="Automatic1111", generator__others=others).source_picture
    assert not said(generator__tool="ComfyUI", generator__others=[{"tool": "x"}]).source_picture


def test_an_old_trust_list_says_nothing_of_trust():
    state = aged(Observation("c2pa.state", "trusted"))
    assert state == Observation("c2pa.state", "valid")
    assert aged(Observation("c2pa.trusted_source_types", ["x"])) is None
    assert aged(Observation("c2pa.state", "invalid")) == Observation("c2pa.state", "invalid")


@given(
    st.dictionaries(
        st.sampled_from(["c2pa.state", "c2pa.source_types", "c2pa.ingredients", "aigc.label"]),
        st.one_of(st.none(), st.text(), st.lists(st.sampled_from(list(Origin)))),
    )
)
def test_nothing_without_a_trusted_signer_lowers(observed):
    found = claims([Observation(name, value) for name, value in observed.items()])
    assert not any(row.lowers for row in weigh(found))


@pytest.mark.corpus
@pytest.mark.slow
def test_the_counts_are_those_of_the_corpus(corpus, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    from declarations import counts

    real, reals = counts(corpus / "real")
    generated, all_generated = counts(corpus / "ai")
    met = {name for name in ROWS if real[name] or generated[name]}
    met = {name for name in met if not ROWS[name].held_out}
    assert met == {name for name, row in ROWS.items() if row.real and not row.held_out}
    for name in met:
        assert ROWS[name].real == (real[name], reals), name
        assert ROWS[name].generated == (generated[name], all_generated), name
