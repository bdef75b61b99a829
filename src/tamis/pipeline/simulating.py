"""Replays the queue of a case against known truth, as `tamis simulate` prints it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.errors import TruthError
from tamis.i18n import _
from tamis.pipeline.known_truth import matched
from tamis.pipeline.simulated_orders import ORDERS, replayed
from tamis.pipeline.truth import ORIGINS
from tamis.store import files, media
from tamis.triage import simulator
from tamis.triage.unseen import REAL

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import sqlalchemy as sa
    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.pipeline.simulated_orders import Replayed
    from tamis.pipeline.truth import Truth, TruthRow
    from tamis.triage.simulator import Figure, Summary

    Known = Mapping[int, TruthRow]

_LAST = 10
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Labelled:
    """The stacks of which something is known; one entry to each.

    Args:
        numbers: of the stacks, among all.
        real: real media in each.
        groups: what each belongs to; itself where the truth names no group.
        named: whether the truth names one.
    """

    numbers: tuple[int, ...]
    real: NDArray[np.int64]
    groups: tuple[Hashable, ...]
    named: bool


def simulate(
    connection: sa.Connection,
    settings: Settings,
    seed: bytes,
    truth: Truth,
    resamples: int,
) -> dict[str, Any]:
    """Return what a replay says; JSON-compatible.

    Args:
        connection: to the case.
        settings: of the site.
        seed: of the case.
        truth: what its pictures are known to be.
        resamples: drawings of the bootstrap, and shuffles of the random order; at least 1.

    Raises:
        TruthError: the truth contradicts itself, or knows one class only of this case.
        PolicyError: the site's policy is wrong.
    """
    known, unfound = matched(connection, truth)
    stacks, keys = replayed(connection, settings, seed)
    stacked = {key for members in stacks.members for key in members}
    queued = {key: row for key, row in known.items() if key in stacked}
    _check_classes(truth.file, queued)
    labelled = _labelled(stacks, queued)
    own = {name: keys[name][list(labelled.numbers)] for name in ORDERS}
    summaries = _summaries(own, labelled, resamples)
    return {
        "counts": _counts(stacks, queued, labelled)
        | {
            "not_queued": len(known) - len(queued),
            "not_in_case": len(unfound),
            "lines_not_in_case": [row.line for row in unfound],
        },
        "intervals": _intervals(labelled, resamples),
        "budgets": list(simulator.BUDGETS),
        "targets": list(simulator.TARGETS),
        "orders": {name: _told(summary) for name, summary in summaries.items()},
        "viewed": simulator.grid().tolist(),
        "curves": {
            name: [_figure(each) for each in summary.curve] for name, summary in summaries.items()
        },
        **_late(connection, stacks, queued, labelled, own["queue"]),
    }


def _check_classes(file: str, known: Known) -> None:
    """Make sure that there is something to find, and something to find it among."""
    sides = {row.origin in REAL for row in known.values()}
    if len(sides) == 2:
        return
    reasons = {
        frozenset(): _("it names no picture of the queue of this case"),
        frozenset({True}): _("all it names in this queue is real: there is nothing to sort out"),
        frozenset({False}): _("nothing it names in this queue is real: there is nothing to find"),
    }
    raise TruthError(_("{file}: {fault}", file=file, fault=reasons[frozenset(sides)]))


def _labelled(stacks: Replayed, known: Known) -> _Labelled:
    numbers, real, groups = [], [], []
    named = False
    for number, members in enumerate(stacks.members):
        rows = [known[key] for key in members if key in known]
        if not rows:
            continue
        found = [row for row in rows if row.origin in REAL]
        group = next((row.group for row in (found or rows) if row.group), None)
        named = named or group is not None
        numbers.append(number)
        real.append(len(found))
        groups.append(number if group is None else group)
    return _Labelled(tuple(numbers), np.array(real), tuple(groups), named)


def _summaries(
    keys: Mapping[str, NDArray[np.float64]], labelled: _Labelled, resamples: int
) -> dict[str, Summary]:
    real, groups = labelled.real, labelled.groups
    found = {name: simulator.replay(keys[name], real, groups, resamples) for name in ORDERS}
    found["random"] = simulator.by_chance(real, resamples)
    found["best"] = simulator.replay(simulator.best_keys(real), real, groups, resamples)
    return found


def _counts(stacks: Replayed, known: Known, labelled: _Labelled) -> dict[str, Any]:
    origins = Counter(row.origin for row in known.values())
    members = [stacks.members[number] for number in labelled.numbers]
    return {
        "stacks": len(members),
        "stacks_with_real": int(np.count_nonzero(labelled.real)),
        "media": {origin: origins[origin] for origin in ORIGINS},
        "real": int(labelled.real.sum()),
        "real_behind_another": sum(
            _is_real(known, key)
            for number, stacked in zip(labelled.numbers, members, strict=True)
            for key in stacked
            if not _is_real(known, stacks.ids[number])
        ),
        "without_truth": {
            "stacks": len(stacks.ids) - len(members),
            "media": sum(map(len, stacks.members)) - len(known),
        },
    }


def _is_real(known: Known, key: int) -> bool:
    return key in known and known[key].origin in REAL


def _intervals(labelled: _Labelled, resamples: int) -> dict[str, Any]:
    real, others = simulator.Resampling(labelled.groups, labelled.real > 0).sizes
    return {
        "level": simulator.LEVEL,
        "resamples": resamples,
        "by": "group" if labelled.named else "stack",
        "real": real,
        "others": others,
    }


def _told(summary: Summary) -> dict[str, Any]:
    return {
        "area": _figure(summary.area),
        "found": [_figure(each) for each in summary.found],
        "to_view": [_figure(each) for each in summary.to_view],
    }


def _figure(figure: Figure) -> list[float]:
    return [round(value, _DIGITS) for value in (figure.value, figure.low, figure.high)]


def _late(
    connection: sa.Connection,
    stacks: Replayed,
    known: Known,
    labelled: _Labelled,
    keys: NDArray[np.float64],
) -> dict[str, Any]:
    """Return which real pictures the queue shows last, and when those of each group."""
    ranks = np.argsort(np.argsort(keys)) + 1
    found = sorted(
        (int(rank), key, stacks.ids[number])
        for rank, number in zip(ranks, labelled.numbers, strict=True)
        for key in stacks.members[number]
        if _is_real(known, key)
    )
    last = found[-_LAST:]
    digests = media.digests_of(connection, [key for _, key, _ in last])
    paths = files.paths_of(connection, [key for _, key, _ in last])
    by_group: dict[str, list[int]] = defaultdict(list)
    for rank, key, _stack in found:
        if known[key].group:
            by_group[known[key].group].append(rank)
    total = len(labelled.numbers)
    groups = [
        {
            "group": group,
            "real": len(places),
            "median": round(float(np.median(places)) / total, _DIGITS),
            "last": round(max(places) / total, _DIGITS),
        }
        for group, places in by_group.items()
    ]
    return {
        "groups": sorted(groups, key=lambda row: (-float(str(row["median"])), str(row["group"]))),
        "last": [
            {
                "sha256": digests[key].hex(),
                "path": paths.get(key, ""),
                "group": known[key].group,
                "viewed": round(rank / total, _DIGITS),
                "reasons": list(stacks.places[stack].reasons),
            }
            for rank, key, stack in last
        ],
    }
