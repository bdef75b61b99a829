"""Hash lists: telling their formats apart, reading and writing them.

`read` gives the entries of a list one by one, in bounded memory, whatever its size. A list that is
broken or cut off raises `HashListError`: whoever stores the entries must then keep none of them.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from tamis.errors import HashListError, UsageError
from tamis.exchange.hash_lists import nsrl
from tamis.exchange.hash_lists.delimited import Rules, header_of, read_delimited
from tamis.exchange.hash_lists.list_file import encoding
from tamis.exchange.hash_lists.nsrl import read_nsrl
from tamis.exchange.hash_lists.reading import Reading, Rejected, Report, Summary
from tamis.exchange.hash_lists.tamis_csv import write_csv
from tamis.exchange.hash_lists.threatexchange import is_threatexchange, read_threatexchange
from tamis.exchange.hash_lists.values import normal
from tamis.exchange.hash_lists.vics import read_vics
from tamis.exchange.hash_lists.vics_writer import write_vics
from tamis.model import HashEntry, ListKind, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = [
    "FORMATS",
    "WRITTEN",
    "Reading",
    "Rejected",
    "Summary",
    "check_kind",
    "detect",
    "read",
    "write",
]

FORMATS: dict[str, Callable[[Path, Report], Iterator[HashEntry]]] = {
    "text": partial(read_delimited, rules=Rules()),
    "csv": partial(read_delimited, rules=Rules()),
    "icse": partial(read_delimited, rules=Rules(scheme="INTERPOL ICSE")),
    "threatexchange": read_threatexchange,
    "vics": read_vics,
    "nsrl": read_nsrl,
}
"""Formats that can be read."""

WRITTEN = {"csv": write_csv, "vics": write_vics}
"""Formats that can be written."""

_ICSE = ["md5", "sha1", "photodna", "imageid"]
_PACKED = (b"PK\3\4", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"Rar!")
_VICTIM_LISTS = frozenset(("vics", "icse"))


def read(path: Path, list_format: str | None = None, *, algorithm: str | None = None) -> Reading:
    """Open a hash list for reading.

    Args:
        path: of the list.
        list_format: a key of `FORMATS`; `detect` decides if None.
        algorithm: what 64 hex digits are that nothing else names: ``pdq`` or ``sha256``; as the
            format has it if None.

    Raises:
        HashListError: it cannot be read, or is in no known format. Damage further on shows while
            the reading is iterated over.
        UsageError: there is no such format or algorithm.
    """
    if list_format is not None and list_format not in FORMATS:
        raise UsageError(f"no such list format: {list_format}; there are {', '.join(FORMATS)}")
    if algorithm not in (None, "pdq", "sha256"):
        raise UsageError(f"64 hex digits are a pdq or a sha256, not {algorithm}")
    found = list_format or detect(path)
    reader = FORMATS[found]
    if algorithm is not None and found in ("text", "csv"):
        reader = partial(read_delimited, rules=Rules(of_64_digits=algorithm))
    return Reading(path, found, reader)


def detect(path: Path) -> str:
    """Name the format of a list by its content.

    Raises:
        HashListError: it cannot be read, is empty, or is packed.
    """
    report = Report(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(nsrl.MAGIC):
            return "nsrl"
        if head.startswith(_PACKED):
            raise report.error("", "is packed: unpack it first")
        if head.decode(encoding(head), "replace").lstrip().startswith(("{", "[")):
            return "vics"
        header = header_of(path, report)
    except OSError as error:
        raise report.error("", f"cannot be read: {error.strerror or error}") from error
    if header is None:
        return "text"
    if [normal(name) for name in header[: len(_ICSE)]] == _ICSE:
        return "icse"
    return "threatexchange" if is_threatexchange(header) else "csv"


def check_kind(path: Path, list_format: str, kind: ListKind) -> None:
    """Refuse a kind that the list at `path`, of this format, cannot be.

    Raises:
        HashListError: to take a list of victims' pictures for harmless ones would hide them; to
            take ordinary software for anything else would bury the examiner.
    """
    shown = printable(str(path))
    if list_format in _VICTIM_LISTS and kind is ListKind.BENIGN:
        raise HashListError(
            f"{shown}: a Project VIC or ICSE list cannot be a list of benign files: it would hide "
            "what it is meant to find. For known software, take an NSRL list (RDSv3), or a CSV of "
            "hashes."
        )
    if list_format == "nsrl" and kind is not ListKind.BENIGN:
        raise HashListError(
            f"{shown}: an NSRL list holds known software and cannot be of the kind {kind.value}"
        )


def write(
    entries: Iterable[HashEntry], path: Path, list_format: str = "csv", *, scheme: str = ""
) -> int:
    """Write a list and return the number of entries; `path` changes only once all are written.

    Args:
        entries: of the list.
        path: to write to.
        list_format: a key of `WRITTEN`.
        scheme: that the categories follow, as `Summary` names it.

    Raises:
        UsageError: the format cannot be written.
        OSError: the file cannot be written.
    """
    if list_format not in WRITTEN:
        raise UsageError(f"lists can be written as {' or '.join(WRITTEN)}, not as {list_format}")
    partial_path = path.with_name(f".{path.name}.part")
    try:
        with partial_path.open("w", encoding="utf-8", newline="") as file:
            count = WRITTEN[list_format](entries, file, scheme)
            file.flush()
            os.fsync(file.fileno())
        partial_path.replace(path)
    finally:
        partial_path.unlink(missing_ok=True)
    return count
