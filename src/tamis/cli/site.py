"""The site's own store: the hash lists that serve all cases."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from tamis.config import home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tamis.store.database import Store


def site_folder() -> Path:
    """Where the site's lists are kept."""
    return home() / "lists"


def existing_site() -> AbstractContextManager[Store | None]:
    """The site's store, or None where no list was ever imported."""
    from tamis.store.database import open_store

    if not (site_folder() / "case.db").is_file():
        return nullcontext(None)
    return open_store(site_folder())


@contextmanager
def up_to_date(case: Path) -> Iterator[Store]:
    """Open a case whose matches, stacks and queue follow from the present lists and decisions.

    Where another process is writing to the case, it is read as it stands.
    """
    from tamis.audit import checkpoint
    from tamis.cli.output import remark
    from tamis.cli.progress import drawn
    from tamis.config import settings
    from tamis.errors import CaseBusyError, CaseReadOnlyError
    from tamis.i18n import _
    from tamis.pipeline.stages import refresh
    from tamis.store.database import open_store

    with open_store(case) as store:
        try:
            with store.only_writer(), existing_site() as site, drawn() as progress:
                if refresh(store, settings(), site, progress):
                    checkpoint.sign(store)
        except CaseBusyError:
            remark(_("A scan is running: this is the state it has reached."))
        except CaseReadOnlyError:
            remark(_("The case cannot be written: lists and decisions are those of its last use."))
        yield store
