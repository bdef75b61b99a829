"""What a file is, by its first bytes; its name is never asked.

Signatures: the formats' own specifications, as collected by the shared MIME-info database
(freedesktop.org) and the IANA media type registry. Where a file carries two signatures, an image
comes first: a JPEG with a ZIP behind it, or with a tar header at offset 257, is an image.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tamis.media import iso_media, tiff
from tamis.model import MediaKind

_IMAGE, _VIDEO, _ARCHIVE, _OTHER = (
    MediaKind.IMAGE,
    MediaKind.VIDEO,
    MediaKind.ARCHIVE,
    MediaKind.OTHER,
)

_MIME: dict[MediaKind, dict[str, str]] = {
    _IMAGE: {
        "jpeg": "image/jpeg",
        "png": "image/png",
        "gif": "image/gif",
        "bmp": "image/bmp",
        "webp": "image/webp",
        "tiff": "image/tiff",
        "heif": "image/heif",
        "avif": "image/avif",
        "jp2": "image/jp2",
        "j2k": "image/j2c",
        "jxl": "image/jxl",
        "psd": "image/vnd.adobe.photoshop",
        "ico": "image/vnd.microsoft.icon",
        "cur": "image/x-win-bitmap",
        "pnm": "image/x-portable-anymap",
        "qoi": "image/qoi",
        "exr": "image/x-exr",
        "hdr": "image/vnd.radiance",
        "dds": "image/vnd.ms-dds",
        "dng": "image/x-adobe-dng",
        "cr2": "image/x-canon-cr2",
        "cr3": "image/x-canon-cr3",
        "crw": "image/x-canon-crw",
        "nef": "image/x-nikon-nef",
        "arw": "image/x-sony-arw",
        "raf": "image/x-fuji-raf",
        "orf": "image/x-olympus-orf",
        "rw2": "image/x-panasonic-rw2",
        "pef": "image/x-pentax-pef",
        "srw": "image/x-samsung-srw",
        "kdc": "image/x-kodak-kdc",
        "mrw": "image/x-minolta-mrw",
        "x3f": "image/x-sigma-x3f",
        "iiq": "image/x-phaseone-iiq",
    },
    _VIDEO: {
        "mp4": "video/mp4",
        "mov": "video/quicktime",
        "m4v": "video/x-m4v",
        "3gp": "video/3gpp",
        "mkv": "video/matroska",
        "webm": "video/webm",
        "avi": "video/vnd.avi",
        "flv": "video/x-flv",
        "asf": "video/x-ms-asf",
        "mpegts": "video/mp2t",
        "mpeg": "video/mpeg",
        "ogv": "video/ogg",
        "rm": "application/vnd.rn-realmedia",
    },
    _ARCHIVE: {
        "zip": "application/zip",
        "tar": "application/x-tar",
        "gz": "application/gzip",
        "bz2": "application/x-bzip2",
        "xz": "application/x-xz",
        "zst": "application/zstd",
        "7z": "application/x-7z-compressed",
        "rar": "application/vnd.rar",
        "cab": "application/vnd.ms-cab-compressed",
        "lz4": "application/x-lz4",
    },
    _OTHER: {
        "empty": "application/x-empty",
        "pdf": "application/pdf",
        "elf": "application/x-elf",
        "pe": "application/vnd.microsoft.portable-executable",
        "macho": "application/x-mach-binary",
        "sqlite": "application/vnd.sqlite3",
        "ole": "application/x-ole-storage",
        "wav": "audio/vnd.wave",
        "mp3": "audio/mpeg",
        "flac": "audio/flac",
        "ogg": "audio/ogg",
        "m4a": "audio/mp4",
        "midi": "audio/midi",
        "aiff": "audio/aiff",
        "amr": "audio/amr",
        "json": "application/json",
        "svg": "image/svg+xml",
        "xml": "application/xml",
        "html": "text/html",
        "text": "text/plain",
        "unknown": "application/octet-stream",
    },
}
_KIND = {name: kind for kind, names in _MIME.items() for name in names}

# Both: (offset, magic, format).
_IMAGE_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51", "j2k"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"8BPS\0", "psd"),
    (0, b"FUJIFILMCCD-RAW", "raf"),
    (0, b"II\x1a\0\0\0HEAPCCDR", "crw"),
    (0, b"IIRO", "orf"),
    (0, b"IIRS", "orf"),
    (0, b"MMOR", "orf"),
    (0, b"IIU\0", "rw2"),
    (0, b"\0MRM", "mrw"),
    (0, b"FOVb", "x3f"),
    (0, b"qoif", "qoi"),
    (0, b"\x76\x2f\x31\x01", "exr"),
    (0, b"#?RADIANCE", "hdr"),
    (0, b"DDS \x7c\0\0\0", "dds"),
)
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"\0\0\x01\xba", "mpeg"),
    (0, b"\0\0\x01\xb3", "mpeg"),
    (0, b".RMF", "rm"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08", "zip"),
    (0, b"\x1f\x8b\x08", "gz"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zst"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"MSCF\0\0\0\0", "cab"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (257, b"ustar", "tar"),
    (0, b"\x7fELF", "elf"),
    (0, b"\xcf\xfa\xed\xfe", "macho"),
    (0, b"\xce\xfa\xed\xfe", "macho"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"ID3", "mp3"),
    (0, b"fLaC", "flac"),
    (0, b"MThd\0\0\0\x06", "midi"),
    (0, b"#!AMR", "amr"),
    (0, b"%PDF-", "pdf"),
)
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_RIFF = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_PNM = re.compile(rb"P[1-6][ \t\r\n]+(?:#|[0-9])|P7\n|P[Ff]\n")
_MPEG_AUDIO = re.compile(rb"\xff[\xfb\xfa\xf3\xf2\xe3\xe2]")
_MARKUP = (
    (re.compile(rb"<!doctype html|<html|<head|<body", re.IGNORECASE), "html"),
    (re.compile(rb"<svg[\s>]|<!DOCTYPE svg"), "svg"),
    (re.compile(rb"<\?xml|<[A-Za-z_][\w:.-]*[\s/>]"), "xml"),
)
_JSON = re.compile(rb"[{\[]\s*(?:[\"{}\[\]\d-]|true|false|null)")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes say.

    Args:
        format: lower case, e.g. ``jpeg``, ``heif``, ``mp4``, ``zip``, ``text``, ``unknown``.
        mime: its media type.
        kind: image, video, archive or other.
    """

    format: str
    mime: str
    kind: MediaKind


