"""``tamis decide``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tamis.cli.output import as_json, say
from tamis.cli.text import whole
from tamis.errors import UsageError
from tamis.i18n import _
from tamis.model import printable


class Verdict(StrEnum):
    """How a person judges the origin of a picture (as in truth files)."""

    CAPTURE = "capture"
    SYNTHETIC = "synthetic"
    HYBRID = "hybrid"
    GRAPHIC = "graphic"


def decide(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    media: Annotated[
        str,
        typer.Argument(metavar="MEDIA", help=_("SHA-256, the beginning of one, or a path.")),
    ],
    category: Annotated[
        str | None, typer.Option(callback=whole, help=_("Category, in the scheme of the site."))
    ] = None,
    origin: Annotated[
        Verdict | None, typer.Option(help=_("How the picture came to be, as judged by a person."))
    ] = None,
    note: Annotated[
        str | None, typer.Option(callback=whole, help=_("A remark to keep with it."))
    ] = None,
    stack: Annotated[
        bool, typer.Option("--stack", help=_("Decide so on every picture of its stack."))
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Record a categorisation."""
    from tamis.cli.site import existing_site
    from tamis.config import settings
    from tamis.pipeline.deciding import record
    from tamis.store.database import open_store

    if category is None and origin is None:
        raise UsageError(_("name a --category, an --origin, or both"))
    if category is not None and not category.strip():
        raise UsageError(_("a category cannot be empty"))
    verdict = origin.value if origin else None
    with open_store(case) as store, store.only_writer(), existing_site() as site:
        made = record(store, settings(), site, media, category, verdict, note, whole_stack=stack)
    if json:
        fields = ("category", "origin", "note", "actor", "at")
        say(
            as_json(
                [
                    {"sha256": item.sha256.hex()} | {name: getattr(item, name) for name in fields}
                    for item in made
                ]
            )
        )
        return
    for item in made:
        said = ", ".join(printable(part) for part in (category, verdict) if part)
        say(f"{item.sha256.hex()}  {said}")
