"""PNG (W3C, third edition): every chunk up to IEND, since text may follow the pixels."""

from __future__ import annotations

import binascii
import zlib
from typing import TYPE_CHECKING

from tamis.media.containers.findings import MAX_BLOCK
from tamis.media.containers.photoshop import read_resources

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = "XML:com.adobe.xmp"

_MAX_KEYWORD = 79
_MAX_PIXEL_CHUNKS = 1 << 16
_MAX_EXPANSION = 1032  # of deflate
_RAW_PROFILE = "Raw profile type "
_OF_PIXELS = (b"tRNS", b"acTL", b"fcTL", b"fdAT")


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata chunks of a PNG file."""
    if bytes(view[:8]) != SIGNATURE:
        found.problem("png: no signature")
        return
    position, pixel_chunks = 8, 0
    while position + 12 <= len(view):
        size = int.from_bytes(view[position : position + 4], "big")
        kind = bytes(view[position + 4 : position + 8])
        end = position + 8 + size
        if end + 4 > len(view):
            found.problem(f"png: the chunk at offset {position} has a wrong length")
            return
        if kind in (b"IDAT", b"fdAT"):  # large pictures are cut into very many
            pixel_chunks += 1
            if pixel_chunks > _MAX_PIXEL_CHUNKS:
                found.problem(f"more than {_MAX_PIXEL_CHUNKS} pixel chunks; the rest was not read")
                return
        elif kind == b"IEND" or not found.next_part("png chunks"):
            return
        _read_chunk(kind, view[position + 8 : end], found)
        position = end + 4
    found.problem("png: the file ends without IEND")


def without_metadata(data: bytes) -> bytes:
    """Return a PNG file with those chunks only that its pixels depend on.

    A decoder reads texts and profiles too, and gives the picture up where they are too large: so
    they could hide it. What cannot be told apart at the end of a damaged file is kept.
    """
    view = memoryview(data)
    kept = [view[:8]]
    position = 8
    while position + 12 <= len(view):
        size = int.from_bytes(view[position : position + 4], "big")
        kind = bytes(view[position + 4 : position + 8])
        end = position + 12 + size
        if end > len(view):
            break
        if kind[:1].isupper() or kind in _OF_PIXELS:
            kept.append(view[position:end])
        position = end
    return b"".join((*kept, view[position:]))


def _read_chunk(kind: bytes, body: memoryview, found: Findings) -> None:
    if kind in (b"tEXt", b"zTXt", b"iTXt"):
        _read_text(kind, body, found)
    elif kind == b"eXIf":
        found.add_exif(body)
    elif kind == b"caBX":
        found.add_c2pa("png:caBX", body)


def _read_text(kind: bytes, body: memoryview, found: Findings) -> None:
    name, separator, _ = bytes(body[: _MAX_KEYWORD + 1]).partition(b"\0")
    if not separator:
        found.problem(f"png: a {kind.decode()} chunk without keyword")
        return
    keyword = name.decode("latin-1")
    rest: bytes | memoryview | None = body[len(name) + 1 :]
    if kind == b"zTXt":
        rest = _inflate(body[len(name) + 2 :], keyword, found)
    elif kind == b"iTXt":
        rest = _international(body[len(name) + 1 :], keyword, found)
    if rest is None:
        return
    if keyword == XMP_KEYWORD:
        found.add_xmp(rest)
    elif keyword.startswith(_RAW_PROFILE):
        _read_profile(keyword[len(_RAW_PROFILE) :], rest, found)
    else:
        found.add_text(keyword, rest)


def _international(body: memoryview, keyword: str, found: Findings) -> bytes | memoryview | None:
    """Return the text of an iTXt chunk: flag, method, language, translated keyword, text."""
    raw = bytes(body[:1024])
    language = raw.find(b"\0", 2)
    translated = raw.find(b"\0", language + 1)
    if len(raw) < 2 or language < 0 or translated < 0:
        found.problem(f"png: iTXt {keyword!r} is malformed")
        return None
    text = body[translated + 1 :]
    return _inflate(text, keyword, found) if raw[0] else text


def _inflate(body: memoryview, keyword: str, found: Findings) -> bytes | None:
    """Inflate a compressed text within the limits."""
    limit = found.left
    if limit == 0:
        found.problem(f"png: text {keyword!r} is over the limit; not read")
        return None
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(body, limit)
    except zlib.error as error:
        found.copied += min(limit, len(body) * _MAX_EXPANSION)
        found.problem(f"png: text {keyword!r} does not inflate ({error})")
        return None
    found.copied += len(text)
    if engine.unconsumed_tail:
        found.problem(f"png: text {keyword!r} inflates to more than {limit} bytes; not read")
        return None
    if not engine.eof:
        found.problem(f"png: text {keyword!r} ends early")
    return text


def _read_profile(kind: str, text: bytes | memoryview, found: Findings) -> None:
    """Read a hexadecimal profile as ImageMagick writes it: newline, name, length, digits."""
    if len(text) > MAX_BLOCK:
        found.problem(f"png: profile {kind!r} is over the limit; not read")
        return
    parts = bytes(text).split(None, 2)
    try:
        block = binascii.unhexlify(b"".join(parts[2].split()))
    except (IndexError, binascii.Error):
        found.problem(f"png: profile {kind!r} is malformed")
        return
    if block.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        found.add_xmp(block[29:])
    elif kind in ("exif", "APP1"):
        found.add_exif(block)
    elif kind == "xmp":
        found.add_xmp(block)
    elif kind in ("iptc", "8bim"):
        if block.startswith(b"8BIM"):
            read_resources(memoryview(block), found)
        else:
            found.add_iptc(block)
