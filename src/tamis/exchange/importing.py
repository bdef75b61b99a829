"""Takes a hash list into a store, whole or not at all, and tells the audit log."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tamis.audit import checkpoint, log
from tamis.errors import HashListError, UsageError
from tamis.exchange.hash_lists import check_kind, read
from tamis.i18n import _
from tamis.model import ListKind, printable
from tamis.store import digests, lists

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store
    from tamis.store.lists import StoredList


def import_list(
    store: Store,
    name: str,
    path: Path,
    kind: ListKind,
    *,
    list_format: str | None = None,
    algorithm: str | None = None,
) -> StoredList:
    """Read a list and store it in one transaction.

    Args:
        store: of the site or of a case; the caller holds its writer's lock.
        name: by which it is known from now on.
        path: of the file.
        kind: what it means to be on it.
        list_format: instead of finding it out.
        algorithm: what 64 hex digits are that nothing names.

    Raises:
        HashListError: the list is broken, or cannot be of this kind, or the name is taken; nothing
            is left behind.
        UsageError: the name is empty, or there is no such format or algorithm.
    """
    if not name.strip():
        raise UsageError(_("a list needs a name"))
    reading = read(path, list_format, algorithm=algorithm)
    check_kind(path, reading.format, kind)
    with store.write() as connection:
        row = {
            "name": name,
            "kind": kind.value,
            "format": reading.format,
            "file_sha256": _sha256(path),
            "imported_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        stored = lists.add(connection, row, reading)
        lists.describe(connection, name, asdict(reading.summary))
        log.append(
            connection,
            "lists.import",
            {
                "name": name,
                "kind": kind.value,
                "format": reading.format,
                "file": printable(str(path)),
                "file_sha256": stored.file_sha256.hex(),
                "entries": stored.entries,
                "rejected": reading.summary.rejected,
                "digest": digests.of_lists(connection, name)[name],
            },
        )
        stored = lists.get(connection, name)
    checkpoint.sign(store)
    return stored


def remove_list(store: Store, name: str) -> StoredList:
    """Remove a list.

    Raises:
        HashListError: there is none of this name.
    """
    with store.write() as connection:
        gone = lists.remove(connection, name)
        log.append(connection, "lists.remove", {"name": name, "entries": gone.entries})
    checkpoint.sign(store)
    return gone


def _sha256(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise HashListError(f"{printable(str(path))}: cannot be read: {error.strerror}") from error
