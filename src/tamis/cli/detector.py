"""``tamis detector``: add, list, cards, calibrate, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say, table
from tamis.cli.site import site_folder
from tamis.cli.text import whole
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from tamis.detectors.card import Calibration, Card
    from tamis.store.database import Store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", callback=whole, help=_("Name of the detector."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))]


def _site() -> Store:
    from tamis.store.database import open_store

    return open_store(site_folder(), create=True)


@app.command("add", help=_("Install a detector, once its self-test has passed."))
def add(
    model: Annotated[Path, typer.Argument(metavar="MODEL.onnx", help=_("The model."))],
    card: Annotated[Path, typer.Option(help=_("Its card."))],
    trust_weights: Annotated[
        bool,
        typer.Option(
            "--trust-weights",
            help=_("Install weights the card has no digest or self-test of, as unproven."),
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Install a detector."""
    from tamis.config import settings
    from tamis.pipeline import detectors

    with _site() as site, site.only_writer():
        made = detectors.add(site, model, card, settings(), trust_weights=trust_weights)
    if json:
        say(as_json(detectors.described(made)))
        return
    say(_("{id}: installed, version {version}.", id=made.id, version=printable(made.version)))
    if not made.proven:
        remark(
            _(
                "It is unproven: its scores were measured here, and nothing shows that pictures "
                "are prepared as its authors prepare them."
            )
        )
    if made.calibration is None:
        remark(_("It is shown, not weighed, until `tamis detector calibrate` has been run."))


@app.command("list", help=_("Name the installed detectors."))
def list_(json: JsonOption = False) -> None:
    """Name the installed detectors."""
    from tamis.config import settings
    from tamis.pipeline import detectors

    found = detectors.listed(settings().resources().detectors)
    if json:
        say(as_json([detectors.described(card) for card in found]))
        return
    if not found:
        remark(_("No detector is installed."))
        return
    table(
        (_("name"), _("version"), _("state"), _("self-test"), "Cllr", _("licence")),
        (
            (
                card.id,
                printable(card.version),
                _STATES[card.state],
                _("of its authors") if card.proven else _("measured here"),
                card.calibration.cllr if card.calibration else None,
                printable(card.licence),
            )
            for card in found
        ),
    )


@app.command("cards", help=_("Name the cards that come with Tamis, or write one to a file."))
def cards(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", callback=whole, help=_("Which card."))
    ] = None,
    output: Annotated[Path | None, typer.Option(help=_("Where to write it."))] = None,
    json: JsonOption = False,
) -> None:
    """Name the ready cards, or write one."""
    from tamis.detectors.card import ready, written
    from tamis.errors import DetectorError
    from tamis.pipeline.detectors import described

    found = {card.id: card for card in ready()}
    if name is not None:
        if name not in found:
            raise DetectorError(_("{id}: there is no such card", id=printable(name)))
        _write(written(found[name]), output)
    elif json:
        say(as_json([described(card) for card in found.values()]))
    else:
        table(
            (_("name"), _("licence"), _("title"), _("address")),
            ((card.id, card.licence, card.title, card.url) for card in found.values()),
        )


@app.command("calibrate", help=_("Measure on labelled pictures what a detector's scores mean."))
def calibrate(
    name: IdArgument,
    real: Annotated[
        Path, typer.Option(help=_("Folder of real captures, a subfolder to each source."))
    ],
    fake: Annotated[
        Path, typer.Option(help=_("Folder of synthetic pictures, a subfolder to each generator."))
    ],
    conditions: Annotated[
        str, typer.Option(callback=whole, help=_("For which pictures it holds, in words."))
    ] = "",
    json: JsonOption = False,
) -> None:
    """Calibrate a detector."""
    from tamis.cli.progress import drawn
    from tamis.config import settings
    from tamis.pipeline import calibrating, detectors

    installed = detectors.find(settings().resources().detectors, name)
    with _site() as site, site.only_writer(), drawn() as progress:
        made = calibrating.calibrate(
            site, installed, real, fake, settings(), conditions=conditions, progress=progress
        )
    if json:
        found = detectors.described(made.card)
        say(as_json(found | {"unscored": made.unscored, "repeated": made.repeated}))
        return
    if made.card.calibration is not None:
        _tell(made.card, made.card.calibration)
    for reason, number in made.unscored.items():
        remark(_("{number} pictures have no score: {reason}", number=number, reason=reason))
    if made.repeated:
        remark(_("{number} pictures were there twice and count once.", number=made.repeated))


@app.command("remove", help=_("Remove a detector; what it observed stays in the cases."))
def remove(name: IdArgument, json: JsonOption = False) -> None:
    """Remove a detector."""
    from tamis.pipeline import detectors

    with _site() as site, site.only_writer():
        detectors.remove(site, name)
    say(as_json({"id": name}) if json else _("{id}: removed.", id=printable(name)))


def _tell(card: Card, found: Calibration) -> None:
    say(
        _(
            "{id}: calibrated on {real} real and {fake} synthetic pictures.",
            id=card.id,
            real=found.n_capture,
            fake=found.n_synthetic,
        )
    )
    say(
        _(
            "Cllr {cllr} (0 is perfect, 1 says nothing), of which {least} is the order of scores",
            cllr=f"{found.cllr:.3f}",
            least=f"{found.cllr_min:.3f}",
        )
    )
    say(
        _(
            "Likelihood ratios between {lower} and {upper} (capture against synthesis)",
            lower=f"{10**found.lower:.3g}",
            upper=f"{10**found.upper:.3g}",
        )
    )
    if found.validation == "by_picture":
        remark(
            _(
                "A class is all in one folder: pictures of one source judged each other, which "
                "flatters. Use a subfolder to each camera and generator."
            )
        )


def _write(text: str, output: Path | None) -> None:
    from tamis.errors import DetectorError

    if output is None:
        say(text.rstrip("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DetectorError(
            _(
                "{file}: cannot be written: {reason}",
                file=printable(str(output)),
                reason=error.strerror,
            )
        ) from error
    say(_("Written to {file}", file=printable(str(output))))


_STATES: dict[str, Any] = {
    "unproven": _("unproven"),
    "uncalibrated": _("uncalibrated"),
    "calibrated": _("calibrated"),
}
