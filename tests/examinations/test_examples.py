"""Every registered examination documents itself, and its examples come out as it says."""

from __future__ import annotations

import pytest
from examined import content

from tamis.examination import Examination
from tamis.registry import load

PLUGINS = load("tamis.examinations")
EXAMPLES = [
    pytest.param(examination, example, id=f"{name}: {example.title}")
    for name, examination in PLUGINS.found.items()
    for example in examination.examples()
]


def test_all_load():
    assert PLUGINS.failed == {}
    assert {"provenance.c2pa", "provenance.iptc", "provenance.generator", "provenance.camera"} <= (
        PLUGINS.found.keys()
    )


@pytest.mark.parametrize("name", sorted(PLUGINS.found))
def test_it_documents_itself(name):
    examination = PLUGINS.found[name]
    assert issubclass(examination, Examination)
    assert examination.name == name
    for text in (
        examination.version,
        examination.reference,
        examination.conditions,
        examination.failures,
    ):
        assert text.strip()
    titles = [example.title for example in examination.examples()]
    assert titles
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(("examination", "example"), EXAMPLES)
def test_example(examination, example):
    data = example.build()
    observations = examination().examine(content(data))
    names = [observation.name for observation in observations]
    assert len(set(names)) == len(names)  # a name occurs once
    assert frozenset(names) == example.expected
    assert examination().examine(content(data)) == observations
