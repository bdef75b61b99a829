"""JPEG structure: the encoder, the thumbnail, the dates, and what they add up to."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from examined import content, examine
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pictures import field
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.jpeg import dates, thumbnail
from tamis.examinations.provenance.jpeg.additions import additions
from tamis.examinations.provenance.jpeg.examination import JpegStructure
from tamis.examinations.provenance.jpeg.quantisation import (
    CHROMINANCE,
    LUMINANCE,
    Ijg,
    ijg,
    key,
    scaled,
)
from tamis.examinations.provenance.jpeg.signatures import (
    brand,
    is_libjpeg,
    layout,
    packaged,
    parse,
)
from tamis.examinations.provenance.jpeg.specimens import with_thumbnail
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.containers.jpeg_structure import Table, read_structure
from tamis.media.decode import decode
from tamis.media.exif import Exif
from tamis.media.sniff import sniff

SIZE = (320, 240)
MAKE, MODEL = "ORFEO CORPORATION", "ORFEO O-1"
MAIN = {0x010F: MAKE, 0x0110: MODEL, 0x0131: "Ver.1.00", 0x0132: "2024:05:06 07:08:09"}
DETAILS = {0x9003: "2024:05:06 07:08:09", 0xA002: SIZE[0], 0xA003: SIZE[1]}
STEPS = [2 + place // 3 for place in range(64)]
LAYOUT = "DQT/2 SOF0 DHT/4 SOS"


def saved(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def joined(data: bytes) -> bytes:
    """The file without JFIF, its tables in one segment each, as cameras write them."""
    tables, codes, rest, position = b"", b"", b"", 2
    scan = data.index(b"\xff\xda")
    while position < scan:
        marker, size = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + size]
        if marker == 0xDB:
            tables += body
        elif marker == 0xC4:
            codes += body
        elif marker != 0xE0:
            rest += data[position : position + 2 + size]
        position += 2 + size
    return (
        b"\xff\xd8\xff\xdb" + (len(tables) + 2).to_bytes(2, "big") + tables + rest
        + b"\xff\xc4" + (len(codes) + 2).to_bytes(2, "big") + codes + data[scan:]
    )  # fmt: skip


def photograph(
    main=None, details=None, picture=None, small=None, *, libjpeg=False, **options
) -> bytes:
    """A file as the camera of these tests writes it, with what is given changed."""
    picture = picture or field(1, SIZE)
    data = saved(picture, **({"qtables": [STEPS, STEPS[::-1]], "subsampling": "4:2:2"} | options))
    data = data if libjpeg else joined(data)
    block = specimens.exif(MAIN | (main or {}), DETAILS | (details or {}))
    shown = small or picture.resize((160, 120))
    block = with_thumbnail(block, saved(shown))
    head = b"Exif\0\0" + block
    return data[:2] + b"\xff\xe1" + (len(head) + 2).to_bytes(2, "big") + head + data[2:]


def signatures(*qualities: int):
    """Those of the camera of these tests; further rows make it one that chooses its quality."""
    tables = key(read_structure(photograph()).used_tables)
    rows = f'[[camera]]\nmake = "{MAKE}"\nmodel = "{MODEL}"\ntables = "{tables}"\n'
    rows += 'sampling = "4:2:2"\nquality = 0\nfiles = 7\n'
    for quality in qualities:
        rows += f'[[camera]]\nmake = "{MAKE}"\nmodel = "O-2"\ntables = "{quality}"\n'
        rows += f'sampling = "4:2:2"\nquality = {quality}\nfiles = 1\n'
    rows += f'[[layout]]\nmake = "Orfeo"\nmodel = "O-0"\nlayout = "{LAYOUT}"\n'
    rows += 'huffman = "standard"\nsampling = "4:2:2"\nfiles = 6\n'
    return parse(rows)


def decoded(data: bytes):
    return decode(data, sniff(data[:65536]), max_pixels=1 << 24)


def conclusion(data: bytes, known=None) -> dict[str, object]:
    found = JpegStructure(known or signatures()).examine(decoded(data))
    return {item.name: item.value for item in found}["jpeg.conclusion"]


# The encoder


@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality_of_libjpeg_is_recognised(quality):
    data = saved(field(2, (32, 32)), quality=quality)
    found = ijg(read_structure(data).used_tables)
    assert found == Ijg(quality, quality)
    assert str(found) == f"IJG quality {quality}"


def test_qualities_without_the_limit_of_baseline():
    tables = tuple(Table(scaled(base, 3, largest=32767), 16) for base in (LUMINANCE, CHROMINANCE))
    assert max(tables[0].steps) > 255
    assert ijg((*tables, tables[1])) == Ijg(3, 3)


def test_two_qualities_in_one_file():
    tables = (Table(scaled(LUMINANCE, 90)), Table(scaled(CHROMINANCE, 70)))
    assert str(ijg(tables)) == "IJG quality 90, chrominance 70"


def test_tables_of_nobody():
    other = Table(tuple(range(1, 65)))
    standard = Table(scaled(LUMINANCE, 90))
    assert ijg((other,)) is None
    assert ijg((standard, other)) is None
    assert ijg((standard, Table(scaled(CHROMINANCE, 90)), other)) is None
    assert ijg(()) is None


def test_encoder_is_named_with_its_sampling():
    found = examine(JpegStructure(), saved(field(3), quality=90, subsampling="4:4:4"))
    assert found["jpeg.encoder"] == "IJG quality 90, 4:4:4"
    assert "jpeg.signature" in examine(JpegStructure(), saved(field(3), quality="high"))
    grey = examine(JpegStructure(), saved(field(3).convert("L"), quality=60))
    assert grey["jpeg.encoder"] == "IJG quality 60, grey"


def test_the_key_of_tables_stands_for_their_order():
    first, second = Table((1,) * 64), Table((2,) * 64)
    assert key((first, second)) != key((second, first)) != key((second,))
    assert len(key((first,))) == 16


@pytest.mark.parametrize("preset", ["low", "medium", "high", "maximum", "web_low", "web_maximum"])
def test_tables_of_photoshop_are_known(preset):
    data = saved(field(4), quality=preset)
    programs = examine(JpegStructure(), data)["jpeg.signature"]["programs"]
    assert [program["name"].partition(",")[0] for program in programs] == ["Adobe Photoshop"]
    assert "Pillow" in programs[0]["evidence"]
    assert examine(JpegStructure(), data)["jpeg.conclusion"]["finding"] == "resaved"


# Signatures


def test_the_signatures_that_come_with_tamis():
    known = packaged()
    assert known.layouts_of_brand("Canon") >= 5
    assert known.layouts_of_brand("a camera nobody made") == 0


@pytest.mark.parametrize(
    ("make", "name"),
    [
        ("NIKON CORPORATION", "nikon"),
        ("OLYMPUS IMAGING CORP.", "olympus"),
        ("Hewlett-Packard", "hewlett"),
        ("  Canon ", "canon"),
        ("", ""),
    ],
)
def test_brands(make, name):
    assert brand(make) == name


@pytest.mark.parametrize(
    "options", [{}, {"optimize": True}, {"progressive": True}, {"restart_marker_blocks": 8}]
)
def test_the_layout_of_libjpeg(options):
    assert is_libjpeg(layout(read_structure(saved(field(5), **options))))


@pytest.mark.parametrize("found", [LAYOUT, "DQT/3 DHT/4 SOF0 SOS", "DHT/4 DQT/2 DRI SOF0 SOS"])
def test_layouts_of_cameras(found):
    assert not is_libjpeg(found)


# The conclusion


def test_an_untouched_photograph():
    data = photograph()
    assert layout(read_structure(data)) == LAYOUT
    assert conclusion(data) == {
        "finding": "untouched_camera",
        "camera": {"make": MAKE, "model": MODEL},
        "reasons": ["tables_of_model", "layout_of_brand", "dimensions_agree", "thumbnail_agrees"],
    }


def test_another_model_of_the_brand():
    found = conclusion(photograph({0x0110: "O-9"}))
    assert found["finding"] == "untouched_camera"
    assert found["reasons"][0] == "tables_of_brand"


def test_a_brand_that_chooses_its_quality():
    data = photograph(qtables=None, quality=83)
    assert conclusion(data)["reasons"] == ["tables_unknown"]
    assert conclusion(data, signatures(80, 81))["reasons"] == ["tables_unknown"]
    found = conclusion(data, signatures(80, 81, 82))
    assert found["finding"] == "untouched_camera"
    assert found["reasons"][0] == "tables_of_family"


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"main": {0x010F: ""}}, ["no_camera_named"]),
        ({"main": {0x0110: '{"prompt": 1}'}}, ["no_camera_named"]),
        ({"main": {0x010F: "ACME"}}, ["tables_unknown", "layout_unknown"]),
        ({"subsampling": "4:2:0"}, ["tables_unknown", "layout_unknown"]),
        ({"optimize": True}, ["layout_unknown"]),
        ({"main": {0x0132: "2024:05:06 09:08:09"}}, ["modified_later"]),
        ({"main": {0x0132: "2024:05:06 07:00:00"}}, ["dates_in_doubt"]),
        ({"details": {0x9003: "2024:05:32 07:08:09"}}, ["dates_in_doubt"]),
        ({"details": {0xA002: SIZE[1], 0xA003: SIZE[0]}}, ["dimensions_unconfirmed"]),
    ],
)
def test_a_doubt_leaves_nothing_to_say(changed, reasons):
    assert conclusion(photograph(**changed)) == {"finding": "nothing", "reasons": reasons}


@pytest.mark.parametrize(
    ("changed", "software", "reason"),
    [
        ({"main": {0x0131: "Adobe Photoshop CS6"}}, "Adobe Photoshop CS6", "software_declared"),
        ({"details": {0xA002: 4000, 0xA003: 3000}}, None, "dimensions_differ"),
        ({"small": field(77, (160, 120))}, None, "thumbnail_differs"),
        ({"libjpeg": True}, "a program that uses libjpeg", "layout_of_libjpeg"),
    ],
)
def test_a_sign_of_rewriting_is_enough(changed, software, reason):
    found = conclusion(photograph(**changed))
    assert found["finding"] == "resaved"
    assert found.get("software") == software
    assert reason in found["reasons"]


def test_a_photograph_without_thumbnail():
    data = photograph()
    start = data.index(b"\xff\xd8\xff", 2)
    found = conclusion(data[:start] + b"\0" * 3 + data[start + 3 :])
    assert found == {"finding": "nothing", "reasons": ["no_thumbnail"]}


@pytest.mark.parametrize("quality", [50, 75, 90, 95, 100])
def test_a_copy_with_the_exif_of_the_camera(quality):
    original = Image.open(io.BytesIO(photograph()))
    copy = saved(original, quality=quality, exif=original.info["exif"])
    assert conclusion(copy)["finding"] == "resaved"


def test_a_copy_with_tables_and_exif_of_the_camera():
    original = Image.open(io.BytesIO(photograph()))
    copy = saved(original, quality="keep", exif=original.info["exif"])
    found = conclusion(copy)
    assert (found["finding"], found["reasons"]) == ("resaved", ["layout_of_libjpeg"])


@pytest.mark.parametrize(
    ("segment", "name", "place"),
    [
        ((0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v80)"), "GD library (PHP)", "comment"),
        ((0xEC, b"Ducky\0\1"), "Adobe Photoshop, save for web", "APP12:Ducky"),
        (
            (0xED, b"Photoshop 3.0\0008BIM\4\4\0\0\0\0\0\x0d\x1c\2\x28\0\x08FBMD0123\0"),
            "Facebook or Instagram",
            "iptc:2:40",
        ),
        (
            (
                0xE1,
                b"http://ns.adobe.com/xap/1.0/\0"
                + specimens.xmp_packet(
                    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="GIMP 2.10"'
                ),
            ),
            "GIMP 2.10",
            "xmp:CreatorTool",
        ),
    ],
)
def test_traces_of_programs(segment, name, place):
    found = examine(JpegStructure(), specimens.jpeg(segment))
    assert found["jpeg.software"] == [{"name": name, "place": place}]
    assert found["jpeg.conclusion"]["finding"] == "resaved"
    assert found["jpeg.conclusion"]["software"] == name


@pytest.mark.parametrize("firmware", ["Ver.1.00", "HDR+ 1.0.220943774z", "13.4.1", "E990v1.1"])
def test_firmware_is_no_program(firmware):
    data = specimens.jpeg_with_exif(specimens.exif({0x0131: firmware}))
    assert "jpeg.software" not in examine(JpegStructure(), data)


# The thumbnail


def compared(data: bytes) -> dict[str, object]:
    found = JpegStructure().examine(decoded(data))
    return {item.name: item.value for item in found}["jpeg.thumbnail"]


def test_a_thumbnail_of_the_picture():
    value = compared(photograph())
    assert {name: value[name] for name in ("width", "height", "mismatch")} == {
        "width": 160,
        "height": 120,
        "mismatch": False,
    }


def test_a_thumbnail_of_another_picture():
    assert compared(photograph(small=field(9, (160, 120))))["mismatch"] is True


@pytest.mark.parametrize(("turn", "degrees"), [(3, 270), (2, 180), (1, 90)])
def test_a_picture_that_was_turned_after_capture(turn, degrees):
    upright = field(10, SIZE)
    turned = Image.fromarray(np.rot90(np.asarray(upright), -turn).copy())
    value = compared(photograph(picture=turned, small=upright.resize((160, 120))))
    assert value["mismatch"] is True
    assert value["turned"] == degrees


@pytest.mark.parametrize("top", [0, 7, 15])
def test_black_bars_are_no_mismatch(top):
    wide = field(11, (480, 320))
    small = Image.new("RGB", (160, 120))
    small.paste(wide.resize((160, 105)), (0, top))
    assert compared(photograph(picture=wide, small=small))["mismatch"] is False


def test_a_thumbnail_of_the_middle():
    wide = field(12, (480, 270))
    small = wide.crop((60, 0, 420, 270)).resize((160, 120))
    assert compared(photograph(picture=wide, small=small))["mismatch"] is False


@pytest.mark.parametrize("flat", ["picture", "small"])
def test_flat_pictures_are_not_compared(flat):
    plain = Image.new("RGB", SIZE if flat == "picture" else (160, 120), (90, 90, 90))
    assert "mismatch" not in compared(photograph(**{flat: plain}))


def test_a_damaged_picture_is_not_compared():
    media = decoded(photograph())
    small = thumbnail.find(thumbnail_metadata(photograph()))
    assert thumbnail.compare(media, small) is not None
    assert thumbnail.compare(replace(media, truncated=True), small) is None
    assert thumbnail.compare(replace(media, luma=None), small) is None


def thumbnail_metadata(data: bytes):
    from tamis.examinations.provenance.metadata import read_metadata

    return read_metadata(content(data))


def test_a_damaged_thumbnail_is_not_compared():
    data = photograph()
    start = data.index(b"\xff\xd8\xff", 2)
    broken = data[: start + 40] + bytes(400) + data[start + 440 :]
    assert "mismatch" not in compared(broken)


@pytest.mark.parametrize(("offset", "length"), [(-1, 10), (10**9, 10), (0, 0), (0, 1 << 30)])
def test_places_of_thumbnails_that_cannot_be(offset, length):
    metadata = thumbnail_metadata(photograph())
    tags = metadata.exif.tags | {"ThumbnailOffset": offset, "ThumbnailLength": length}
    assert thumbnail.find(replace(metadata, exif=Exif(tags))) is None


# Dates and dimensions


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({}, {}),
        ({"DateTime": "2024:05:06 07:08:09", "DateTimeOriginal": "2024:05:06 07:08:09"}, {}),
        ({"DateTime": "    :  :     :  :  ", "DateTimeOriginal": "0000:00:00 00:00:00"}, {}),
        ({"DateTimeOriginal": "2024:02:30 00:00:00"}, {"impossible": ["2024:02:30 00:00:00"]}),
        ({"DateTimeOriginal": "yesterday"}, {"impossible": ["yesterday"]}),
        ({"DateTimeOriginal": "1970:01:01 00:00:00"}, {"before_exif": ["1970:01:01 00:00:00"]}),
        (
            {"DateTime": "2024:05:06 07:08:09", "DateTimeOriginal": "2024:05:07 07:08:09"},
            {"captured_after_modified": 86400},
        ),
        (
            {"DateTimeDigitized": "2024:05:06 07:08:00", "DateTimeOriginal": "2024:05:06 07:08:09"},
            {"captured_after_digitised": 9},
        ),
    ],
)
def test_dates(tags, found):
    assert dates.contradictions(Exif(tags)) == found


def test_a_later_change_is_told():
    found = examine(JpegStructure(), photograph({0x0132: "2024:05:06 08:08:09"}))
    assert found["jpeg.dates"] == {"modified_after_capture": 3600}


@pytest.mark.parametrize(
    ("size", "finding"),
    [((640, 480), "resized"), ((480, 640), "resized"), ((640, 400), "cropped"),
     ((240, 320), "turned"), ((320, 240), None), ((0, 240), None)],
)  # fmt: skip
def test_dimensions(size, finding):
    data = photograph(details={0xA002: size[0], 0xA003: size[1]})
    value = examine(JpegStructure(), data).get("jpeg.dimensions")
    assert (value or {}).get("finding") == finding
    if value is not None:
        assert (value["exif"], value["picture"]) == (f"{size[0]}x{size[1]}", "320x240")


# Malformed files


def test_other_formats_are_left_alone():
    assert examine(JpegStructure(), specimens.picture("PNG")) == {}


def test_a_header_that_is_cut_off_has_no_conclusion():
    found = examine(JpegStructure(), photograph()[:200])
    assert "jpeg.conclusion" not in found
    assert found["jpeg.structure"]["problems"]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_headers_raise_nothing(data):
    raw = bytearray(MUTATED)
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(2, len(raw) - 1))] = data.draw(st.integers(0, 255))
    media = replace(content(bytes(raw)), format="jpeg", luma=LUMA)
    names = [item.name for item in JpegStructure().examine(media)]
    assert len(set(names)) == len(names)


MUTATED = photograph()[:6000]
LUMA = np.asarray(field(1, SIZE).convert("L"))


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        ((0xFE, b"edited by me"), "comment_added"),
        ((0xEB, specimens.app11(specimens.manifest_store())), "manifest_added"),
        (
            (
                0xE1,
                b"http://ns.adobe.com/xap/1.0/\0"
                + specimens.xmp_packet('xmlns:x="http://x/" x:toolkit="y"'),
            ),
            "xmp_added",
        ),
        ((0xFE, b"a\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 4"), "generator_declared"),
    ],
)
def test_what_a_camera_does_not_write_is_named(added, reason):
    content_of = content(specimens.jpeg(added))
    assert reason in list(additions(read_metadata(content_of)))


def test_a_rating_may_be_the_camera_s():
    packet = specimens.xmp_packet('xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="0"')
    assert list(additions(read_metadata(content(specimens.jpeg_with_xmp(packet))))) == []


def test_a_maker_note_that_names_another_model():
    plain = read_metadata(content(specimens.picture("JPEG")))
    exif = replace(plain.exif, tags={"Model": "Canon EOS R5"})
    for stated, expected in (
        ("IMG:PowerShot A10 JPEG", ["maker_note_differs"]),
        ("IMG:EOS R5 JPEG", []),
        ("ST*:Stitch assist mode", []),
    ):
        note = replace(plain.maker_note, facts={"image_type": stated})
        assert list(additions(replace(plain, exif=exif, maker_note=note))) == expected


def test_dates_of_other_forms_are_read():
    assert dates.read_date("2022-09-12 02:53:42") == dates.read_date("2022:09:12 02:53:42")
    assert dates.read_date("2022-09-12T02:53:42Z") is not None
    assert dates.read_date("12.09.2022 02:53") is None
