"""``tamis elusion``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tamis.cli.output import as_json, remark, say, table
from tamis.cli.status import remark_on_waiting
from tamis.cli.text import whole
from tamis.errors import UsageError
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.pipeline.drawing import Scope

_MOST = 10


def elusion(
    case: Annotated[Path, typer.Argument(metavar="CASE", help=_("Folder of the case."))],
    draw: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=_("Draw so many places more."))
    ] = None,
    fewer_than: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="K", help=_("Plan until fewer than so many real pictures remain.")
        ),
    ] = None,
    confidence: Annotated[
        float, typer.Option(help=_("Of all statements, above 0.5 and below 1."))
    ] = 0.95,
    from_rank: Annotated[
        int | None,
        typer.Option(min=1, metavar="R", help=_("Where the tail begins; else the whole queue.")),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(
            callback=lambda values: [whole(value) for value in values or []] or None,
            help=_("Count real pictures of this category only; repeatable."),
        ),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help=_("Begin another test, of the queue as it is now."))
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Bound the real pictures that nobody has looked at, from a random sample."""
    if not 0.5 < confidence < 1:
        raise UsageError(_("a confidence lies above 0.5 and below 1"))
    if new and draw is None:
        raise UsageError(_("--new begins a test: say with --draw how many places to draw"))
    from tamis.cli.site import up_to_date
    from tamis.pipeline.drawing import Scope
    from tamis.pipeline.elusion_view import view
    from tamis.store import files

    scope = Scope(from_rank, tuple(sorted(set(category))) if category else None)
    if draw is not None:
        _draw(case, draw, scope, new=new)
    with up_to_date(case) as store, store.read() as connection:
        waiting = files.waiting(connection)
        found = view(connection, scope, confidence, fewer_than)
    if json:
        say(as_json(found))
    else:
        _print(found)
    if waiting:
        remark(remark_on_waiting(case, waiting))


def _draw(case: Path, number: int, scope: Scope, *, new: bool) -> None:
    from tamis.cli.site import existing_site
    from tamis.config import settings
    from tamis.pipeline.drawing import draw
    from tamis.store.database import open_store

    with open_store(case) as store, store.only_writer(), existing_site() as site:
        draw(store, settings(), site, number, scope, new=new)


def _print(found: dict[str, Any]) -> None:
    if found["to_look_at"]:
        table(
            (_("rank"), _("path"), "sha256", _("lacks")),
            (
                (row["rank"], row["path"], row["sha256"], _lacking(row))
                for row in found["to_look_at"]
            ),
            right=1,
        )
        say()
    for line in _statement(found):
        say(line)
    for line in _limits(found["not_covered"]):
        say(line)


def _lacking(row: dict[str, Any]) -> str:
    return {"decision": "", "origin": "--origin", "category": "--category"}[row["lacks"]]


def _statement(found: dict[str, Any]) -> Iterator[str]:
    """What was drawn, what follows from it, and what it would take to say more."""
    tail, test, sample = found["tail"], found["test"], found["sample"]
    if test is None:
        yield _(
            "No sample is drawn. The tail would be {places} places of the queue; --draw N begins.",
            places=tail["places"],
        )
    else:
        yield _(
            "Test {number}: a tail of {places} places, from rank {rank} on, fixed at {at}.",
            number=test["number"],
            places=tail["places"],
            rank=test["from_rank"],
            at=test["begun"],
        )
        if test["categories"]:
            names = ", ".join(printable(name) for name in test["categories"])
            yield _("Real pictures count in these categories only: {names}.", names=names)
        yield from _on_sample(tail, sample)
        yield from _on_bound(found)
    for plan in found["plan"]:
        yield _planned(plan, found["confidence"])
    if test is not None and test["number"] > 1:
        yield _(
            "{number} tests were begun in this case. Each holds by itself, the best of them does "
            "not; report all.",
            number=test["number"],
        )


def _on_sample(tail: dict[str, int], sample: dict[str, int]) -> Iterator[str]:
    yield _(
        "Drawn at random: {drawn}. Judged: {judged}, real of these: {real}.",
        drawn=sample["drawn"],
        judged=sample["judged"],
        real=sample["real"],
    )
    if sample["revised"]:
        yield _(
            "{number} were judged real once and otherwise later: they count as real.",
            number=sample["revised"],
        )
    if sample["passed_over"]:
        yield _(
            "{number} were passed over: until they are judged they count as real.",
            number=sample["passed_over"],
        )
    if sample["counted"] - sample["passed_over"] < sample["judged"]:
        yield _(
            "The bound rests on the first {number} drawn: look at them in the order of drawing.",
            number=sample["counted"],
        )
    if tail["judged"] > sample["judged"]:
        yield _(
            "Judged in the tail outside the sample: {judged}, real of these: {real}.",
            judged=tail["judged"] - sample["judged"],
            real=tail["real"] - sample["real"],
        )


def _on_bound(found: dict[str, Any]) -> Iterator[str]:
    bound, unjudged = found["bound"], found["tail"]["unjudged"]
    sure = _percent(found["confidence"])
    if bound["broken"]:
        yield _(
            "The tail held more real pictures than this sample allowed for, as happens in fewer "
            "than {part} of tests. It says nothing any more; begin another test with --new.",
            part=_percent(1 - found["confidence"]),
        )
    elif not unjudged:
        yield _("Every place of the tail was judged: none remains.")
    elif not found["sample"]["judged"]:
        yield _(
            "None of the sample was judged, so nothing can be said: all {number} places that "
            "nobody has judged may be real.",
            number=unjudged,
        )
    elif not bound["says_something"]:
        yield _(
            "Too few of the sample were judged to say anything: all {number} places that nobody "
            "has judged may be real.",
            number=unjudged,
        )
    else:
        yield _(
            "With {sure} confidence at most {remaining} real pictures remain among the {number} "
            "places that nobody has judged. This holds at any time: looking again, and drawing "
            "more, does not break it.",
            sure=sure,
            remaining=bound["remaining"],
            number=unjudged,
        )
    if found["stated_bound"] is not None and unjudged:
        yield _(
            "If this size was settled before anything was looked at: at most {remaining}.",
            remaining=found["stated_bound"],
        )


def _planned(plan: dict[str, Any], confidence: float) -> str:
    sure, goal = _percent(confidence), plan["fewer_than"]
    if not plan["more"]:
        return _("Fewer than {goal} remain, with {sure} confidence: reached.", goal=goal, sure=sure)
    told = _(
        "To be {sure} sure that fewer than {goal} remain: look at {more} more and find none",
        sure=sure,
        goal=goal,
        more=plan["more"],
    )
    others = [_("{more} with {real} found", **case) for case in plan["if_found"]]
    return "; ".join([told, *others]) + "."


def _limits(not_covered: dict[str, Any]) -> Iterator[str]:
    """What the statement is not about."""
    before, since = not_covered["before"], not_covered["since"]
    if before["places"]:
        yield _(
            "Not covered: {number} places before the tail, {undecided} of them still undecided.",
            number=before["places"],
            undecided=before["undecided"],
        )
    if not_covered["bands"]:
        sizes = ", ".join(f"{band} {number}" for band, number in not_covered["bands"].items())
        yield _("Not covered: the other bands of the queue ({sizes}).", sizes=sizes)
    if since:
        yield _(
            "Not covered: {number} places that came later; --new begins a test that covers them:",
            number=len(since),
        )
        for row in since[:_MOST]:
            yield f"  {row['sha256']}  {row['path']}"
        if len(since) > _MOST:
            yield "  " + _("… and {number} more; --json has all", number=len(since) - _MOST)


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"
