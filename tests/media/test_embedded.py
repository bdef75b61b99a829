"""Container walkers: what is there is found, what is broken is noted, nothing raises."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.media.containers import findings
from tamis.media.containers.findings import Findings
from tamis.media.containers.photoshop import read_datasets, read_resources
from tamis.media.embedded import Embedded, read_embedded, trailing_bytes

FORMATS = ("jpeg", "png", "webp", "gif", "tiff", "heif", "jp2", "jxl", "mp4", "cr3", "raf", "bmp",
           "unknown")  # fmt: skip
EXIF = specimens.exif({0x010F: "ACME"})
PACKET = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="digitalCapture"')
STORE = specimens.manifest_store()
CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def heif(exif: bytes = EXIF, packet: bytes = PACKET, method: int = 0) -> bytes:
    """A file with an EXIF and an XMP item: in `mdat` (method 0) or in `idat` (method 1)."""
    items = [
        (1, b"Exif", b"", b"\0\0\0\4" + b"skip" + exif),
        (2, b"mime", b"application/rdf+xml\0", packet),
    ]
    infe = b"".join(
        box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + b"\0" + more)
        for number, kind, more, _ in items
    )
    iinf = box(b"iinf", b"\0\0\0\0" + struct.pack(">H", len(items)) + infe)
    payload = b"".join(data for *_, data in items)
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(base: int) -> bytes:
        iloc, offset = b"\1\0\0\0\x44\0" + struct.pack(">H", len(items)), base
        for number, _, _, data in items:
            iloc += struct.pack(">HHHHII", number, method, 0, 1, offset, len(data))
            offset += len(data)
        body = b"\0\0\0\0" + box(b"hdlr", bytes(24)) + iinf + box(b"iloc", iloc)
        return box(b"meta", body + (box(b"idat", payload) if method else b""))

    if method:
        return ftyp + meta(0)
    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + box(b"mdat", payload)


def tiff(*entries: tuple[int, bytes]) -> bytes:
    """A little-endian TIFF file with one directory of UNDEFINED values."""
    values, directory = b"", struct.pack("<H", len(entries))
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, value in entries:
        directory += struct.pack("<HHII", tag, 7, len(value), start + len(values))
        values += value + b"\0" * (4 - len(value) % 4)
    return b"II*\0\x08\0\0\0" + directory + b"\0\0\0\0" + values


def cr3() -> bytes:
    """A Canon CR3 file: one block for each directory of EXIF."""
    parts = (b"CNCV", b"Canon"), (b"CMT1", EXIF), (b"CMT2", b"2"), (b"CMT3", b"3"), (b"CMT4", b"4")
    inner = b"".join(box(kind, body) for kind, body in parts)
    return box(b"ftyp", b"crx ") + box(b"moov", box(b"uuid", CANON_UUID + inner))


def raf(picture: bytes) -> bytes:
    """A Fujifilm RAF file whose JPEG lies behind a header of 160 bytes."""
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 160, len(picture))
    return head.ljust(160, b"\0") + picture


def gif(*blocks: bytes) -> bytes:
    plain = specimens.picture("GIF")
    return plain[:-1] + b"".join(blocks) + b";"


def sub_blocks(data: bytes) -> bytes:
    parts = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def resource(identifier: int, data: bytes) -> bytes:
    padding = b"\0" * (len(data) % 2)
    return struct.pack(">4sHHI", b"8BIM", identifier, 0, len(data)) + data + padding


IIM = b"\x1c\x02\x78\0\x05hello\x1c\x02\x50\x80\x04\0\0\0\x02me"


def test_jpeg_holds_everything():
    data = specimens.jpeg(
        (0xE1, b"Exif\0\0" + EXIF),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET),
        (0xEB, specimens.app11(STORE)),
        (0xED, b"Photoshop 3.0\0" + resource(0x0404, IIM)),
        (0xFE, b"a comment"),
    )
    assert read_embedded("jpeg", data) == Embedded(
        exif=EXIF, xmp=(PACKET,), comments=("a comment",), iptc=IIM, c2pa=("jpeg:APP11",)
    )


def test_what_follows_a_segment_of_wrong_length_is_found():
    """As decoders find it: they skip to the next marker."""
    plain = specimens.jpeg((0xE2, b"12345"), (0xE1, b"Exif\0\0" + EXIF))
    short = plain.replace(b"\xff\xe2\0\7", b"\xff\xe2\0\4")
    found = read_embedded("jpeg", short)
    assert found.exif == EXIF
    assert found.problems == ("jpeg: no marker at offset 8",)
    assert trailing_bytes("jpeg", short) == 0
    assert read_embedded("jpeg", short[:12]).problems[-1] == "jpeg: no marker at offset 8"


def test_extended_xmp_is_put_together_in_any_order():
    body = b"<x/>" * 100
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"G" * 32
    chunks = [
        (0xE1, head + struct.pack(">II", len(body), at) + body[at : at + 150])
        for at in (300, 0, 150)
    ]
    assert read_embedded("jpeg", specimens.jpeg(*chunks)).xmp == (body,)
    torn = read_embedded("jpeg", specimens.jpeg(chunks[0], chunks[1]))
    assert torn.xmp == (body[:150],)
    assert torn.problems == ("jpeg: extended XMP is incomplete, 150 of 400 bytes",)


def test_photoshop_resources_may_go_on_in_the_next_segment():
    resources = resource(0x0404, IIM)
    segments = [(0xED, b"Photoshop 3.0\0" + part) for part in (resources[:9], resources[9:])]
    assert read_embedded("jpeg", specimens.jpeg(*segments)).iptc == IIM


def test_iptc_datasets():
    assert list(read_datasets(IIM)) == [(2, 0x78, b"hello"), (2, 0x50, b"me")]
    assert list(read_datasets(IIM[:-1])) == [(2, 0x78, b"hello")]


def test_photoshop_resource_names_are_skipped():
    named = struct.pack(">4sH", b"8BIM", 0x0404) + b"\x03abc" + struct.pack(">I", 2) + b"hi"
    found = Findings()
    read_resources(memoryview(named), found)
    assert found.iptc == b"hi"


def test_png_text_of_every_kind_on_both_sides_of_the_pixels():
    chunks = [
        (b"tEXt", b"one\0caf\xe9"),
        (b"zTXt", b"two\0\0" + zlib.compress(b"packed")),
        (b"iTXt", b"three\0\1\0fr\0trois\0" + zlib.compress("été".encode())),
        (b"eXIf", EXIF),
        (b"caBX", STORE),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET),
    ]
    for after in (False, True):
        assert read_embedded("png", specimens.png(*chunks, after_pixels=after)) == Embedded(
            exif=EXIF,
            xmp=(PACKET,),
            texts=(("one", "café"), ("two", "packed"), ("three", "été")),
            c2pa=("png:caBX",),
        )


@pytest.mark.parametrize(
    ("kind", "block", "attribute"),
    [
        ("exif", b"Exif\0\0" + EXIF, "exif"),
        ("iptc", resource(0x0404, IIM), "iptc"),
        ("iptc", IIM, "iptc"),
    ],
)
def test_png_profiles_in_hexadecimal(kind, block, attribute):
    digits = block.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = b"\n" + kind.encode() + b"\n%8d\n" % len(block) + lines + b"\n"
    chunk = (b"zTXt", b"Raw profile type " + kind.encode() + b"\0\0" + zlib.compress(text))
    found = read_embedded("png", specimens.png(chunk))
    assert getattr(found, attribute) == {"exif": EXIF, "iptc": IIM}[attribute]


def test_a_png_inflation_bomb_stops_at_the_limit():
    bomb = zlib.compress(bytes(findings.MAX_BLOCK + 1))
    chunks = [(b"zTXt", b"bomb%d\0\0" % number + bomb) for number in range(20)]
    found = read_embedded("png", specimens.png(*chunks, (b"tEXt", b"after\0it")))
    assert not [text for keyword, text in found.texts if keyword != "after"]
    assert "inflates to more than" in found.problems[0]
    assert "over the limit" in found.problems[-1]


def test_webp_chunks():
    data = specimens.webp((b"EXIF", b"Exif\0\0" + EXIF), (b"XMP ", PACKET), (b"C2PA", STORE))
    assert read_embedded("webp", data) == Embedded(exif=EXIF, xmp=(PACKET,), c2pa=("webp:C2PA",))


def test_gif_extensions():
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    data = gif(
        b"\x21\xfe" + sub_blocks(b"a comment " * 40),
        b"\x21\xff\x0bXMP DataXMP" + PACKET + trailer,
        b"\x21\xff\x0bC2PA_GIF\x01\0\0" + sub_blocks(STORE),
    )
    assert read_embedded("gif", data) == Embedded(
        xmp=(PACKET,), comments=("a comment " * 40,), c2pa=("gif:C2PA_GIF",)
    )


@pytest.mark.parametrize("method", [0, 1])
def test_heif_items(method):
    assert read_embedded("heif", heif(method=method)) == Embedded(exif=EXIF, xmp=(PACKET,))


def test_boxes_of_other_files():
    uuid = box(b"uuid", C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + STORE)
    packet = box(b"uuid", XMP_UUID + PACKET)
    assert read_embedded("mp4", box(b"ftyp", b"mp42") + uuid + packet) == Embedded(
        xmp=(PACKET,), c2pa=("box:uuid",)
    )
    jxl = box(b"Exif", b"\0\0\0\6Exif\0\0" + EXIF) + box(b"xml ", PACKET) + STORE
    assert read_embedded("jxl", jxl) == Embedded(exif=EXIF, xmp=(PACKET,), c2pa=("box:jumb",))
    jp2 = box(b"uuid", b"JpgTiffExif->JP2" + EXIF)
    assert read_embedded("jp2", jp2).exif == EXIF
    movie = box(b"moov", box(b"udta", box(b"XMP_", PACKET) + bytes(4)))
    assert read_embedded("mov", movie) == Embedded(xmp=(PACKET,))


def test_cr3_keeps_its_directories_apart():
    assert read_embedded("cr3", cr3()) == Embedded(
        exif=EXIF, exif_parts={"exif": b"2", "maker_note": b"3", "gps": b"4"}
    )


def test_raf_holds_a_jpeg_file():
    assert read_embedded("raf", raf(WHOLE["jpeg"])).exif == EXIF
    cut = raf(WHOLE["jpeg"])[:200]
    assert read_embedded("raf", cut).problems == ("raf: the JPEG file lies outside the file",)
    assert read_embedded("raf", b"FUJI").problems == ("raf: no header",)


def test_boxes_with_long_and_open_sizes():
    body = C2PA_UUID + STORE
    long = struct.pack(">I4sQ", 1, b"uuid", len(body) + 16) + body
    assert read_embedded("mp4", long).c2pa == ("box:uuid",)
    assert read_embedded("mp4", struct.pack(">I4s", 0, b"uuid") + body).c2pa == ("box:uuid",)


def test_tiff_tags_and_the_file_as_exif():
    data = tiff((700, PACKET), (33723, IIM), (0xCD41, STORE))
    found = read_embedded("tiff", data)
    assert found == Embedded(exif=data, xmp=(PACKET,), iptc=IIM, c2pa=("tiff:0xcd41",))
    assert found.exif is data  # a TIFF file is not copied


@pytest.mark.parametrize("store", [STORE.replace(b"c2pa", b"abcd"), b"c2pa" + bytes(60)])
def test_one_marker_is_no_manifest_store(store):
    assert read_embedded("png", specimens.png((b"caBX", store))).c2pa == ()
    assert read_embedded("jpeg", specimens.jpeg((0xEB, specimens.app11(store)))).c2pa == ()


def test_a_second_exif_block_is_noted():
    other = specimens.exif({0x010F: "OTHER"})
    found = read_embedded("webp", specimens.webp((b"EXIF", EXIF), (b"EXIF", other)))
    assert found.exif == EXIF
    assert found.problems == ("a second EXIF block; only the first was read",)


def test_too_many_parts_are_noted(monkeypatch):
    monkeypatch.setattr(findings, "MAX_PARTS", 5)
    found = read_embedded("jpeg", specimens.jpeg(*[(0xFE, b"%d" % n) for n in range(9)]))
    assert found.comments == ("0", "1", "2", "3", "4")
    assert found.problems == ("more than 5 jpeg segments; the rest was not read",)


def test_what_comes_before_the_damage_is_kept():
    data = specimens.jpeg((0xFE, b"early"), (0xFE, b"late"))
    broken = data.replace(b"\xff\xfe\0\x06late", b"\xff\xfe\xff\xfflate")
    found = read_embedded("jpeg", broken)
    assert found.comments == ("early",)
    assert "wrong length" in found.problems[0]


def test_bytes_behind_the_picture():
    plain = specimens.jpeg((0xE1, b"Exif\0\0a thumbnail \xff\xd8\xff\xd9 inside"))
    assert trailing_bytes("jpeg", plain) == 0
    assert trailing_bytes("jpeg", plain + b"more") == 4
    assert trailing_bytes("jpeg", plain[:-2]) == 0
    assert trailing_bytes("png", specimens.picture("PNG") + b"more") == 0


def test_formats_without_metadata():
    assert read_embedded("bmp", specimens.picture("BMP")) == Embedded()


WHOLE = {
    "jpeg": specimens.jpeg(
        (0xE1, b"Exif\0\0" + EXIF),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET),
        (0xEB, specimens.app11(STORE)),
        (0xED, b"Photoshop 3.0\0" + resource(0x0404, IIM)),
    ),
    "png": specimens.png(
        (b"zTXt", b"two\0\0" + zlib.compress(b"packed")), (b"eXIf", EXIF), (b"caBX", STORE)
    ),
    "webp": specimens.webp((b"EXIF", EXIF), (b"XMP ", PACKET)),
    "gif": gif(b"\x21\xfe" + sub_blocks(b"a comment")),
    "heif": heif(),
    "cr3": cr3(),
    "tiff": tiff((700, PACKET), (33723, IIM), (0xCD41, STORE)),
}


@given(st.sampled_from(FORMATS), st.binary(max_size=2048))
@example("jpeg", b"\xff\xd8\xff\xff\xff")
@example("mp4", b"\0\0\0\1uuid\0\0")
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise(name, data):
    read_embedded(name, data)
    trailing_bytes(name, data)


@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), max_size=8),
    st.integers(0, 4000),
)
@settings(max_examples=400, deadline=None)
def test_damaged_files_never_raise_and_keep_the_limits(name, damage, cut):
    data = bytearray(WHOLE[name])
    for at, patch in damage:
        data[at % len(data) : at % len(data) + len(patch)] = patch
    found = read_embedded(name, bytes(data[: len(data) - cut % len(data)]))
    assert len(found.problems) <= findings.MAX_PROBLEMS


keywords = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=70)


@given(
    st.lists(st.tuples(keywords, st.text(st.characters(codec="utf-8"))), max_size=5), st.booleans()
)
@settings(deadline=None)
def test_png_texts_round_trip(pairs, after):
    pairs = [(key, text) for key, text in pairs if not key.startswith(("XML:", "Raw profile"))]
    data = specimens.png_with_text(*pairs, after_pixels=after)
    assert read_embedded("png", data).texts == tuple(pairs)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6))
@settings(deadline=None)
def test_jpeg_comments_round_trip(comments):
    found = read_embedded("jpeg", specimens.jpeg(*[(0xFE, comment) for comment in comments]))
    assert found.comments == tuple(findings.decode(comment) for comment in comments)
    assert found.problems == ()
