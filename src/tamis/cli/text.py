"""Text given on the command line."""

from __future__ import annotations

import typer

from tamis.i18n import _


def whole(value: str | None) -> str | None:
    """Refuse text that is no UTF-8: it could be neither stored nor shown as it was meant."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(_("is no valid UTF-8")) from None
    return value
