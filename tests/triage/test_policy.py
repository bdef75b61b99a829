"""The policy file: complete, checked, and explained."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tamis.errors import PolicyError
from tamis.triage import Band, load_policy
from tamis.triage.policy import DEFAULT

DOCUMENT = Path(__file__).parents[2] / "docs" / "triage-policy.md"


def test_default_policy():
    policy = load_policy()
    assert policy.bands == tuple(Band)
    assert policy.hidden == {Band.BENIGN}
    assert policy.identical == {"md5", "sha1", "sha256"}
    assert policy.digest == hashlib.sha256(DEFAULT.read_bytes()).hexdigest()
    assert all(0 <= weight <= 1 for weight in policy.weights.values())


def test_what_a_site_leaves_out_stays_as_it_is(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("unknown = 0.25\n[weights]\ncamera = 1\n")
    default, policy = load_policy(), load_policy(path)
    assert policy.unknown == 0.25
    assert policy.weights == dict(default.weights) | {"camera": 1.0}
    assert policy.bands == default.bands
    assert policy.digest != default.digest


def test_a_copy_of_the_default_says_the_same(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(DEFAULT.read_bytes())
    default, policy = load_policy(), load_policy(path)
    assert (policy.bands, policy.hidden, policy.identical) == (
        default.bands,
        default.hidden,
        default.identical,
    )
    assert (policy.unknown, policy.generated) == (default.unknown, default.generated)
    assert policy.weights == default.weights


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unknown = 2", "unknown: must be a number from 0 to 1, not 2"),
        ("unknown = nan", "unknown: must be a number"),
        ("generated = true", "generated: must be a number"),
        ("[weights]\ncamera = -0.1", r"weights\.camera: must be a number from 0 to 1, not -0\.1"),
        ('[weights]\ncamera = "high"', r"weights\.camera: must be a number"),
        ("[weights]\nnudity = 0.5", r"weights\.nudity: unknown; known are confirmed_capture"),
        ("weights = 3", "weights: must be a table"),
        ("wieghts = 3", "wieghts: unknown; known are bands"),
        ('bands = ["open"]', "bands: must name each of"),
        ('bands = ["open", "open", "illegal", "decided", "benign"]', "bands: must name each of"),
        ('bands = ["protected", "benign", "open", "illegal", "decided"]', "open must come before"),
        ('bands = "open"', "bands: must be a list of words"),
        ("bands = [1]", "bands: 1 is none of"),
        ('hidden = ["open"]', "hidden: 'open' is none of benign, decided, illegal"),
        ('identical = ["pdq"]', "identical: 'pdq' is none of md5, sha1, sha256"),
        ("unknown = ", "not valid TOML"),
    ],
)
def test_errors_name_file_and_key(tmp_path, text, message):
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=message) as caught:
        load_policy(path)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "site.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="not valid TOML"):
        load_policy(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"gone\.toml: cannot be read: No such file"):
        load_policy(tmp_path / "gone.toml")


def test_every_reason_is_documented():
    text = DOCUMENT.read_text()
    codes = [*load_policy().weights, "unknown", "generated", "signed_synthetic"]
    codes += ["protected", "decided"]
    codes += ["known_illegal", "known_benign"]
    assert [code for code in codes if f"`{code}`" not in text] == []
