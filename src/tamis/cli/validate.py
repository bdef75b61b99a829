"""``tamis validate``."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say, table
from tamis.errors import UsageError
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa

    from tamis.pipeline.truth import Truth

JSON, HTML, PDF = "report.json", "report.html", "report.pdf"
_CASE = "case"
TRUTH = typer.Argument(metavar="TRUTH.csv", help=_("The labels: path or sha256, origin, group."))
WORKERS = typer.Option(min=0, help=_("Worker processes; 0: one per core."))


def validate(
    truth: Annotated[Path | None, TRUTH] = None,
    case: Annotated[
        Path | None,
        typer.Option(help=_("A case that holds the pictures; else they are scanned into one.")),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=_("Folder for the report."))
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help=_("Check the signature of a report instead.")),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="HEX", help=_("With --verify: key of another site; repeatable.")),
    ] = None,
    workers: Annotated[int | None, WORKERS] = None,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Measure on pictures of known origin what the likelihood ratios are worth."""
    if verify is not None:
        if truth or case or output:
            raise UsageError(_("--verify checks a report that is there: give nothing else"))
        _verify(verify, key or [], json=json)
        return
    if truth is None or output is None:
        raise UsageError(_("name a truth file, and with -o a folder for the report"))
    _refuse_existing(output)
    report = _measured(truth, case, output, workers)
    key_used = _write(output, report)
    if json:
        say(as_json(report))
    else:
        _print(report, output, key_used)


@contextmanager
def labelled(
    truth: Truth, base: Path, case: Path | None, scanned: Path, workers: int | None
) -> Iterator[tuple[sa.Connection, dict[str, Path] | None]]:
    """Open the case with the pictures of a truth file, scanned into one where none is given.

    Args:
        truth: the labels.
        base: folder of the truth file.
        case: that holds the pictures; None where they are to be scanned.
        scanned: where the case is made then.
        workers: processes of that scan.

    Yields:
        a connection to the case, whose assessments follow from the present evidence, and where
        the pictures lie (None where the case was given).

    Raises:
        TruthError: they do not follow, or none of the named files is there.
    """
    from tamis.cli import scan
    from tamis.cli.site import up_to_date
    from tamis.config import settings
    from tamis.errors import TruthError
    from tamis.pipeline.assessing import follow
    from tamis.pipeline.truth_media import files_of

    places = None
    if case is None:
        places, _absent = files_of(truth, base)
        scan.run(sorted(set(places.values())), scanned, workers=workers)
    with up_to_date(case or scanned) as store, store.read() as connection:
        if not follow(connection, settings()):
            raise TruthError(
                _(
                    "{case}: its assessments do not follow from the present evidence and fit: it "
                    "is being written to, or cannot be",
                    case=printable(str(case or scanned)),
                )
            )
        yield connection, places


def _measured(path: Path, case: Path | None, output: Path, workers: int | None) -> dict[str, Any]:
    from tamis.config import settings
    from tamis.pipeline.take_in import versions_in_force
    from tamis.pipeline.truth import read
    from tamis.pipeline.validating import validate as measure

    truth = read(path)
    words = ["tamis", "validate", str(path), *(["--case", str(case)] if case else [])]
    command = printable(f"{shlex.join(words)} -o FOLDER")
    with labelled(truth, path.parent, case, output / _CASE, workers) as (connection, places):
        return measure(connection, truth, versions_in_force(settings()), command, places)


def _refuse_existing(output: Path) -> None:
    from tamis.audit.detached import FILE

    for name in (JSON, HTML, PDF, FILE):
        if os.path.lexists(output / name):
            raise UsageError(
                _(
                    "{file}: is there already; name another folder",
                    file=printable(str(output / name)),
                )
            )


def _write(output: Path, report: Mapping[str, Any]) -> str:
    """Write the report and its signature; return the key that signed."""
    import json

    from tamis.audit import detached
    from tamis.errors import TamisError
    from tamis.report import html, pdf
    from tamis.report.validation import document

    pages = document(report)
    text = as_json(report) + "\n"
    contents = {JSON: text.encode(), HTML: html.render(pages), PDF: pdf.render(pages)}
    statement = detached.signed(contents)
    try:
        output.mkdir(parents=True, exist_ok=True)
        # The signature last: where it is there, everything is.
        for name, data in (*contents.items(), (detached.FILE, statement)):
            with (output / name).open("xb") as stream:
                stream.write(data)
    except OSError as error:
        raise TamisError(
            _(
                "{file}: cannot be written: {reason}",
                file=printable(str(error.filename)),
                reason=error.strerror,
            )
        ) from error
    return str(json.loads(statement)["key"])


def _print(report: Mapping[str, Any], output: Path, key: str) -> None:
    from tamis.report import words

    systems = report["systems"]
    files = report["files"]
    say(_("{used} of {lines} lines used.", used=files["used"], lines=files["lines"]))
    for name, text in (
        ("not_found", _("not found")),
        ("other_content", _("other content")),
        ("unreadable", _("not readable")),
    ):
        for row in files[name]:
            reason = f" ({row['reason']})" if "reason" in row else ""
            remark(_("line {number}: {fault}", number=row["line"], fault=text) + reason)
    if files["fitted_on"]:
        from tamis.report.validation import flattered

        remark(flattered(files["fitted_on"]))
    say()
    table(
        ("", *(words.system(name) for name in systems)),
        (
            (
                words.figure(figure)[0],
                *(_shown(system["figures"][figure], report) for system in systems.values()),
            )
            for figure in systems["pixels"]["figures"]
        ),
    )
    say()
    say(_("Written to {file}", file=printable(str(output))))
    say(_("Signed with the key {key}", key=key))
    say(_("To repeat: {command}", command=report["command"]))


def _shown(figure: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    from tamis.report import words

    if figure["value"] is None:
        return "– " + words.absent(figure["absent"], report["method"]["least_pictures"])
    return f"{figure['value']:.3f} ({figure['low']:.3f} – {figure['high']:.3f})"


def _verify(folder: Path, trusted: list[str], *, json: bool) -> None:
    from tamis.audit import detached

    found = detached.verify(folder, trusted, (JSON, HTML, PDF))
    if json:
        told = {"holds": found.fault is None, "fault": found.fault, "key_known": found.known}
        say(as_json(told | {"statement": dict(found.statement)}))
    elif found.fault is None:
        for name in sorted(found.statement["files"]):
            say(_("{file}: is what was signed", file=name))
        say(
            _(
                "Signed at {at} by {who} with the key {key}",
                at=printable(str(found.statement["signed_at"])),
                who=printable(str(found.statement["signed_by"])),
                key=found.statement["key"],
            )
        )
    else:
        say(_("Does not hold: {fault}", fault=found.fault))
    if found.fault is None and not found.known:
        remark(_("This site has no key: compare the key with that of the laboratory that signed."))
    if found.fault is not None:
        raise typer.Exit(1)
