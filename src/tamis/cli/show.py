"""``tamis show``."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, say, shown
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 400
"""Characters of one value: a workflow has a hundred thousand."""
_MOST = 12
"""Items of one list."""
_STEP = "  "
_ESCAPED = ("source", "path")


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
    from tamis.config import settings
    from tamis.pipeline.media_view import view

    with up_to_date(case) as store, store.read() as connection:
        found = view(connection, media, settings())
    if json:
        say(as_json(found))
    else:
        for heading, value in found.items():
            say(_(heading))
            for line in _section(heading, value) or [_("nothing")]:
                say(_STEP + line)


def _section(heading: str, value: Any) -> list[str]:  # noqa: ANN401 - a part of the JSON shown
    if heading == "observations":
        return list(_observations(value))
    if heading == "assessment":
        return list(_assessment(value))
    if heading == "links":
        return [_link(item) for item in value]
    if isinstance(value, dict):  # of a PDQ seven hashes more, for programs
        return [
            f"{name}: {_brief(detail)}"
            for name, detail in value.items()
            if not name.endswith("_orientations")
        ]
    return [_line(item) for item in value]


def _line(item: Any) -> str:  # noqa: ANN401 - a part of the JSON shown
    if isinstance(item, dict):
        return ", ".join(
            # Names of files are escaped already, where they are made.
            f"{name} {value if name in _ESCAPED else _brief(value)}"
            for name, value in item.items()
            if value not in ("", None)
        )
    return _brief(item)


def _link(item: dict[str, Any]) -> str:
    evidence = {name: detail for name, detail in item["evidence"].items() if detail != ""}
    where = f" ({item['path']})" if item.get("path") else ""
    bits = "" if item["score"] is None else _(", {number} bits", number=item["score"])
    return f"{item['type']} {item['sha256'][:16]}{where}: {_line(evidence)}{bits}"


def _observations(found: list[dict[str, Any]]) -> Iterator[str]:
    """Each examination once, in its version in force where it has been carried out in that."""
    for examination, items in groupby(found, key=itemgetter("examination")):
        rows = list(items)
        shown_rows = [row for row in rows if row["in_force"]]
        if not shown_rows:
            latest = rows[-1]["version"]
            shown_rows = [row for row in rows if row["version"] == latest]
        version = shown_rows[0]["version"]
        heading = _("{examination}, version {version}", examination=examination, version=version)
        if not shown_rows[0]["in_force"]:
            heading += _(" (no longer in force: scan again)")
        yield heading
        for row in shown_rows:
            lines = list(_nested(row["name"], row["value"]))
            if row["score"] is not None:
                lines[0] += _(" (score {score})", score=f"{row['score']:.3g}")
            yield from (_STEP + line for line in lines)
        older = len({row["version"] for row in rows}) - 1
        if older:
            yield _STEP + _("older versions: {number}; --json has all", number=older)


def _nested(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - a part of the JSON shown
    """A value under its name, one thing on a line."""
    if isinstance(value, dict):
        yield f"{_brief(name)}:"
        for key, detail in value.items():
            for line in _nested(key, detail):
                yield _STEP + line
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value[:_MOST], start=1):
            yield from _nested(f"{name} {number}", item)
        if len(value) > _MOST:
            yield _("… and {number} more; --json has all", number=len(value) - _MOST)
    elif isinstance(value, list):
        yield f"{_brief(name)}: {_brief('; '.join(str(item) for item in value))}"
    elif isinstance(value, str) and "\n" in value and len(value) <= _LONGEST:
        yield f"{_brief(name)}:"  # a prompt reads better as it was written
        for line in value.splitlines():
            yield _STEP + shown(line)
    else:
        yield f"{_brief(name)}: {_brief(value)}"


def _assessment(found: dict[str, Any]) -> Iterator[str]:
    """What all evidence supports; then each declaration, its cap, and why no more."""
    yield from _weighed(found)
    for item in found["declarations"]:
        yield _claim(item)
        if item["real"] and item["generated"]:
            yield _STEP + _(
                "met in {real} of {reals} real and {generated} of {all_generated} generated files",
                real=item["real"][0],
                reals=item["real"][1],
                generated=item["generated"][0],
                all_generated=item["generated"][1],
            )
        elif item["claims"] != "alteration":
            yield _STEP + _("A judgement: no file of the corpus makes this claim.")
        yield _STEP + _(item["reason"])
        yield _STEP + _basis(item["rests_on"], lowers=item["lowers"])


def _weighed(found: dict[str, Any]) -> Iterator[str]:
    """The ratio of all evidence in words and figures, and what each piece adds to it."""
    if not found["contributions"]:
        yield _("No evidence: neither proposition is supported.")
        return
    words = _(found["strength"].replace("_", " "))
    if found["supports"]:
        yield _(
            "{strength} support: {proposition}", strength=words, proposition=_(found["supports"])
        )
    else:
        yield _("The evidence supports neither proposition.")
    yield _posterior(found)
    for part in found["contributions"]:
        yield _STEP + f"{part['log10_lr']:+.2f} {_(part['group'])}: {part['name']}"
    if found["conflict"]:
        yield _("Conflict: what is declared and what the pixels show do not agree.")


def _posterior(found: dict[str, Any]) -> str:
    """The ratio, and what follows under the prior in force."""
    if found["p_capture"] is None:
        return _("log10 LR {ratio:+.2f}; no prior is in force", ratio=found["log10_lr"])
    told = {
        "stated": _(
            "log10 LR {ratio:+.2f}; with the stated prior of {prior}, the probability of a capture "
            "is {chance}"
        ),
        "estimated": _(
            "log10 LR {ratio:+.2f}; with the estimated prior of {prior}, the probability of a "
            "capture is {chance}"
        ),
    }[found["prior"]]
    return told.format(
        ratio=found["log10_lr"],
        prior=f"{found['prior_capture']:.3g}",
        chance=f"{found['p_capture']:.3g}",
    )


def _basis(rests_on: str, *, lowers: bool) -> str:
    """What a declaration rests on, and what it may do to the place of the file."""
    if lowers:
        return _("It rests on a signer whom this site trusts and may lower the file in the queue.")
    return {
        "file": _("It rests on the file alone and never lowers it in the queue."),
        "signer": _("It rests on a signer whom this site trusts."),
        "key": _("It rests on the key of the service, and never lowers the file."),
    }[rests_on]


def _claim(item: dict[str, Any]) -> str:
    name, ratio = item["declaration"], 10 ** abs(item["log10_lr"])
    if item["claims"] == "alteration":
        return _("{name}: claims that a model altered a picture", name=name)
    sentence = {
        "capture": _("{name}: supports camera capture, likelihood ratio {ratio}"),
        "synthesis": _("{name}: supports synthesis, likelihood ratio {ratio}"),
    }[item["claims"]]
    text = sentence.format(name=name, ratio=f"{ratio:.0f}")
    measured = item["measured_log10_lr"]
    if measured is not None and abs(measured) > abs(item["log10_lr"]) + 0.001:
        text += _(" (counts alone give {counted})", counted=f"{10 ** abs(measured):.0f}")
    return text


def _brief(value: object) -> str:
    """A value on one line, cut where it is long."""
    text = f"{value:.6g}" if isinstance(value, float) else shown(value)
    if len(text) <= _LONGEST:
        return text
    return _(
        "{start}… ({number} characters; --json has all)", start=text[:_LONGEST], number=len(text)
    )
