"""Camera metadata: what counts as a camera, and as a complete one."""

from __future__ import annotations

import pytest
from examined import examine

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.camera import CameraMetadata, is_camera_name
from tamis.examinations.provenance.statements import MAX_STATED

MAIN = {0x010F: "NIKON CORPORATION", 0x0110: "NIKON D70", 0x0131: "Ver.1.00 "}
DETAILS = {
    0x829A: 0.008,
    0x829D: 2.8,
    0x8827: 200,
    0x920A: 50.0,
    0x9003: "2024:05:06 07:08:09",
    0x927C: b"Nikon\0note",
    0xA431: "1234567",
    0xA434: "50mm f/1.8",
}


def test_a_complete_camera():
    data = specimens.jpeg_with_exif(specimens.exif(MAIN, DETAILS))
    assert examine(CameraMetadata(), data) == {
        "camera.make": "NIKON CORPORATION",
        "camera.model": "NIKON D70",
        "camera.lens": "50mm f/1.8",
        "camera.serial": "1234567",
        "camera.software": "Ver.1.00",
        "camera.captured": "2024:05:06 07:08:09",
        "camera.exposure": {
            "exposure_time": 0.008,
            "f_number": 2.8,
            "iso": 200,
            "focal_length": 50.0,
        },
        "camera.maker_note": {"bytes": 10, "maker": "Nikon"},
        "camera.complete": True,
        "metadata.blocks": ["exif", "maker_note"],
        "metadata.dates": {"exif:DateTimeOriginal": "2024:05:06 07:08:09"},
        "metadata.software": [{"place": "exif:Software", "text": "Ver.1.00"}],
    }


@pytest.mark.parametrize(
    ("main", "details"),
    [
        ((0x010F,), ()),
        ((0x0110,), ()),
        ((), (0x829A,)),
        ((), (0x829D, 0x8827)),
        ((), (0x9003,)),
    ],
)
def test_a_missing_part_makes_it_incomplete(main, details):
    block = specimens.exif(
        {tag: value for tag, value in MAIN.items() if tag not in main},
        {tag: value for tag, value in DETAILS.items() if tag not in details},
    )
    assert "camera.complete" not in examine(CameraMetadata(), specimens.jpeg_with_exif(block))


@pytest.mark.parametrize("time", ["0000:00:00 00:00:00", "   "])
def test_a_clock_that_was_never_set(time):
    block = specimens.exif(MAIN, DETAILS | {0x9003: time})
    found = examine(CameraMetadata(), specimens.jpeg_with_exif(block))
    assert "camera.captured" not in found
    assert "camera.complete" not in found


@pytest.mark.parametrize(
    "text",
    ["", "workflow:{}", 'prompt:{"1":{}}', '{"prompt":1}', "Ideogram AI", "ComfyUI", "x" * 200],
)
def test_generators_are_no_cameras(text):
    assert not is_camera_name(text)


@pytest.mark.parametrize("text", ["NIKON D70", "Pixel 7", "HUAWEI", "Firefly S6", "写真機"])
def test_cameras_are(text):
    assert is_camera_name(text)


