"""IPTC-IIM (Information Interchange Model 4.2): what news agencies and editors write.

The container is read by `tamis.media.containers.photoshop`, the texts here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tamis.media.containers.findings import decode
from tamis.media.containers.photoshop import read_datasets

MAX_VALUE = 64 * 1024
"""Bytes of one value that are read."""
MAX_REPEATED = 64
"""Values of one repeatable dataset that are kept."""

DATASETS = {
    5: "ObjectName",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    62: "DigitalCreationDate",
    63: "DigitalCreationTime",
    65: "OriginatingProgram",
    70: "ProgramVersion",
    80: "By-line",
    85: "By-lineTitle",
    103: "OriginalTransmissionReference",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    118: "Contact",
    120: "Caption-Abstract",
    122: "Writer-Editor",
}
"""Of record 2, the application record."""

_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_APPLICATION = 2


@dataclass(frozen=True, slots=True)
class Iptc:
    """What an IPTC-IIM block says.

    Args:
        texts: name of the dataset to its values, in the order of the block.
        raw: record, dataset and bytes of every dataset.
    """

    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    raw: tuple[tuple[int, int, bytes], ...] = ()

    def text(self, name: str) -> str:
        """Return the first value without surrounding blanks; empty where there is none."""
        values = self.texts.get(name, ("",))
        return values[0].strip(" \t\r\n\0")


def read_iptc(block: bytes | None) -> Iptc:
    """Read an IPTC-IIM block; never raises on malformed data.

    Texts are UTF-8 where the block says so (1:90); else UTF-8 if it is valid UTF-8, and Latin-1.
    """
    if not block:
        return Iptc()
    raw = tuple(read_datasets(block))
    utf8 = any(
        (record, number) == _CHARACTER_SET and value == _UTF8 for record, number, value in raw
    )
    found: dict[str, list[str]] = {}
    for record, number, value in raw:
        name = DATASETS.get(number) if record == _APPLICATION else None
        if name is None or len(found.setdefault(name, [])) == MAX_REPEATED:
            continue
        text = value[:MAX_VALUE]
        found[name].append(text.decode("utf-8", "replace") if utf8 else decode(text))
    return Iptc({name: tuple(values) for name, values in found.items()}, raw)
