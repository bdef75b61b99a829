"""Content Credentials of real files, against the reports published with them and by hand."""

from __future__ import annotations

import json

import pytest
from examined import examine

from tamis.examinations.provenance.c2pa import C2paManifests

pytestmark = pytest.mark.corpus

UNTRUSTED = "signingCredential.untrusted"  # the reports were made with trust switched off
NO_LONGER = {
    # A wrong signature is now named once, not once more for the time stamp within it.
    "adobe-20220124-E-sig-CA": {"timeStamp.mismatch"},
    # An expired certificate no longer makes the signature itself a mismatch.
    "nikon-20221019-building": {"claimSignature.mismatch"},
}
"""Objections of the reports that the present validator does not have."""
INVALID = {"E-dat-CA", "E-sig-CA", "E-uri-CA", "XCA", "XCI"}
EXPIRED = {"building"}

FIREFLY = {
    "state": "valid",
    "source_types": ["trainedAlgorithmicMedia"],
    "signer": "Adobe Inc.",
    "generators": ["Adobe Firefly"],
}
META = {
    "c2pa-digitalsourcetype__SiddharthKarmokar+imageGenResearch__firefly_1.jpg": FIREFLY,
    "c2pa-digitalsourcetype__scamai+genai-image-detection-test__11.jpg": FIREFLY,
    # A generated picture opened, cropped and filled in Photoshop.
    "c2pa-digitalsourcetype__contentauth+c2pa-rs__ocsp.jpg": FIREFLY
    | {"source_types": ["compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"]},
    # Its certificate has the purpose of C2PA's own, which c2pa-rs does not accept by default.
    "c2pa-digitalsourcetype__imaginevid-ai+Awesome-seedream-5-pro-prompts-and-skills__"
    "imaginevid-prompt-skills-cross-promo.png": {
        "state": "valid",
        "source_types": ["trainedAlgorithmicMedia"],
        "signer": "OpenAI OpCo, LLC",
        "generators": ["OpenAI"],
    },
}


def test_reports_of_the_test_files(corpus):
    reports = sorted((corpus / "c2pa").glob("*.json"))
    assert len(reports) == 13
    for report in reports:
        theirs = json.loads(report.read_text())
        (path,) = (path for path in report.parent.glob(f"{report.stem}.*") if path != report)
        ours = examine(C2paManifests(), path.read_bytes())
        name = report.stem.split("-", 2)[2]
        state = "invalid" if name in INVALID else "expired" if name in EXPIRED else "valid"
        assert ours["c2pa.state"] == state, path.name
        manifests = {item["label"]: item for item in ours["c2pa.manifests"]}
        assert next(iter(manifests)) == theirs["active_manifest"]
        assert manifests.keys() == theirs["manifests"].keys()
        for label, stated in theirs["manifests"].items():
            _same(manifests[label], ours.get("c2pa.ingredients", []), stated)
        said = {item["code"] for item in ours["c2pa.problems"]} - {UNTRUSTED}
        stated = {item["code"] for item in theirs.get("validation_status", [])} - {UNTRUSTED}
        assert said == stated - NO_LONGER.get(report.stem, set()), path.name


def _same(ours, ingredients, theirs):
    for name in ("title", "claim_generator"):
        assert ours.get(name, "") == theirs.get(name, "")
    assert ours.get("signer") == theirs["signature_info"]["issuer"]
    assert ours.get("serial") == theirs["signature_info"]["cert_serial_number"]
    keys = ("title", "relationship", "instance_id", "document_id")
    own = [item for item in ingredients if item["of"] == ours["label"]]
    assert [{key: item.get(key) for key in keys} for item in own] == [
        {key: item.get(key) for key in keys} for item in theirs.get("ingredients", [])
    ]
    stated = [
        action["action"]
        for assertion in theirs["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    assert [action["action"] for action in ours.get("actions", [])] == stated


def test_files_of_services(corpus):
    for name, expected in META.items():
        found = examine(C2paManifests(), (corpus / "meta" / name).read_bytes())
        assert {key: found[f"c2pa.{key}"] for key in expected} == expected, name


def test_two_files_have_no_manifest(corpus):
    for name in ("adobe-20220124-A.jpg", "adobe-20220124-I.jpg"):
        assert examine(C2paManifests(), (corpus / "c2pa" / name).read_bytes()) == {}
