"""The AIGC label in the spellings that are met."""

from __future__ import annotations

import json

import pytest
from examined import content, examine
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.aigc import AigcLabel
from tamis.examinations.provenance.declared import declared
from tamis.examinations.provenance.metadata import read_metadata
from tamis.model import Observation

LABEL = {"Label": "1", "ContentProducer": "001", "ProduceID": "x", "ReservedCode1": "digest"}
SPACE = 'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'


def found(data: bytes) -> dict[str, object]:
    return examine(AigcLabel(), data)


def test_all_fields():
    expected = {
        "aigc.label": "1",
        "aigc.producer": "001",
        "aigc.produce_id": "x",
        "aigc.reserved_1": "digest",
        "aigc.places": ["png:AIGC"],
    }
    assert found(specimens.png_with_text(("AIGC", json.dumps(LABEL)))) == expected
    assert declared([Observation("aigc.label", "1")]) == ("aigc:1",)


@pytest.mark.parametrize("document", [{"AIGC": LABEL}, {"AIGC": json.dumps(LABEL)}, LABEL])
def test_the_label_may_be_wrapped(document):
    data = specimens.png_with_text(("aigc", json.dumps(document)))
    assert found(data)["aigc.label"] == "1"
    comment = specimens.exif(details={0x9286: specimens.user_comment(json.dumps(document))})
    assert found(specimens.jpeg_with_exif(comment)).get("aigc.label") == (
        "1" if "AIGC" in document else None
    )


def test_an_element_and_a_wrong_prefix():
    quoted = json.dumps(LABEL).replace('"', "&quot;")
    packet = specimens.xmp_packet(SPACE.replace("TC260=", "C260=") + f' C260:AIGC="{quoted}"')
    assert found(specimens.jpeg_with_xmp(packet))["aigc.places"] == ["xmp:AIGC"]


@pytest.mark.parametrize("text", ["{}", "[1]", "a", '{"Label": true}', '{"AIGC": 5}'])
def test_what_is_no_label_is_kept_as_such(text):
    names = set(found(specimens.png_with_text(("AIGC", text))))
    assert "aigc.label" not in names
    assert names <= {"aigc.unrecognised", "aigc.places"}


VALUES = st.recursive(
    st.text(max_size=9) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*LABEL, "AIGC"]), VALUES, max_size=5))
def test_no_label_upsets_it(document):
    for name, value in found(specimens.png_with_text(("AIGC", json.dumps(document)))).items():
        json.dumps({name: value}, allow_nan=False)


def test_metadata_are_read_once_for_all_examinations():
    media = content(specimens.picture("JPEG"))
    assert read_metadata(media) is read_metadata(media)
    other = content(media.data)
    assert other == media
    assert read_metadata(other) is not read_metadata(media)
