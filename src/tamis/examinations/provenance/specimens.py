"""Benign files made in code, with metadata of every kind: for the examples of the examinations."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXIF_IFD = 0x8769
_C2PA_DESCRIPTION = (
    bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\0"  # type, toggles and label
)


def picture(kind: str) -> bytes:
    """Return a small plain picture, in a Pillow format such as ``JPEG``."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (96, 128, 160)).save(buffer, kind)
    return buffer.getvalue()


def tiles(bits: Sequence[bool]) -> bytes:
    """Return a PNG of tiles of 8 × 8 pixels, grey or bluish as the next of `bits` over and over."""
    side = 32
    small = Image.new("RGB", (side, side), (128, 128, 128))
    for number in range(side * side):
        if bits[number % len(bits)]:
            small.putpixel((number % side, number // side), (128, 128, 158))
    buffer = io.BytesIO()
    small.resize((8 * side, 8 * side), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def exif(
    main: Mapping[int, str | int] | None = None, details: Mapping[int, object] | None = None
) -> bytes:
    """Return an EXIF block without prefix, from tags of the first and of the EXIF directory."""
    block = Image.Exif()
    block.update(main or {})
    block.get_ifd(_EXIF_IFD).update(details or {})
    return block.tobytes().removeprefix(b"Exif\0\0")


def tiff_block(
    *directories: dict[int, tuple[int, int, bytes]], pointers: Mapping[int, int] | None = None
) -> bytes:
    """Return a little-endian TIFF structure with several directories, byte for byte.

    Args:
        directories: tag to (type, count, value); the first is the main one.
        pointers: tag of the first directory to the number of the directory it points to.
    """
    pointers = pointers or {}
    sizes = [
        2
        + 12 * (len(entries) + (len(pointers) if not number else 0))
        + 4
        + sum(len(value) + len(value) % 2 for _, _, value in entries.values() if len(value) > 4)
        for number, entries in enumerate(directories)
    ]
    starts = [8 + sum(sizes[:number]) for number in range(len(sizes))]
    data = b"II*\0" + (8).to_bytes(4, "little")
    for number, entries in enumerate(directories):
        if number == 0:
            entries |= {
                tag: (4, 1, starts[target].to_bytes(4, "little"))
                for tag, target in pointers.items()
            }
        data += _directory(dict(sorted(entries.items())), starts[number])
    return data


def _directory(entries: Mapping[int, tuple[int, int, bytes]], start: int) -> bytes:
    body, tail = b"", b""
    behind = start + 2 + 12 * len(entries) + 4
    for tag, (kind, count, value) in entries.items():
        held = value.ljust(4, b"\0")
        if len(value) > 4:
            held = (behind + len(tail)).to_bytes(4, "little")
            tail += value + b"\0" * (len(value) % 2)
        body += tag.to_bytes(2, "little") + kind.to_bytes(2, "little")
        body += count.to_bytes(4, "little") + held
    return len(entries).to_bytes(2, "little") + body + bytes(4) + tail


def text_entry(text: str) -> tuple[int, int, bytes]:
    """Return type, count and value of an ASCII entry."""
    value = text.encode() + b"\0"
    return 2, len(value), value


def rationals(*terms: int) -> tuple[int, int, bytes]:
    """Return type, count and value of an entry of unsigned rationals."""
    value = b"".join(term.to_bytes(4, "little") for term in terms)
    return 5, len(terms) // 2, value


def full_exif() -> bytes:
    """Return an EXIF block with everything a camera writes, a maker note of Panasonic's layout."""
    note = b"Panasonic\0\0\0\1\0" + (0x25).to_bytes(2, "little") + b"\x02\0\4\0\0\0X12\0"
    main = {
        0x010E: text_entry("A bridge over a river"),
        0x010F: text_entry("ACME"),
        0x0110: text_entry("Obscura 1"),
        0x0131: text_entry("Ver.1.2"),
        0x0132: text_entry("2024:05:07 08:09:10"),
        0x013B: text_entry("A. Photographer"),
        0x8298: text_entry("No rights reserved"),
    }
    comment = b"ASCII\0\0\0By hand"
    details = {
        0x829A: rationals(1, 125),
        0x829D: rationals(28, 10),
        0x8827: (3, 1, (200).to_bytes(2, "little")),
        0x9003: text_entry("2024:05:06 07:08:09"),
        0x9011: text_entry("+02:00"),
        0x9209: (3, 1, (16).to_bytes(2, "little")),
        0x920A: rationals(50, 1),
        0x927C: (7, len(note), note),
        0x9286: (7, len(comment), comment),
        0x9291: text_entry("25"),
        0xA430: text_entry("A. Owner"),
        0xA431: text_entry("1234567"),
        0xA432: rationals(50, 1, 50, 1, 18, 10, 18, 10),
        0xA433: text_entry("ACME"),
        0xA434: text_entry("50mm f/1.8"),
        0xA435: text_entry("7654321"),
        0xA439: text_entry("1.2.3"),
    }
    place = {
        1: text_entry("S"),
        2: rationals(33, 1, 51, 1, 30, 1),
        3: text_entry("W"),
        4: rationals(70, 1, 36, 1, 0, 1),
        5: (1, 1, b"\0"),
        6: rationals(5201, 10),
        7: rationals(5, 1, 8, 1, 925, 100),
        0x1D: text_entry("2024:05:06"),
    }
    return tiff_block(main, details, place, pointers={0x8769: 1, 0x8825: 2})


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """Return a JPEG file with these (marker, body) segments in front of its own."""
    plain = picture("JPEG")
    parts = [
        b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2, "big") + body
        for marker, body in segments
    ]
    return plain[:2] + b"".join(parts) + plain[2:]


def jpeg_with_exif(block: bytes) -> bytes:
    """Return a JPEG file with an EXIF block."""
    return jpeg((0xE1, b"Exif\0\0" + block))


def jpeg_with_xmp(packet: bytes) -> bytes:
    """Return a JPEG file with an XMP packet."""
    return jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def iptc_block(datasets: Mapping[int, bytes]) -> bytes:
    """Return an IPTC-IIM block with these datasets of record 2."""
    return b"".join(
        b"\x1c\2" + bytes([number]) + len(value).to_bytes(2, "big") + value
        for number, value in datasets.items()
    )


def jpeg_with_iptc(datasets: Mapping[int, bytes]) -> bytes:
    """Return a JPEG file with an IPTC-IIM block."""
    block = iptc_block(datasets)
    resource = b"8BIM\4\4\0\0" + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2)
    return jpeg((0xED, b"Photoshop 3.0\0" + resource))


def png(*chunks: tuple[bytes, bytes], after_pixels: bool = False) -> bytes:
    """Return a PNG file with these (type, body) chunks before or behind its pixels."""
    plain = picture("PNG")
    parts = b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in chunks
    )
    at = len(plain) - 12 if after_pixels else 33  # before IEND, or behind IHDR
    return plain[:at] + parts + plain[at:]


