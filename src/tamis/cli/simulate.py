"""``tamis simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, csv_line, remark, say, table
from tamis.cli.status import remark_on_waiting
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FEW = 10
"""Fewer groups than this give intervals that are too narrow to rely on."""
_MOST = 5


def simulate(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    truth: Annotated[
        Path,
        typer.Option(metavar="FILE", help=_("CSV: origin, and sha256 or path; group if wanted.")),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=_("Folder for curves and pictures; made if absent.")),
    ] = None,
    resamples: Annotated[
        int,
        typer.Option(min=1, max=100_000, metavar="N", help=_("Drawings that intervals rest on.")),
    ] = 1000,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Replay the queue against known truth."""
    from tamis.cli.site import up_to_date
    from tamis.config import settings
    from tamis.pipeline.simulating import simulate as run
    from tamis.pipeline.truth import read
    from tamis.store import files

    told = read(truth)
    with up_to_date(case) as store:
        seed = store.seed()
        with store.read() as connection:
            waiting = files.waiting(connection)
            found = run(connection, settings(), seed, told, resamples)
    if output is not None:
        _write(output, found)
    if json:
        say(as_json(_without_curves(found)))
    else:
        _print(found)
    if output is not None:
        remark(_("Written to {file}", file=printable(str(output))))
    if waiting:
        remark(remark_on_waiting(case, waiting))


def _without_curves(found: dict[str, Any]) -> dict[str, Any]:
    """The numbers; the curves are some thousand more, in a file of their own."""
    return {name: value for name, value in found.items() if name not in ("viewed", "curves")}


def _write(folder: Path, found: dict[str, Any]) -> None:
    from tamis.pipeline.explain_writing import written
    from tamis.report.budget import FORMATS, draw

    contents = {
        folder / f"budget.{form}": draw(found["viewed"], found["curves"], _called(), form)
        for form in FORMATS
    }
    contents[folder / "curves.csv"] = "".join(f"{line}\n" for line in _curves(found)).encode()
    contents[folder / "simulation.json"] = (as_json(_without_curves(found)) + "\n").encode()
    with written(folder, contents):
        pass


def _curves(found: dict[str, Any]) -> Iterator[str]:
    names = list(found["curves"])
    ends = ("", "_low", "_high")
    yield csv_line(["viewed", *(f"{name}{end}" for name in names for end in ends)])
    for number, viewed in enumerate(found["viewed"]):
        points = (found["curves"][name][number] for name in names)
        yield csv_line([viewed, *(value for point in points for value in point)])


def _called() -> dict[str, str]:
    """What orders are called, by their names."""
    return {
        "queue": _("queue of Tamis"),
        "declared": _("declarations alone"),
        "network": _("network alone"),
        "size": _("largest file first"),
        "path": _("path"),
        "date": _("oldest file first"),
        "random": _("random"),
        "best": _("best possible"),
    }


def _print(found: dict[str, Any]) -> None:
    called = _called()
    table(
        (
            _("order"),
            _("area"),
            *(_("found at {part}", part=_percent(part)) for part in found["budgets"]),
            *(_("to view for {part}", part=_percent(part)) for part in found["targets"]),
        ),
        (
            (
                called[name],
                _area(order["area"]),
                *(_share(figure) for figure in (*order["found"], *order["to_view"])),
            )
            for name, order in found["orders"].items()
        ),
    )
    say()
    for line in (*_about(found), *_of_groups(found["groups"]), *_of_the_last(found["last"])):
        say(line)


def _about(found: dict[str, Any]) -> Iterator[str]:
    """What was replayed, and what the intervals are."""
    counts, intervals = found["counts"], found["intervals"]
    yield _(
        "{real} real pictures in {holding} of {stacks} stacks. A stack is viewed through its "
        "representative; whoever views it has found all real pictures in it.",
        real=counts["real"],
        holding=counts["stacks_with_real"],
        stacks=counts["stacks"],
    )
    if counts["real_behind_another"]:
        yield _(
            "{number} real pictures lie behind a representative that is not known to be real: "
            "they are found only by who opens the stack.",
            number=counts["real_behind_another"],
        )
    words = {"group": _("groups"), "stack": _("stacks")}
    yield _(
        "In brackets: 95 % intervals, from {number} drawings with replacement of {real} {units} "
        "with real pictures and {others} without; of the random order, from as many shuffles.",
        number=intervals["resamples"],
        units=words[intervals["by"]],
        real=intervals["real"],
        others=intervals["others"],
    )
    if min(intervals["real"], intervals["others"]) < _FEW:
        yield _("So few of them make intervals that are too narrow.")
    if counts["without_truth"]["media"]:
        yield _(
            "Left out: {media} media without truth; {stacks} stacks hold nothing else.",
            **counts["without_truth"],
        )
    if counts["not_queued"]:
        yield _(
            "{number} media of the truth are in the case but not in its queue.",
            number=counts["not_queued"],
        )
    if counts["not_in_case"]:
        yield _(
            "{number} rows of the truth name nothing in this case, the first in line {line}.",
            number=counts["not_in_case"],
            line=counts["lines_not_in_case"][0],
        )


def _of_groups(groups: Sequence[dict[str, Any]]) -> Iterator[str]:
    if len(groups) > 1:
        yield ""
        yield _("Groups of real pictures that the queue shows late (half of them viewed by):")
        for row in groups[:_MOST]:
            name = printable(row["group"])
            yield f"  {_percent(row['median'])}  {name} ({row['real']})"


def _of_the_last(last: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield _("The real pictures that come last, and after how much viewing:")
    for row in reversed(last[-_MOST:]):
        why = "; ".join(row["reasons"])
        yield f"  {_percent(row['viewed'])}  {row['sha256'][:16]}  {row['path']}  {why}"


def _area(figure: Sequence[float]) -> str:
    value, low, high = figure
    return f"{value:.2f} ({low:.2f}–{high:.2f})"


def _share(figure: Sequence[float]) -> str:
    value, low, high = (f"{100 * share:.0f}" for share in figure)
    return f"{value} % ({low}–{high})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
