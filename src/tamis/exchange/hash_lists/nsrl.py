"""NSRL reference data sets, version 3 (NIST): SQLite with a table or view ``FILE``."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from tamis.exchange.hash_lists.values import is_empty_content, parse
from tamis.model import HashEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.exchange.hash_lists.reading import Report

MAGIC = b"SQLite format 3\0"

_TABLES = ("FILE", "METADATA")
_DIGESTS = ("sha256", "sha1", "md5")
_OTHERS = ("file_name", "package_id")
_LONGEST_VALUE = 1 << 20
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}


def read_nsrl(path: Path, report: Report) -> Iterator[HashEntry]:
    """Read an NSRL database.

    It is somebody else's database, so it is opened read-only and may do nothing but be read: no
    function with side effects, no other file, no endless recursion in a view.

    Raises:
        HashListError: it is no NSRL database, damaged or cut off.
        OSError: it cannot be read.
    """
    _check_length(path, report)
    report.scheme = "NSRL"
    uri = f"file:{quote(str(path.absolute()), errors='surrogateescape')}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True)
    number = 0
    try:
        _confine(connection)
        table, columns = _find_table(connection, report)
        packages = _packages(connection) if "package_id" in columns else {}
        names = ", ".join(columns)
        for number, row in enumerate(connection.execute(f"SELECT {names} FROM {table}"), 1):  # noqa: S608 - names from our own lists
            entry = _entry(dict(zip(columns, row, strict=True)), packages, report, number)
            if entry is not None:
                yield entry
    except sqlite3.Error as error:
        place = f"after record {number}" if number else ""
        raise report.error(place, f"the database is damaged or hostile: {error}") from error
    finally:
        connection.close()


def _check_length(path: Path, report: Report) -> None:
    """A database cut short may be read in part without a complaint: its header knows its size."""
    with path.open("rb") as file:
        head = file.read(100)
        size = file.seek(0, 2)
    if len(head) < 100 or not head.startswith(MAGIC):
        raise report.error("", "no SQLite database")
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    stated = page * int.from_bytes(head[28:32], "big")
    is_valid = head[24:28] == head[92:96]
    if is_valid and stated > size:
        raise report.error("", f"cut off: {size} of {stated} bytes")


def _confine(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
    connection.set_authorizer(_authorize)


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, source: str | None
) -> int:
    del database, source
    if action == sqlite3.SQLITE_PRAGMA:
        allowed = first == "table_info"
    elif action == sqlite3.SQLITE_FUNCTION:
        allowed = second not in ("load_extension", "writefile", "readfile", "edit")
    else:
        allowed = action in _ALLOWED
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _find_table(connection: sqlite3.Connection, report: Report) -> tuple[str, list[str]]:
    for table in _TABLES:
        present = _columns(connection, table)
        if present.issuperset(_DIGESTS[:1]) or present.issuperset(_DIGESTS[1:]):
            return table, [name for name in (*_DIGESTS, *_OTHERS) if name in present]
    raise report.error("", "no table or view FILE with digests: this is no NSRL list (RDSv3)")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]).lower() for row in connection.execute(f"PRAGMA table_info({table})")}


def _packages(connection: sqlite3.Connection) -> dict[object, str]:
    if not {"package_id", "name"} <= _columns(connection, "PKG"):
        return {}
    rows = connection.execute("SELECT package_id, name FROM PKG")
    return {number: name for number, name in rows if isinstance(name, str)}


def _entry(
    fields: dict[str, object], packages: dict[object, str], report: Report, number: int
) -> HashEntry | None:
    place = f"record {number}"
    hashes: dict[str, bytes] = {}
    for name in _DIGESTS:
        text = fields.get(name)
        if text is None or text == "":
            continue
        try:
            digest = parse(name, str(text))
        except ValueError as error:
            raise report.error(place, str(error)) from error
        if not is_empty_content(digest):
            hashes[name] = digest
    if not hashes:
        report.reject(place, "no digest but that of an empty file, if any")
        return None
    extra = {name: fields[name] for name in _OTHERS if fields.get(name) is not None}
    package = packages.get(fields.get("package_id"))
    if package:
        extra["package"] = package
    return HashEntry(hashes, extra=extra)
