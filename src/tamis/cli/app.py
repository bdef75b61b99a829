"""Gathers the commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tamis import __version__
from tamis.cli import (
    assess,
    calibrate,
    decide,
    demo,
    detector,
    doctor,
    elusion,
    explain,
    lists,
    prior,
    queue,
    scan,
    show,
    simulate,
    status,
    validate,
    verify,
)
from tamis.i18n import _


class Language(StrEnum):
    """Languages Tamis speaks."""

    EN = "en"
    FR = "fr"


app = typer.Typer(
    help=_(
        "Sorts a flood of images so that the real, still unknown victim is looked at first. "
        "Nothing is discarded: Tamis weighs evidence, orders the work, and records what was done."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tamis {__version__}")
        raise typer.Exit


@app.callback()
def options(
    lang: Annotated[
        Language | None, typer.Option("--lang", help=_("Language: en or fr; else the locale."))
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help=_("Print the version.")
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


app.command("demo", help=_("Make a benign demonstration case, scan it and print its queue."))(
    demo.demo
)
app.command("scan", help=_("Take in evidence and examine it; resumable."))(scan.scan)
app.command("status", help=_("Count media files by state."))(status.status)
app.command("queue", help=_("Print the order of review."))(queue.queue)
app.command("show", help=_("Print everything known of one media."))(show.show)
app.command("explain", help=_("Write views of the pixel evidence of one media."))(explain.explain)
app.command("assess", help=_("Weigh the evidence on every media, and say what changed."))(
    assess.assess
)
app.command("decide", help=_("Record a categorisation."))(decide.decide)
app.command("elusion", help=_("Bound the real pictures nobody has looked at, by a sample."))(
    elusion.elusion
)
app.command("validate", help=_("Measure on pictures of known origin what the ratios are worth."))(
    validate.validate
)
app.command("calibrate", help=_("Fit what the pixels are worth on the site's own pictures."))(
    calibrate.calibrate
)
app.command("prior", help=_("Say how many captures to expect, and choose the prior."))(prior.prior)
app.command("simulate", help=_("Replay the queue against known truth: budget curves."))(
    simulate.simulate
)
app.command("verify", help=_("Check the audit log and the stored state."))(verify.verify)
app.command("doctor", help=_("Say what works on this machine."))(doctor.doctor)
app.add_typer(lists.app, name="lists", help=_("Hash lists: import, list, export, remove."))
app.add_typer(
    detector.app, name="detector", help=_("Detectors: add, list, cards, calibrate, remove.")
)
