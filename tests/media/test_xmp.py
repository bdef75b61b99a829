"""The XMP parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.media import xmp
from tamis.media.xmp import read_xmp

DC = "http://purl.org/dc/elements/1.1/"
EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
MM = "http://ns.adobe.com/xap/1.0/mm/"
EVT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}">
<rdf:Description rdf:about="" xmlns:dc="{DC}" xmlns:e="{EXT}" xmlns:mm="{MM}" xmlns:evt="{EVT}"
    dc:format="image/jpeg">
  <e:DigitalSourceType rdf:resource="{URI}"/>
  <dc:creator><rdf:Seq><rdf:li>first</rdf:li><rdf:li>second</rdf:li></rdf:Seq></dc:creator>
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">un café</rdf:li></rdf:Alt></dc:title>
  <mm:History><rdf:Seq><rdf:li evt:softwareAgent="a program" evt:action="saved"/></rdf:Seq>
  </mm:History>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""

EXPECTED = {
    (DC, "format"): ("image/jpeg",),
    (EXT, "DigitalSourceType"): (URI,),
    (DC, "creator"): ("first", "second"),
    (DC, "title"): ("un café",),
    (EVT, "softwareAgent"): ("a program",),
    (EVT, "action"): ("saved",),
}


@pytest.mark.parametrize(
    "packet",
    [
        PACKET.encode(),
        b"\xef\xbb\xbf" + PACKET.encode(),
        PACKET.encode("utf-16"),
        PACKET.encode("utf-16-be"),
        PACKET.encode("utf-16-le"),
        PACKET.encode("utf-32"),
        PACKET.encode("utf-32-be"),
        b"  \n" + PACKET.encode() + b" " * 2048 + b"\0" * 7,
    ],
)
def test_properties_of_every_form_in_every_encoding(packet):
    found = read_xmp(packet)
    assert found.properties == EXPECTED
    assert not found.malformed
    assert found.problems == ()


def test_a_property_in_any_namespace():
    assert read_xmp(PACKET.encode()).named("digitalsourcetype") == (URI,)
    assert read_xmp(PACKET.encode()).named("absent") == ()


@pytest.mark.parametrize(
    "packet",
    [
        PACKET.replace("</rdf:RDF>", "").encode(),
        PACKET.replace("</rdf:RDF>", "").encode("utf-16-le"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + PACKET[PACKET.index("<x:") :]).encode(),
        ('<!DOCTYPE a SYSTEM "http://localhost/a.dtd">' + PACKET[PACKET.index("<x:") :]).encode(),
        URI.encode() + b"\0" * 10,
    ],
)
def test_a_malformed_packet_gives_source_types_only(packet):
    found = read_xmp(packet)
    assert found.malformed
    assert found.properties == {}
    assert found.source_types == ("trainedAlgorithmicMedia",)
    assert len(found.problems) == 1


def test_entities_are_refused():
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    assert read_xmp(laughs).problems == ("xmp: refused: DTDForbidden",)


def test_limits(monkeypatch):
    deep = b"<a>" * 60_000 + b"</a>" * 60_000
    assert "over the limit" in read_xmp(deep).problems[0]
    monkeypatch.setattr(xmp, "MAX_PACKET", 10)
    assert "over the limit" in read_xmp(PACKET.encode()).problems[0]


def test_deep_nesting_below_the_limit_is_read():
    found = read_xmp(b"<a>" * 40_000 + b"deep" + b"</a>" * 40_000)
    assert found.properties == {("", "a"): ("deep",)}


def test_long_and_many_values_are_cut(monkeypatch):
    long = specimens.xmp_packet(f'Iptc4xmpExt:Event="{"x" * (xmp.MAX_VALUE + 1)}"')
    found = read_xmp(long)
    assert len(found.named("Event")[0]) == xmp.MAX_VALUE
    assert found.problems == (f"xmp: Event has {xmp.MAX_VALUE + 1} characters; cut",)
    monkeypatch.setattr(xmp, "MAX_VALUES", 2)
    found = read_xmp(PACKET.encode())
    assert sum(map(len, found.properties.values())) == 2
    assert found.problems == ("xmp: more than 2 values; the rest was not read",)


@given(st.binary(max_size=600))
@example(b"<\0")
@example(b"\xff\xfe\0\0<")
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise(data):
    read_xmp(data)


@given(st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_damaged_packets_never_raise(damage):
    data = bytearray(PACKET.encode())
    for at, patch in damage:
        data[at % len(data) : at % len(data) + len(patch)] = patch
    read_xmp(bytes(data))


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=50))
@settings(deadline=None)
def test_attribute_values_round_trip(text):
    found = read_xmp(specimens.xmp_packet(f'Iptc4xmpExt:Event="{text}"'))
    assert found.properties == {(EXT, "Event"): (text,)}


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_huge_namespace_is_refused_before_elements_bear_it(quote, inside):
    declared = f"xmlns:a={quote}{'u' * 7_000_000}{quote}"
    body = f"<b {declared}>" if inside else "<b>"
    root = "<r>" if inside else f"<r {declared}>"
    prefix = "a:" if not inside else ""
    children = f"<{prefix}c>x</{prefix}c>" * 40_000  # copied into each: 280 GB
    found = read_xmp(f"{root}{body}{children}</b></r>".encode())
    assert found.malformed
    assert "has 7000000 characters" in found.problems[0]
