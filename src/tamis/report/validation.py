"""The pages of a validation report, drawn from the report alone (`tamis.pipeline.validating`).

Everything a person reads is in the language in force; numbers are those of the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.i18n import _, current_language
from tamis.report import words
from tamis.report.document import Document, Heading, Paragraph, Table
from tamis.report.measured import CLASSES, SHARES, confidence, figure_of, measured
from tamis.report.numbers import interval, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamis.report.document import Block

    Report = Mapping[str, Any]

_DIGEST = 16
_MOST = 40


def document(report: Report) -> Document:
    """Return the report as blocks."""
    title = _("Tamis validation report")
    truth, versions = report["truth"], report["versions"]
    blocks = [
        Heading(title, 1),
        *_summary(report),
        *_meaning(report),
        *_files(report),
        *_coverage(report),
        *(block for name in report["systems"] for block in measured(report, name)),
        *_apart(report),
        *_limits(report),
        *_reproduce(report),
    ]
    footer = _(
        "Tamis {version} · truth file SHA-256 {digest}…",
        version=versions["tamis"],
        digest=truth["sha256"][:_DIGEST],
    )
    return Document(title, current_language(), footer, tuple(blocks))


def _summary(report: Report) -> Iterator[Block]:
    for name, found in report["systems"].items():
        yield Paragraph(_verdict(found), "lead", words.system(name))
    if fitted_on := report["files"]["fitted_on"]:
        yield Paragraph(flattered(fitted_on), "lead", _("Warning"))
    figures = report["systems"]["assessment"]["figures"]
    yield Table(
        (_("figure"), *(words.system(name) for name in report["systems"])),
        tuple(
            (
                words.figure(name)[0],
                *(
                    figure_of(report, system["figures"][name], share=name in SHARES)
                    for system in report["systems"].values()
                ),
            )
            for name in figures
        ),
        _("In brief, with intervals of {sure}", sure=confidence(report)),
    )


def flattered(number: int) -> str:
    """Say that pictures were measured which the fit was made from."""
    return _(
        "The ratios of the pixels were fitted on {number} of these pictures: the figures are "
        "better than they would be on others, and no validation.",
        number=number,
    )


def _verdict(found: Report) -> str:
    """Say in a sentence what the most important figure comes to."""
    cost = found["figures"]["cllr"]
    counts = {"captures": found["captures"], "synthetic": found["synthetic"]}
    if cost["value"] is None:
        return _(
            "{captures} captures and {synthetic} synthetic pictures are too few of one kind to say "
            "how good the ratios are.",
            **counts,
        )
    values = {"cllr": number(cost["value"]), "interval": interval(cost), **counts}
    if cost["value"] >= 1:
        return _(
            "On {captures} captures and {synthetic} synthetic pictures the ratios cost {cllr} bits "
            "({interval}), no less than saying nothing: on pictures like these they must not be "
            "relied on.",
            **values,
        )
    if cost["high"] >= 1:
        return _(
            "On {captures} captures and {synthetic} synthetic pictures the ratios cost {cllr} bits "
            "({interval}); saying nothing costs 1, so that these pictures do not show that the "
            "ratios help.",
            **values,
        )
    return _(
        "On {captures} captures and {synthetic} synthetic pictures the ratios cost {cllr} bits "
        "({interval}); saying nothing costs 1, perfection 0.",
        **values,
    )


def _meaning(report: Report) -> Iterator[Block]:
    first, second = report["propositions"]
    yield Heading(_("What a likelihood ratio says, and what it does not"))
    yield Paragraph(
        _("Two propositions stand against each other: (1) {first}; (2) {second}.",
          first=_(first), second=_(second))
    )  # fmt: skip
    yield Paragraph(
        _(
            "A ratio of 100 for the first says that what was observed is 100 times more probable "
            "if the first is true than if the second is. Its logarithm to base 10 is then 2; below "
            "0 the observations support the second."
        )
    )
    yield Paragraph(
        _(
            "It does not say that the picture is 100 times more probably a capture, nor that this "
            "is 99 % certain, nor that one such statement in a hundred is wrong. How probable a "
            "capture is depends also on how common captures are among the pictures in question and "
            "on all else that is known of this one, which is for the examiner and the court to "
            "weigh."
        )
    )
    yield Paragraph(
        _(
            "It says nothing of what a picture shows, of who made it, or of whether part of a real "
            "photograph was altered."
        )
    )


def _files(report: Report) -> Iterator[Block]:
    files = report["files"]
    yield Heading(_("The pictures"))
    counts = {
        _("lines of the truth file"): files["lines"],
        _("pictures used"): files["used"],
        **{f"– {words.origin(name)}": count for name, count in sorted(files["origins"].items())},
        _("lines that repeat another and do not count"): len(files["repeated"]),
        _("not found"): len(files["not_found"]),
        _("other content than their SHA-256 says"): len(files["other_content"]),
        _("could not be read, or no still pictures"): len(files["unreadable"]),
    }
    yield Table(
        (_("what"), _("number")), tuple((name, str(count)) for name, count in counts.items())
    )
    missing = [
        (str(row["line"]), row["name"], words.reason(row["reason"]) if "reason" in row else why)
        for rows, why in (
            (files["not_found"], _("not found")),
            (files["other_content"], _("other content")),
            (files["unreadable"], ""),
        )
        for row in rows
    ]
    if missing:
        yield Table(
            (_("line"), _("file"), _("reason")),
            tuple(missing[:_MOST]),
            _("Not used"),
            text_columns=3,
        )
    if len(missing) > _MOST:
        rest = len(missing) - _MOST
        yield Paragraph(_("… and {number} more; report.json has all", number=rest), "note")
    if unused := report["truth"]["unused_columns"]:
        names = ", ".join(unused)
        yield Paragraph(_("Columns of the truth file that were not used: {names}", names=names))


def _coverage(report: Report) -> Iterator[Block]:
    yield Heading(_("Of how many the pixels say something"))
    yield Paragraph(
        _(
            "Where a number from the pixels would mean nothing, none is given, and the reason is "
            "told; a picture may have several. The figures of the pixels alone are over pictures "
            "that have a ratio; in those of the whole assessment a picture without any evidence "
            "counts with a ratio of 1."
        )
    )
    rows = []
    for name in CLASSES:
        found = report["coverage"][name]
        share = found["with_ratio"] / found["pictures"] if found["pictures"] else None
        rows.append(
            (words.origin(name), _("with a ratio"), str(found["with_ratio"]), percent(share))
        )
        for reason, count in found["without"].items():
            part = percent(count / found["pictures"])
            rows.append((words.origin(name), words.reason(reason), str(count), part))
    yield Table((_("class"), _("pixels"), _("pictures"), _("share")), tuple(rows), text_columns=2)


def _apart(report: Report) -> Iterator[Block]:
    rows = [
        (
            words.origin(origin),
            words.system(name),
            str(found["pictures"]),
            str(found["with_ratio"]),
            str(found["for_capture"]),
            str(found["for_synthetic"]),
            number(found["log10_lr_percentiles"].get("50"), 2),
        )
        for origin, systems in report["apart"].items()
        for name, found in systems.items()
        if found["pictures"]
    ]
    if not rows:
        return
    yield Heading(_("Hybrids and graphics"))
    yield Paragraph(
        _(
            "Neither proposition is wholly true of them, so that there is no right answer to "
            "measure against; they stand in no figure above. Where their ratios lie says what "
            "would become of them in the order of work."
        )
    )
    yield Table(
        (
            _("class"), _("by"), _("pictures"), _("with a ratio"), _("for capture"),
            _("for synthetic"), _("median log10"),
        ),
        tuple(rows),
        text_columns=2,
    )  # fmt: skip


def _limits(report: Report) -> Iterator[Block]:
    fit = report["versions"]["fit"]
    yield Heading(_("Limits"))
    yield Paragraph(
        _(
            "These figures hold for pictures like those of the truth file, by these versions. They "
            "say nothing of cameras, generators and ways of spreading that are not in it, and they "
            "flatter where pictures of it served to fit what is measured."
        )
    )
    if fit["of_this_site"]:
        yield Paragraph(
            _(
                "The ratios of the pixels were fitted at this site (version {version}): other "
                "pictures of the same cameras and generators flatter it too.",
                version=fit["version"],
            )
        )
    if fit["refused"]:
        yield Paragraph(fit["refused"])


def _reproduce(report: Report) -> Iterator[Block]:
    versions, fit = report["versions"], report["versions"]["fit"]
    network = f"{versions['network']['version']}, {versions['network']['card_sha256']}"
    yield Heading(_("To repeat and to check"))
    yield Paragraph(
        _("The same truth file, pictures and versions make the same report to the last byte:")
    )
    yield Paragraph(_command(report), "code")
    yield Paragraph(
        _("signature.json beside this file names its SHA-256, who signed, when and by which key:")
    )
    yield Paragraph("tamis validate --verify FOLDER --key HEX", "code")
    rows = [
        ("Tamis", versions["tamis"]),
        (_("truth file, SHA-256"), report["truth"]["sha256"]),
        (_("network, version and card"), network),
        (_("fit of the pixels"), f"{fit['version']}, {fit['sha256']}"),
        (_("table of declarations"), versions["declarations_sha256"]),
        *((name, version or "–") for name, version in versions["examinations"].items()),
        *((name, version or "–") for name, version in versions["libraries"].items()),
    ]  # fmt: skip
    yield Table((_("what"), _("version")), tuple(rows), text_columns=2)


def _command(report: Report) -> str:
    language = current_language()
    command: str = report["command"]
    return (
        command if language == "en" else command.replace("tamis ", f"tamis --lang {language} ", 1)
    )
