"""What tests ask of a case that was scanned in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.store import files

if TYPE_CHECKING:
    from tamis.store.database import Store


def states(store: Store) -> dict[str, tuple[str, str]]:
    with store.read() as connection:
        return {
            str(file.locator): (file.state.value, file.reason) for file in files.listing(connection)
        }