def sniff(head: bytes) -> Sniffed:
    """Say what a file is; `head` is its beginning, 64 KiB or the whole file if smaller."""
    name = _name(head)
    kind = _KIND[name]
    mime = _MIME[kind][name]
    if name == "png" and b"acTL" in head[: max(0, head.find(b"IDAT"))]:
        mime = "image/apng"
    return Sniffed(name, mime, kind)


def _name(head: bytes) -> str:
    if not head:
        return "empty"
    return (
        _signature(head, _IMAGE_SIGNATURES)
        or tiff.raw_or_tiff(head)
        or _weak_image(head)
        or iso_media.format_of(head)
        or _signature(head, _SIGNATURES)
        or _container(head)
        or _text(head)
        or "unknown"
    )


def _weak_image(head: bytes) -> str | None:
    """Images whose two or four magic bytes alone would fit other files as well."""
    if head[:2] == b"BM" and len(head) >= 18:
        if int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
            return "bmp"
    elif head[:4] in (b"\0\0\x01\0", b"\0\0\x02\0") and len(head) >= 22:
        count = int.from_bytes(head[4:6], "little")
        start = int.from_bytes(head[18:22], "little")
        if count and head[9] == 0 and start >= 6 + 16 * count:
            return "ico" if head[2] == 1 else "cur"
    elif _PNM.match(head):
        return "pnm"
    return None


def _signature(head: bytes, signatures: tuple[tuple[int, bytes, str], ...]) -> str | None:
    for offset, magic, name in signatures:
        if head.startswith(magic, offset):
            return name
    return None


def _container(head: bytes) -> str | None:
    """Containers whose signature is in two places."""
    if head.startswith((b"RIFF", b"RIFX")):
        return _RIFF.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:128] else "mkv"
    if head.startswith(b"OggS"):
        video = (b"\x80theora", b"OVP80", b"BBCD\0", b"\x01video\0\0\0")
        return "ogv" if any(mark in head[:4096] for mark in video) else "ogg"
    if _is_transport_stream(head):
        return "mpegts"
    if _BZIP2.match(head):
        return "bz2"
    if head.startswith(b"MZ") and len(head) >= 64:
        return "pe"
    if _MPEG_AUDIO.match(head):
        return "mp3"
    if _is_old_tar(head):
        return "tar"
    return None


def _is_transport_stream(head: bytes) -> bool:
    """ISO/IEC 13818-1: a sync byte every 188 bytes, or every 192 after 4 (Blu-ray)."""
    return any(
        len(head) > start + 2 * step
        and all(head[start + packet * step] == 0x47 for packet in range(3))
        for start, step in ((0, 188), (4, 192))
    )


def _is_old_tar(head: bytes) -> bool:
    """A tar from before POSIX has no magic; its header checksum has to add up."""
    block = head[:512]
    if len(block) < 512 or not block[0]:
        return False
    try:
        stated = int(block[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 8 * 0x20 + sum(block[156:])


def _text(head: bytes) -> str | None:
    """Plain text and markup, in UTF-8 or with a byte order mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text" if len(head) % 2 == 0 and b"\0\0" not in head else None
    body = head.removeprefix(b"\xef\xbb\xbf")
    if re.search(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]", body):
        return "pdf" if b"%PDF-" in head[:1024] else None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # the head may end in the middle of a character
        if error.start < len(body) - 3 or "unexpected end" not in error.reason:
            return None
    start = body.lstrip()[:1024]
    if start.startswith(b"<"):
        for pattern, name in _MARKUP[:2]:
            if pattern.search(start):
                return name
        return "xml" if _MARKUP[2][0].match(start) else "text"
    return "json" if _JSON.match(start) else "text"
