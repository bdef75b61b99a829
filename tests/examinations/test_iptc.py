"""The IPTC digital source type in every spelling and place."""

from __future__ import annotations

import struct

import pytest
from examined import examine
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.iptc import IptcSourceType, source_type
from tamis.model import Origin
from tamis.model.origin import IPTC_BASE


@pytest.mark.parametrize("origin", list(Origin))
def test_every_term_in_every_spelling(origin):
    term = origin.value
    for spelling in (
        IPTC_BASE + term,
        IPTC_BASE.replace("http", "https") + term,
        IPTC_BASE.upper() + term.upper(),
        IPTC_BASE + term + "/",
        f"  {IPTC_BASE}{term}\n",
        f"digsrctype:{term}",
        term,
        f"https://schema.org/{term[0].upper()}{term[1:]}DigitalSource",
    ):
        assert source_type(spelling) == term


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("http://c2pa.org/digitalsourcetype/empty", "empty"),
        ("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData", "trainedAlgorithmicData"),
        ("schema:MultiFrameComputationalCaptureDigitalSource", "computationalCapture"),
    ],
)
def test_terms_of_others(value, term):
    assert source_type(value) == term


@pytest.mark.parametrize(
    "value",
    [
        "",
        "/",
        "notTrainedAlgorithmicMedia",
        "trainedAlgorithmicMediaX",
        f"{IPTC_BASE}trainedAlgorithmicMedia?x=1",
        f"{IPTC_BASE}trained AlgorithmicMedia",
        "x" * 1000 + "/print",
    ],
)
def test_only_whole_terms(value):
    assert source_type(value) is None


def test_several_types_and_unknown_ones():
    one = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="digitalCapture"')
    two = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="trainedAlgorithmicMedia"')
    odd = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="a\u202eb"')
    segments = [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet) for packet in (one, two, odd)]
    assert examine(IptcSourceType(), specimens.jpeg(*segments)) == {
        "iptc.digital_source_type": "digitalCapture",
        "iptc.other_source_types": ["trainedAlgorithmicMedia"],
        "iptc.unrecognised": [
            {
                "place": "xmp:DigitalSourceType",
                "text": "a\u202eb",
                "characters": 3,
                "truncated": False,
            }
        ],
    }


def test_in_iim():
    uri = IPTC_BASE.encode() + b"trainedAlgorithmicMedia"
    dataset = struct.pack(">BBBH", 0x1C, 2, 40, len(uri)) + uri
    resource = struct.pack(">4sHHI", b"8BIM", 0x0404, 0, len(dataset)) + dataset + bytes(8)
    data = specimens.jpeg((0xED, b"Photoshop 3.0\0" + resource))
    assert examine(IptcSourceType(), data) == {
        "iptc.digital_source_type": "trainedAlgorithmicMedia"
    }


def test_in_png_text():
    data = specimens.png_with_text(("DigitalSourceType", "digitalCapture"))
    assert examine(IptcSourceType(), data) == {"iptc.digital_source_type": "digitalCapture"}


def test_a_caption_about_a_type_is_no_declaration():
    packet = specimens.xmp_packet('Iptc4xmpExt:Event="trainedAlgorithmicMedia"')
    assert examine(IptcSourceType(), specimens.jpeg_with_xmp(packet)) == {}


@given(st.text(max_size=600))
@settings(max_examples=200)
def test_any_value_never_raises(value):
    assert source_type(value) is None or len(value) <= 512
