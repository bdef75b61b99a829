"""``tamis show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tamis.cli.output import as_json, say, shown
from tamis.i18n import _

_LONGEST = 400
"""Characters of one value: a workflow has a hundred thousand."""


def show(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    media: Annotated[
        str,
        typer.Argument(metavar="MEDIA", help=_("SHA-256, the beginning of one, or a path.")),
    ],
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Print everything known of one media."""
    from tamis.cli.site import up_to_date
    from tamis.pipeline.media_view import view

    with up_to_date(case) as store, store.read() as connection:
        found = view(connection, media)
    if json:
        say(as_json(found))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    for heading, value in found.items():
        say(_(heading))
        if isinstance(value, dict):
            for name, detail in value.items():
                if not name.endswith("_orientations"):  # seven hashes more, for programs
                    say(f"  {name}: {_brief(detail)}")
        elif value:
            for item in value:
                say(f"  {_line(heading, item)}")
        else:
            say(f"  {_('nothing')}")


def _line(heading: str, item: Any) -> str:  # noqa: ANN401 - a part of the JSON shown
    if heading == "observations":
        version = f"{item['examination']} {item['version']}"
        return f"{item['name']} = {_brief(item['value'])}  ({version})"
    if isinstance(item, dict):
        return ", ".join(f"{name} {_brief(value)}" for name, value in item.items() if value != "")
    return _brief(item)


def _brief(value: object) -> str:
    """A value on one line, cut where it is long."""
    text = shown(value)
    if len(text) <= _LONGEST:
        return text
    return _(
        "{start}… ({number} characters; --json has all)", start=text[:_LONGEST], number=len(text)
    )
