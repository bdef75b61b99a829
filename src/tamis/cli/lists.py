"""``tamis lists``: import, list, export, remove."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say, table
from tamis.cli.site import site_folder
from tamis.cli.text import whole
from tamis.i18n import _
from tamis.model import ListKind, printable

if TYPE_CHECKING:
    from tamis.store.database import Store
    from tamis.store.lists import StoredList

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

CaseOption = Annotated[
    Path | None, typer.Option(help=_("A list kept to this case, instead of serving all."))
]
NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", callback=whole, help=_("Name of the list."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))]


class WrittenFormat(StrEnum):
    """Formats that can be written."""

    CSV = "csv"
    VICS = "vics"


def _open(case: Path | None) -> Store:
    from tamis.store.database import open_store

    return open_store(site_folder(), create=True) if case is None else open_store(case)


@app.command("import", help=_("Read a hash list; it is stored whole or not at all."))
def import_(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The list."))],
    kind: Annotated[ListKind, typer.Option(help=_("What it means to be on it."))],
    case: CaseOption = None,
    form: Annotated[
        str | None, typer.Option("--format", help=_("Format, instead of finding it out."))
    ] = None,
    algorithm: Annotated[
        str | None, typer.Option(help=_("What 64 hex digits are: pdq or sha256."))
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import a list."""
    from tamis.exchange.importing import import_list

    with _open(case) as store, store.only_writer():
        stored = import_list(store, name, file, kind, list_format=form, algorithm=algorithm)
    if json:
        say(as_json(_described(stored)))
        return
    say(
        _(
            "{name}: {entries} entries taken in ({format}: {algorithms}).",
            name=printable(name),
            entries=stored.entries,
            format=stored.format,
            algorithms=", ".join(stored.summary.get("algorithms", ())),
        )
    )
    if rejected := stored.summary.get("rejected"):
        remark(_("{number} records hold no usable fingerprint:", number=rejected))
        for place in stored.summary["first_rejected"]:
            remark(f"  {place['place']}: {place['reason']}")
    for warning in stored.summary.get("warnings", ()):
        remark(f"  {warning}")


@app.command("list", help=_("Name the lists there are."))
def list_(case: CaseOption = None, json: JsonOption = False) -> None:
    """Name the lists."""
    from tamis.store import lists

    if case is None and not (site_folder() / "case.db").is_file():
        found = []
    else:
        with _open(case) as store, store.read() as connection:
            found = lists.all_lists(connection)
    if json:
        say(as_json([_described(item) for item in found]))
        return
    if not found:
        remark(_("There is no list."))
        return
    table(
        (_("entries"), _("name"), _("kind"), _("format"), _("imported")),
        (
            (item.entries, printable(item.name), _(item.kind.value), item.format, item.imported_at)
            for item in found
        ),
        right=1,
    )


@app.command("export", help=_("Write a list to a file."))
def export(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("Where to write it."))],
    form: Annotated[WrittenFormat, typer.Option("--format", help=_("csv or vics."))] = (
        WrittenFormat.CSV
    ),
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Export a list."""
    from tamis.errors import HashListError
    from tamis.exchange.hash_lists import write
    from tamis.store import lists

    with _open(case) as store, store.read() as connection:
        scheme = lists.get(connection, name).summary.get("scheme", "")
        try:
            number = write(lists.entries(connection, name), file, form.value, scheme=scheme)
        except OSError as error:
            raise HashListError(f"{file}: {error.strerror}") from error
    if json:
        say(as_json({"name": name, "file": str(file), "format": form.value, "entries": number}))
    else:
        say(_("{number} entries written to {file}", number=number, file=printable(str(file))))


@app.command("remove", help=_("Remove a list."))
def remove(name: NameArgument, case: CaseOption = None, json: JsonOption = False) -> None:
    """Remove a list."""
    from tamis.exchange.importing import remove_list

    with _open(case) as store, store.only_writer():
        gone = remove_list(store, name)
    if json:
        say(as_json(_described(gone)))
    else:
        say(_("{name}: removed, {entries} entries.", name=printable(name), entries=gone.entries))


def _described(stored: StoredList) -> dict[str, Any]:
    return {
        "name": stored.name,
        "kind": stored.kind.value,
        "format": stored.format,
        "entries": stored.entries,
        "file_sha256": stored.file_sha256.hex(),
        "imported_at": stored.imported_at,
        "summary": stored.summary,
    }
