"""Every examination and every observation is in the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamis.registry import load

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "examinations.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(load("tamis.examinations").found))
def test_it_is_documented(name):
    assert f"\n## `{name}`\n" in DOCUMENT


@pytest.mark.parametrize("name", sorted(load("tamis.examinations").found))
def test_its_observations_are_documented(name):
    section = DOCUMENT.split(f"\n## `{name}`\n", 1)[1].split("\n## ", 1)[0]
    for example in load("tamis.examinations").found[name].examples():
        for observation in example.expected:
            assert f"`{observation}`" in section, observation