def test_problems_of_all_metadata_are_listed():
    packet = specimens.xmp_packet("").replace(b"</rdf:RDF>", b"")
    data = specimens.jpeg(
        (0xE1, b"Exif\0\0" + b"no TIFF at all"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
    )
    problems = examine(CameraMetadata(), data + b"trailer")
    assert problems["metadata.trailer"] == 7
    first, second = problems["metadata.problems"]
    assert first == "exif: no TIFF header"
    assert second.startswith("xmp: no XML")


def test_everything_exif_can_say():
    found = examine(CameraMetadata(), specimens.jpeg_with_exif(specimens.full_exif()))
    assert found["camera.lens"] == "50mm f/1.8"
    assert found["camera.lens_specification"] == [50.0, 50.0, 1.8, 1.8]
    assert (found["camera.serial"], found["camera.lens_serial"]) == ("1234567", "7654321")
    assert (found["camera.internal_serial"], found["camera.owner"]) == ("X12", "A. Owner")
    assert found["camera.firmware"] == "1.2.3"
    assert found["camera.maker_note"] == {
        "bytes": 26,
        "maker": "Panasonic",
        "internal_serial": "X12",
    }
    assert found["camera.position"] == {
        "latitude": -33.8583333,
        "longitude": -70.6,
        "altitude": 520.1,
        "time": "2024:05:06 05:08:09.25",
    }
    assert found["camera.exposure"]["flash"] == 16
    assert found["metadata.dates"] == {
        "exif:DateTimeOriginal": "2024:05:06 07:08:09.25+02:00",
        "exif:DateTime": "2024:05:07 08:09:10",
        "exif:GPS": "2024:05:06 05:08:09.25",
    }
    assert found["metadata.description"] == {"exif:ImageDescription": "A bridge over a river"}
    assert found["metadata.comment"] == {"exif:UserComment": "By hand"}
    assert found["metadata.artist"] == {"exif:Artist": "A. Photographer"}
    assert found["metadata.copyright"] == {"exif:Copyright": "No rights reserved"}
    assert "camera.from_xmp" not in found


NAMESPACES = (
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
)


def test_what_only_xmp_says_is_marked_and_completes_nothing():
    packet = specimens.xmp_packet(
        NAMESPACES + 'tiff:Make="NIKON" tiff:model="D70" exif:ExposureTime="1/125" '
        'exif:FNumber="28/10" aux:SerialNumber="20025295" aux:Lens="18-70mm" '
        'exif:GPSLatitude="48,30.5N" exif:GPSLongitude="2,15,36W" exif:GPSAltitude="x"'
    )
    found = examine(CameraMetadata(), specimens.jpeg_with_xmp(packet))
    assert (found["camera.make"], found["camera.model"]) == ("NIKON", "D70")
    assert found["camera.exposure"] == {"exposure_time": 0.008, "f_number": 2.8}
    assert found["camera.position"] == {"latitude": 48.5083333, "longitude": -2.26}
    assert found["camera.from_xmp"] == [
        "camera.exposure", "camera.lens", "camera.make", "camera.model", "camera.serial",
    ]  # fmt: skip
    both = specimens.jpeg(
        (0xE1, b"Exif\0\0" + specimens.exif({}, {0x9003: "2024:05:06 07:08:09"})),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
    )
    assert "camera.complete" not in examine(CameraMetadata(), both)


@pytest.mark.parametrize(
    "position", ["91,0N", "1,2,3,4N", "a,bN", "48,30", "", "N", "1e400,0N", "-5,0N"]
)
def test_positions_of_xmp_that_are_none(position):
    packet = specimens.xmp_packet(NAMESPACES + f'exif:GPSLatitude="{position}"')
    assert "camera.position" not in examine(CameraMetadata(), specimens.jpeg_with_xmp(packet))


def test_exif_counts_before_the_maker_note_and_xmp():
    packet = specimens.xmp_packet(NAMESPACES + 'aux:SerialNumber="other" tiff:Make="other"')
    data = specimens.jpeg(
        (0xE1, b"Exif\0\0" + specimens.full_exif()),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
    )
    found = examine(CameraMetadata(), data)
    assert (found["camera.make"], found["camera.serial"]) == ("ACME", "1234567")
    assert "camera.from_xmp" not in found


def test_the_chain_of_programs_in_order():
    history = (
        b'<xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
        b'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><rdf:Seq>'
        b'<rdf:li stEvt:action="saved" stEvt:softwareAgent="Editor 1"/>'
        b'<rdf:li stEvt:action="saved" stEvt:softwareAgent="Editor 1"/>'
        b'<rdf:li stEvt:action="converted" stEvt:softwareAgent="Editor 2"/>'
        b"</rdf:Seq></xmpMM:History>"
    )
    packet = specimens.xmp_packet(NAMESPACES + 'xmp:CreatorTool="Ver.1.00"')
    packet = packet.replace(b"/></rdf:RDF>", b">" + history + b"</rdf:Description></rdf:RDF>")
    block = specimens.iptc_block({65: b"Agency", 70: b"7", 55: b"20240506", 60: b"070809+0200"})
    resource = b"8BIM\4\4\0\0" + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2)
    data = specimens.jpeg(
        (0xE1, b"Exif\0\0" + specimens.exif({0x0131: "Ver.1.00"})),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
        (0xED, b"Photoshop 3.0\0" + resource),
    )
    found = examine(CameraMetadata(), data)
    assert found["metadata.software"] == [
        {"place": "exif:Software", "text": "Ver.1.00"},
        {"place": "xmp:History:softwareAgent", "text": "Editor 1"},
        {"place": "xmp:History:softwareAgent", "text": "Editor 2"},
        {"place": "iptc:OriginatingProgram", "text": "Agency 7"},
    ]
    assert found["metadata.dates"] == {"iptc:DateCreated": "20240506 070809+0200"}
    assert found["metadata.blocks"] == ["exif", "xmp", "iptc"]


def test_several_authors_are_all_kept():
    block = specimens.iptc_block({80: b"One"}) + specimens.iptc_block({80: b" Two "})
    resource = b"8BIM\4\4\0\0" + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2)
    data = specimens.jpeg((0xED, b"Photoshop 3.0\0" + resource), (0xFE, b"A comment\0"))
    found = examine(CameraMetadata(), data)
    assert found["metadata.artist"] == {"iptc:By-line": ["One", "Two"]}
    assert found["metadata.comment"] == {"comment": "A comment"}
    assert found["metadata.blocks"] == ["iptc", "comment"]


def test_texts_are_cut():
    block = specimens.tiff_block({0x010E: specimens.text_entry("x" * 5000)})
    found = examine(CameraMetadata(), specimens.jpeg_with_exif(block))
    assert len(found["metadata.description"]["exif:ImageDescription"]) == MAX_STATED


def test_a_cr3_file():
    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    note = specimens.tiff_block({0x0007: specimens.text_entry("Firmware Version 1.3.1")})
    parts = (
        box(b"CMT1", specimens.exif({0x010F: "Canon", 0x0110: "Canon EOS R6"}))
        + box(b"CMT2", specimens.tiff_block({0xA431: specimens.text_entry("0123456789")}))
        + box(b"CMT3", note)
        + box(b"CMT4", specimens.tiff_block({0x1D: specimens.text_entry("2024:05:06")}))
    )
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    data = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon + parts))
    found = examine(CameraMetadata(), data)
    assert (found["camera.model"], found["camera.serial"]) == ("Canon EOS R6", "0123456789")
    assert found["camera.firmware"] == "Firmware Version 1.3.1"
    assert found["camera.maker_note"]["bytes"] == len(note)
    assert found["camera.position"] == {"time": "2024:05:06"}