def png_with_text(*texts: tuple[str, str], after_pixels: bool = False) -> bytes:
    """Return a PNG file with (keyword, text) chunks."""
    chunks = [
        (b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8"))
        for keyword, text in texts
    ]
    return png(*chunks, after_pixels=after_pixels)


def png_with_hidden_text(
    text: str, *, in_alpha: bool, compressed: bool = False, side: int = 128
) -> bytes:
    """Return a square PNG with a text in the lowest bits of alpha, or else of its colours."""
    raw = text.encode("utf-8")
    raw = gzip.compress(raw, mtime=0) if compressed else raw
    magic = f"stealth_{'png' if in_alpha else 'rgb'}{'comp' if compressed else 'info'}"
    return png_with_hidden_bytes(
        magic.encode() + (8 * len(raw)).to_bytes(4, "big") + raw, in_alpha=in_alpha, side=side
    )


def png_with_hidden_bytes(raw: bytes, *, in_alpha: bool, side: int = 128) -> bytes:
    """Return a square PNG with these bytes in its lowest bits, column by column."""
    mode, colour = ("RGBA", (96, 128, 160, 254)) if in_alpha else ("RGB", (96, 128, 160))
    image = Image.new(mode, (side, side), colour)
    bits = "".join(f"{byte:08b}" for byte in raw)
    each = 1 if in_alpha else 3
    for number in range(0, len(bits), each):
        place = divmod(number // each, side)
        part = bits[number : number + each].ljust(each, "0")
        changed = [int(bit) for bit in part]
        values = [0, 0, 0, *changed] if in_alpha else changed
        image.putpixel(place, tuple(base + bit for base, bit in zip(colour, values, strict=True)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP file with these (type, body) chunks behind its pixels."""
    body = picture("WEBP")[12:]
    for kind, data in chunks:
        body += kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def mp4(*tags: tuple[str, str]) -> bytes:
    """Return an MP4 file without any track, with (name, text) tags as FFmpeg writes them."""
    handler = _box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    names = b"".join(_box(b"mdta", name.encode()) for name, _ in tags)
    keys = _box(b"keys", bytes(4) + len(tags).to_bytes(4, "big") + names)
    items = b"".join(
        _box(
            number.to_bytes(4, "big"),
            _box(b"data", (1).to_bytes(4, "big") + bytes(4) + text.encode()),
        )
        for number, (_, text) in enumerate(tags, start=1)
    )
    meta = _box(b"meta", bytes(4) + handler + keys + _box(b"ilst", items))
    brand = _box(b"ftyp", b"isom" + bytes(4) + b"isomiso2")
    return brand + _box(b"moov", _box(b"udta", meta))


def user_comment(text: str) -> bytes:
    """Return an EXIF UserComment in Unicode."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def manifest_store() -> bytes:
    """Return an empty C2PA manifest store: a JUMBF box with its description only."""
    description = _box(b"jumd", _C2PA_DESCRIPTION)
    return _box(b"jumb", description)


def app11(store: bytes) -> bytes:
    """Return the body of the JPEG APP11 segment that holds a manifest store."""
    return b"JP\0\1\0\0\0\1" + store


def xmp_packet(attributes: str) -> bytes:
    """Return an XMP packet whose description has these attributes."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" '
        f'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {attributes}/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body
