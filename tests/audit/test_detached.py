"""Signed files: whatever was changed is named."""

from __future__ import annotations

import json

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tamis.audit import detached
from tamis.errors import UsageError

CONTENTS = {"report.json": b"{}", "report.html": b"<p>"}


@pytest.fixture
def folder(tmp_path):
    for name, data in CONTENTS.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / detached.FILE).write_bytes(detached.signed(CONTENTS))
    return tmp_path


def changed(folder, **values):
    path = folder / detached.FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_was_signed_holds(folder):
    found = detached.verify(folder)
    assert (found.fault, found.known) == (None, True)
    assert sorted(found.statement["files"]) == sorted(CONTENTS)


def test_a_file_that_was_not_signed_is_named(folder):
    fault = detached.verify(folder, (), ("report.json", "report.pdf")).fault
    assert fault == "report.pdf: is not among the files that were signed"


def test_anybody_can_check_it_without_tamis(folder):
    """As docs/validation.md says."""
    statement = json.loads((folder / "signature.json").read_bytes())
    signature = bytes.fromhex(statement.pop("signature"))
    message = b"tamis detached signature\0" + rfc8785.dumps(statement)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(statement["key"])).verify(signature, message)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_changed_file_is_named(folder, name):
    (folder / name).write_bytes(b"other")
    assert detached.verify(folder).fault == f"{name}: is not what was signed"
    (folder / name).unlink()
    assert f"{name}: cannot be read" in detached.verify(folder).fault


@pytest.mark.parametrize(
    "values", [{"signed_at": "2020-01-01"}, {"signature": "0" * 128}, {"files": {}}, {"more": 1}]
)
def test_a_changed_statement_does_not_hold(folder, values):
    changed(folder, **values)
    assert detached.verify(folder).fault == "signature.json: the signature does not hold"


def test_another_key_counts_only_where_it_is_named(folder, tmp_path_factory, monkeypatch):
    key = json.loads((folder / detached.FILE).read_text())["key"]
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path_factory.mktemp("elsewhere")))
    stranger = detached.verify(folder)
    assert (stranger.fault, stranger.known) == (None, False)
    assert detached.verify(folder, [key]).known
    detached.signed({})  # now this site has a key of its own
    assert "another key" in detached.verify(folder).fault
    assert detached.verify(folder, [key]).fault is None
    with pytest.raises(UsageError):
        detached.verify(folder, ["no key"])


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"{", b"\xff", b"{}", b"[" * 100_000, b'{"key": 1, "signature": 2, "files": 3}',
        json.dumps({"key": "0" * 64, "signature": "0" * 128,
                    "files": {"../report.json": "0" * 64}}).encode(),
        json.dumps({"key": "0" * 64, "signature": "0" * 128, "files": []}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_said_to_be_none(folder, text):
    (folder / detached.FILE).write_bytes(text)
    assert detached.verify(folder).fault == "signature.json: is no statement of signed files"


def test_no_statement_at_all(tmp_path):
    assert "signature.json: cannot be read" in detached.verify(tmp_path).fault
