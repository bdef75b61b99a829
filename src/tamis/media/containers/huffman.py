"""Huffman tables of JPEG (ITU-T T.81, B.2.4.2), and the typical ones of its annex K.

An encoder without its own statistics writes the tables of annex K.3; one that optimises writes
others into every file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

Code = tuple[int, bytes, bytes]
"""Class and destination, the number of codes of each length, the symbols."""

_DC_SYMBOLS = bytes(range(12))
_DC_LENGTHS = ("00010501010101010100000000000000", "00030101010101010101010000000000")
_AC_LENGTHS = ("0002010303020403050504040000017d", "00020102040403040705040400010277")
_AC_LUMINANCE = (
    "0102030004110512213141061351610722711432819"
    "1a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
    "434445464748494a535455565758595a636465666768696a737475767778797a"
    "838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa"
    "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
    "e1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMINANCE = (
    "0001020311040521310612415107617113223281081442"
    "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a"
    "434445464748494a535455565758595a636465666768696a737475767778797a"
    "82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa"
    "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
    "e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)


def _standard() -> frozenset[Code]:
    """Return the tables of annex K.3 under every destination they may have."""
    tables = [(0x00, lengths, _DC_SYMBOLS) for lengths in map(bytes.fromhex, _DC_LENGTHS)] + [
        (0x10, bytes.fromhex(lengths), bytes.fromhex(symbols))
        for lengths, symbols in zip(_AC_LENGTHS, (_AC_LUMINANCE, _AC_CHROMINANCE), strict=True)
    ]
    return frozenset(
        (kind | destination, lengths, symbols)
        for kind, lengths, symbols in tables
        for destination in range(4)
    )


STANDARD = _standard()


def read_codes(body: bytes, found: Findings) -> list[Code]:
    """Return the tables of one DHT segment; what is malformed ends it and becomes a problem."""
    codes: list[Code] = []
    position = 0
    while position < len(body):
        lengths = body[position + 1 : position + 17]
        end = position + 17 + sum(lengths)
        if len(lengths) < 16 or end > len(body):
            found.problem("jpeg: a malformed Huffman table")
            break
        codes.append((body[position], lengths, body[position + 17 : end]))
        position = end
    return codes
