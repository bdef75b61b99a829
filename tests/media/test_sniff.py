from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tamis.media.sniff import Sniffed, sniff
from tamis.model import MediaKind


def saved(name, **options):
    out = io.BytesIO()
    Image.new("RGB", (20, 16), (10, 120, 40)).save(out, name, **options)
    return out.getvalue()


def ftyp(*brands):
    body = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + b"\0\0\0\x08free"


def tiff(tags, order="<"):
    """A TIFF with one directory of (tag, type, count, value) entries and a make behind it."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    directory = struct.pack(order + "H", len(tags))
    for tag, kind, count, value in tags:
        directory += struct.pack(order + "HHI", tag, kind, count)
        directory += value if isinstance(value, bytes) else struct.pack(order + "I", value)
    return head + directory + bytes(4) + b"\0" * (200 - len(directory)) + b"NIKON CORPORATION\0"


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    return out.getvalue()


def tarred(form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"hello"))
    return out.getvalue()


def old_tar():
    """As before POSIX: no magic, only the checksum."""
    block = bytearray(tarred()[:512])
    block[257:512] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(512)


MAKE = (0x010F, 2, 18, 8 + 2 + 200 + 2)
IMAGE = {
    "jpeg": saved("JPEG"),
    "png": saved("PNG"),
    "gif": saved("GIF"),
    "bmp": saved("BMP"),
    "webp": saved("WEBP"),
    "tiff": saved("TIFF"),
    "jp2": saved("JPEG2000"),
    "j2k": saved("JPEG2000", no_jp2=True),
    "avif": ftyp(b"avif", b"mif1", b"miaf"),
    "heif": ftyp(b"heic", b"mif1", b"heic"),
    "ico": saved("ICO", sizes=[(16, 16)]),
    "pnm": saved("PPM"),
    "jxl": b"\xff\x0a\xfa\x1f",
    "psd": b"8BPS\0\x01" + bytes(20),
    "cr3": ftyp(b"crx ", b"isom"),
    "cr2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(40),
    "raf": b"FUJIFILMCCD-RAW 0201",
    "orf": b"IIRO\x08\0\0\0",
    "rw2": b"IIU\0\x18\0\0\0",
    "crw": b"II\x1a\0\0\0HEAPCCDR",
    "dng": tiff([(0xC612, 1, 4, 0x00000401)]),
    "nef": tiff([(0x00FE, 4, 1, 1), MAKE, (0x014A, 4, 2, 500)]),
}
OTHERS = {
    MediaKind.VIDEO: {
        "mp4": ftyp(b"isom", b"mp42"),
        "mov": ftyp(b"qt  "),
        "m4v": ftyp(b"M4V ", b"mp42"),
        "3gp": ftyp(b"3gp5", b"isom"),
        "mkv": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska",
        "webm": b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm",
        "avi": b"RIFF\x10\0\0\0AVI LIST",
        "flv": b"FLV\x01\x05\0\0\0\x09",
        "asf": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        "mpegts": (b"\x47" + bytes(187)) * 4,
        "mpeg": b"\0\0\x01\xba\x44\0",
        "ogv": b"OggS\0\x02" + bytes(22) + b"\x80theora",
    },
    MediaKind.ARCHIVE: {
        "zip": zipped(),
        "tar": tarred(),
        "gz": gzip.compress(b"hello"),
        "bz2": b"BZh91AY&SY\x19\x31",
        "xz": b"\xfd7zXZ\0\0\x04",
        "zst": b"\x28\xb5\x2f\xfd\x04\0",
        "7z": b"7z\xbc\xaf\x27\x1c\0\x04",
        "rar": b"Rar!\x1a\x07\x01\0",
    },
    MediaKind.OTHER: {
        "empty": b"",
        "pdf": b"%PDF-1.7\n%\xe2\xe3",
        "elf": b"\x7fELF\x02\x01\x01" + bytes(20),
        "pe": b"MZ\x90\0" + bytes(80),
        "sqlite": b"SQLite format 3\0\x10\0",
        "wav": b"RIFF\x10\0\0\0WAVEfmt ",
        "mp3": b"ID3\x04\0\0",
        "flac": b"fLaC\0\0\0\x22",
        "ogg": b"OggS\0\x02" + bytes(22) + b"\x01vorbis",
        "m4a": ftyp(b"M4A ", b"isom"),
        "json": b'{"a": [1, 2]}',
        "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "xml": b'<?xml version="1.0"?><root/>',
        "html": b"\n<!DOCTYPE html><html></html>",
        "text": "Un été à Besançon\n".encode(),
        "unknown": b"\0\x01\x02\x03" * 9,
    },
}


@pytest.mark.parametrize("name", IMAGE)
def test_images(name):
    assert sniff(IMAGE[name]).format == name
    assert sniff(IMAGE[name]).kind is MediaKind.IMAGE
    assert sniff(IMAGE[name]).mime.startswith("image/")


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in OTHERS.items() for name in names]
)
def test_all_else(kind, name):
    sniffed = sniff(OTHERS[kind][name])
    assert (sniffed.format, sniffed.kind) == (name, kind)


def test_a_file_that_is_two_things_is_an_image():
    assert sniff(IMAGE["jpeg"] + zipped()).format == "jpeg"
    in_tar = bytearray(tarred())
    in_tar[:4] = b"\xff\xd8\xff\xe0"
    assert sniff(bytes(in_tar)).format == "jpeg"
    gif_in_mp4_order = b"GIF8" + b"9a" + bytes(300)
    assert sniff(gif_in_mp4_order).format == "gif"
    jpeg_with_ftyp = b"\xff\xd8\xff\xe0ftypisom" + bytes(20)
    assert sniff(jpeg_with_ftyp).format == "jpeg"


def test_an_image_behind_an_archive_is_an_archive():
    assert sniff(zipped() + IMAGE["jpeg"]).kind is MediaKind.ARCHIVE


def test_animated_png_says_so_in_its_media_type_only():
    frames = [Image.new("RGB", (8, 8), (0, level, 0)) for level in (0, 200)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert sniff(out.getvalue()) == Sniffed("png", "image/apng", MediaKind.IMAGE)
    assert sniff(IMAGE["png"]).mime == "image/png"


def test_tar_from_before_posix():
    assert sniff(old_tar()).format == "tar"
    broken = bytearray(old_tar())
    broken[0] ^= 1
    assert sniff(bytes(broken)).format != "tar"


def test_tiff_saved_by_the_maker_of_a_camera_is_no_raw():
    assert sniff(tiff([MAKE, (0x0106, 3, 1, 2)])).format == "tiff"


def test_generic_brand_is_told_by_the_others():
    assert sniff(ftyp(b"mif1", b"avif", b"miaf")).format == "avif"
    assert sniff(ftyp(b"mif1", b"heic")).format == "heif"
    assert sniff(ftyp(b"isom", b"avif")).format == "avif"


def test_quicktime_from_before_ftyp():
    assert sniff(struct.pack(">I", 5000) + b"mdat" + bytes(64)).format == "mov"


def test_text_may_end_within_a_character_and_starts_like_no_bitmap():
    assert sniff("é".encode() * 9 + b"\xc3").format == "text"
    assert sniff(b"BMW and other makers of cars").format == "text"
    assert sniff(b"\xc3\xc3\xc3\xc3\xc3\xc3").format == "unknown"
    assert sniff("\ufeffhello".encode("utf-16-le")).format == "text"


@given(st.binary(max_size=700))
def test_any_bytes_have_a_name(data):
    sniffed = sniff(data)
    assert sniffed.kind in MediaKind
    assert "/" in sniffed.mime


@given(st.sampled_from(sorted(IMAGE)), st.integers(0, 600), st.binary(min_size=1, max_size=8))
def test_damaged_heads_never_raise(name, at, garbage):
    data = bytearray(IMAGE[name])
    data[at : at + len(garbage)] = garbage
    assert sniff(bytes(data)).format
    assert sniff(bytes(data[:at])).format
