"""Camera metadata: what counts as a camera, and as a complete one."""

from __future__ import annotations

import pytest
from examined import examine

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.camera import CameraMetadata, is_camera_name

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
