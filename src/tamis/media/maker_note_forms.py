"""The maker notes whose layout is known: how each is told, where its directory lies, what it says.

Tag numbers and layouts are facts found by many people and collected in the tag tables of ExifTool
(https://exiftool.org/TagNames/) and Exiv2 (https://exiv2.org/makernote.html); no code of theirs is
used. Only tags with a serial number, a lens, a firmware, an owner, a count or a picture's own
identifier are listed: who made the picture, with what.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

Reading = Literal[
    "text", "digits", "number", "serial", "lens_serial", "four", "fifth", "hex", "version", "bytes"
]
"""How a value is read: see `tamis.media.maker_note`."""

Tags = dict[int, tuple[str, Reading]]


class Form(NamedTuple):
    """One layout of maker notes.

    Args:
        maker: as it is called in observations.
        signature: of the first bytes of the note.
        make: beginning of the EXIF Make in lower case, where the signature does not suffice.
        start: of the directory, in bytes from the beginning of the note.
        base: what offsets in it count from: the TIFF header in front of it, or the note, in bytes
            from its beginning (a TIFF header of its own for Nikon).
        order: byte order; None: that of the file, unless only the other makes sense.
        tags: what is read of the directory.
        nested: tag that points to a directory of its own, to what is read of that.
    """

    maker: str
    signature: re.Pattern[bytes]
    tags: Tags
    make: str = ""
    start: int = 0
    base: int | None = None
    order: Literal["little", "big"] | None = None
    nested: Mapping[int, Tags] = MappingProxyType({})

    @property
    def wanted(self) -> Container[int]:
        """The tags that are looked at."""
        return self.tags.keys() | self.nested.keys()


class Plain(NamedTuple):
    """A maker note without a directory, of which one fact is read.

    Args:
        maker: as it is called in observations.
        signature: of the first bytes of the note.
        fact: what is read.
        value: of the note from its beginning; the first group is the fact.
        make: as in `Form`.
        wide: whether the text is UTF-16, little-endian.
    """

    maker: str
    signature: re.Pattern[bytes]
    fact: str
    value: re.Pattern[bytes]
    make: str = ""
    wide: bool = False


_CANON: Tags = {
    0x0006: ("image_type", "text"),
    0x0007: ("firmware", "text"),
    0x0009: ("owner", "text"),
    0x000C: ("serial", "serial"),
    0x0010: ("model_id", "number"),
    0x0028: ("image_id", "hex"),
    0x0095: ("lens", "text"),
    0x0096: ("internal_serial", "text"),
    0x4019: ("lens_serial", "lens_serial"),
}
_NIKON: Tags = {
    0x001D: ("serial", "text"),
    0x0082: ("auxiliary_lens", "text"),
    0x0084: ("lens_specification", "four"),
    0x00A0: ("serial", "text"),
    0x00A7: ("shutter_count", "number"),
}
_OLYMPUS: Tags = {
    0x0207: ("firmware", "text"),
    0x0209: ("camera_id", "text"),
    0x020D: ("software", "text"),
    0x0404: ("serial", "text"),
    0x101A: ("serial", "text"),
}
_OLYMPUS_EQUIPMENT: Tags = {
    0x0100: ("camera_id", "text"),
    0x0101: ("serial", "text"),
    0x0102: ("internal_serial", "text"),
    0x0104: ("firmware", "number"),
    0x0202: ("lens_serial", "text"),
    0x0203: ("lens", "text"),
    0x0204: ("lens_firmware", "number"),
    0x0302: ("extender_serial", "text"),
}
_PANASONIC: Tags = {
    0x0002: ("firmware", "version"),
    0x0025: ("internal_serial", "text"),
    0x0051: ("lens", "text"),
    0x0052: ("lens_serial", "text"),
}
_PENTAX: Tags = {
    0x0005: ("model_id", "number"),
    0x0215: ("internal_serial", "fifth"),
    0x0229: ("serial", "text"),
}
_RICOH: Tags = {0x0002: ("firmware", "text"), 0x0005: ("serial", "bytes")}
_SONY: Tags = {
    0xB001: ("model_id", "number"),
    0xB027: ("lens_id", "number"),
}
_SAMSUNG: Tags = {
    0x0003: ("model_id", "number"),
    0xA001: ("firmware", "text"),
    0xA002: ("serial", "text"),
    0xA005: ("lens_serial", "text"),
}
_SIGMA: Tags = {
    0x0002: ("serial", "text"),
    0x000A: ("lens", "text"),
    0x0017: ("firmware", "text"),
    0x0018: ("software", "text"),
}
_APPLE: Tags = {
    0x0011: ("content_id", "text"),
    0x0015: ("image_id", "text"),
}
_CASIO: Tags = {0x0015: ("firmware", "digits"), 0x2001: ("firmware", "digits")}
_DJI: Tags = {0x0001: ("make", "text")}
_KODAK_SHOT: Tags = {0xFA19: ("serial", "text")}


def _begins(signature: bytes) -> re.Pattern[bytes]:
    return re.compile(signature, re.DOTALL)


_ANY = _begins(rb"")
_WIDE = rb"((?:[A-Z0-9]\0){4,15})"

FORMS: tuple[Form, ...] = (
    Form("Apple", _begins(rb"Apple iOS\0"), _APPLE, start=14, base=0, order="big"),
    Form("Nikon", _begins(rb"Nikon\0\x02"), _NIKON, start=18, base=10),
    Form("Nikon", _begins(rb"Nikon\0\x01"), {}, start=8),
    Form("Nikon", _ANY, _NIKON, make="nikon"),
    Form("Canon", _ANY, _CANON, make="canon"),
    Form(
        "Olympus",
        _begins(rb"OM SYSTEM\0"),
        _OLYMPUS,
        start=16,
        base=0,
        nested={0x2010: _OLYMPUS_EQUIPMENT},
    ),
    Form(
        "Olympus",
        _begins(rb"OLYMPUS\0"),
        _OLYMPUS,
        start=12,
        base=0,
        nested={0x2010: _OLYMPUS_EQUIPMENT},
    ),
    Form(
        "Olympus",
        _begins(rb"(OLYMP|EPSON)\0"),
        _OLYMPUS,
        start=8,
        nested={0x2010: _OLYMPUS_EQUIPMENT},
    ),
    Form("Minolta", _begins(rb"(MINOL|CAMER)\0"), {}, start=8),
    Form("Panasonic", _begins(rb"Panasonic\0"), _PANASONIC, start=12),
    # Of Leica's own make, with other tags; those with the Make LEICA are made by Panasonic.
    Form("Leica", _begins(rb"LEICA\0\0\0"), {}, make="leica camera", start=8),
    Form("Leica", _begins(rb"LEICA\0\0\0"), _PANASONIC, make="leica", start=8),
    Form("Fujifilm", _begins(rb"FUJIFILM"), {0x0010: ("internal_serial", "text")}, start=12,
         base=0, order="little"),
    Form("Pentax", _begins(rb"PENTAX \0"), _PENTAX, start=10, base=0),
    Form("Pentax", _begins(rb"AOC\0"), _PENTAX, start=6),
    Form("Ricoh", _begins(rb"RICOH\0(II|MM)"), _PENTAX, start=8, base=0),
    Form("Ricoh", _begins(rb"Ricoh"), _RICOH, make="ricoh", start=8),
    Form("Sony", _begins(rb"SONY (DSC|CAM|MOBILE)"), _SONY, start=12),
    Form("Sony", _ANY, _SONY, make="sony"),
    Form(
        "Samsung",
        _begins(rb"(\0.\0\x01\0\x07\0{3}\x04|.\0\x01\0\x07\0\x04\0{3})0100"),
        _SAMSUNG,
        make="samsung",
        base=0,
    ),
    Form("DJI", _ANY, _DJI, make="dji"),
    Form("Sigma", _begins(rb"(SIGMA|FOVEON)\0"), _SIGMA, start=10),
    Form("Casio", _begins(rb"(QVC|DCI)\0"), _CASIO, start=6),
    Form("Casio", _ANY, _CASIO, make="casio"),
    Form(
        "Kodak",
        _begins(rb"\0[\x02-\x7f]..\0[\x01-\x0c]\0\0|[\x02-\x7f]\0..[\x01-\x0c]\0..\0\0"),
        {},
        make="eastman kodak",
        nested={0xFC00: _KODAK_SHOT},
    ),
    Form(
        "Kodak",
        _begins(rb"(MM\0\x2a\0\0\0\x08|II\x2a\0\x08\0\0\0)"),
        {},
        make="eastman kodak",
        start=8,
        base=0,
        nested={0xFC00: _KODAK_SHOT},
    ),
)  # fmt: skip
"""Looked through in this order; the first whose signature and make fit counts."""

PLAIN: tuple[Plain, ...] = (
    Plain(
        "HP",
        _begins(rb"IIII[\x04\x06]\0"),
        "serial",
        _begins(rb".{0,1000}?SERIAL NUMBER:([A-Za-z0-9]{4,16})"),
    ),
    Plain("Reconyx", _begins(rb"RECONYXH2\0"), "serial", _begins(rb".{126}" + _WIDE), wide=True),
    Plain("Reconyx", _begins(rb"RECONYXUF\0"), "serial", _begins(rb".{75}([A-Z0-9]{4,15})")),
    Plain(
        "Reconyx",
        _begins(rb"\x01\xf1[\x02\x03]\0"),
        "serial",
        _begins(rb".{42}" + _WIDE),
        wide=True,
    ),
    Plain("Ricoh", _begins(rb"R(v|ev)\d"), "firmware", _begins(rb"R(?:v|ev)(\d{2,8})")),
    Plain(
        "Kodak",
        _begins(rb"[CK][A-Z\d]{3}"),
        "serial",
        _begins(rb"([CK][A-Z\d]{3} ?[A-Z\d]{1,2}\d{2}[A-Z\d]\d{4})[ \0]"),
        make="eastman kodak",
    ),
)
"""Looked through before `FORMS`."""
