"""Writing a hash list as VICS 2.0 ``#Media``."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, TextIO

from tamis.exchange.hash_lists.values import PHOTODNA_BYTES
from tamis.exchange.hash_lists.vics_media import ALTERNATIVE, QUALITY
from tamis.model.hash_list import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamis.model import HashEntry

_CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Media"
_SCHEME = re.compile(r"Project VIC \S+ (\w{1,40})")
_FIELDS = {"md5": "MD5", "sha1": "SHA1"}


def write_vics(entries: Iterable[HashEntry], file: TextIO, scheme: str = "") -> int:
    """Write the list and return the number of entries.

    SHA-256, PDQ and others go under ``AlternativeHashes``. Other programs expect an MD5 in every
    record; entries without one are written without.

    Args:
        entries: written as they come.
        file: opened with UTF-8.
        scheme: that the categories follow, as the summary of a list names it: of ``Project VIC 2.0
            UK``, the last word is the country that other programs look up.
    """
    found = _SCHEME.fullmatch(scheme)
    country = found[1] if found else "Default"
    file.write(f'{{"@odata.context":{json.dumps(_CONTEXT.format(country))},"value":[')
    count = 0
    for count, entry in enumerate(entries, 1):
        file.write(",\n" if count > 1 else "\n")
        file.write(json.dumps(_media(entry), default=str))
    file.write("\n]}\n")
    return count


def _media(entry: HashEntry) -> dict[str, object]:
    media: dict[str, object] = dict(entry.extra)
    others: list[object] = []
    md5 = entry.hashes["md5"].hex().upper() if "md5" in entry.hashes else None
    for name, value in entry.hashes.items():
        if name in _FIELDS:
            media[_FIELDS[name]] = value.hex().upper()
        elif name == "photodna" and len(value) == PHOTODNA_BYTES:
            media["PhotoDNA"] = base64.b64encode(value).decode("ascii")
        else:
            shown = name.upper() if name in ALGORITHMS else name
            others.append({"MD5": md5, "HashName": shown, "HashValue": value.hex().upper()})
    unread = media.pop(ALTERNATIVE, None)
    if isinstance(unread, list):
        others.extend(unread)
    if others:
        media[ALTERNATIVE] = others
    media["Category"] = _category(entry.category)
    if entry.quality is not None:
        media[QUALITY] = entry.quality
    return media


def _category(category: str | None) -> int | str | None:
    """A number where the category is one, as other programs expect."""
    if category is not None and category.isascii() and category.isdecimal() and len(category) < 10:
        number = int(category)
        return number if str(number) == category else category
    return category
