"""A simulated flood: how soon the real pictures are found among 20 000 files, in several orders.

What is real here: every score. `WHOLE.csv` holds what a scan sees of whole files which the network
that scored them did not know (`python -m tamis.training` writes it): of each part, generators and
their families of which that network saw nothing, and photographs of sources it saw (other pictures
of them) or did not. The likelihood ratios of a part are fitted and bounded on the other parts.
Stacks are ordered by `tamis.triage.queue.order` under the default policy.

What is simulated: the flood. Groups (sources, generator families) of one part are drawn with
replacement, as many as there are, and from their pictures 14 000 stacks, also with replacement: 5 %
photographs, 95 % synthetic, each as a forum leaves it (reduced, saved again, without metadata). The
other 6 000 files, 30 % of all, are near duplicates of these: the same picture once more as forums
or messengers leave it. Files lie in threads, each of one group and of 1 to 40 files in random
order; the near duplicates lie in any. `stamped` is the same flood where somebody put the metadata
of a camera on every synthetic picture, and no photograph has any: the worst that comes of the rule
that a declaration only raises. It is replayed under the policy as it is, as if pixels that look
synthetic raised a claimed capture as well (`both ways`), and as if cameras raised less. `tied` is
the flood without stamps as if what the bounds of ratios make equal were left to chance.

What is not: declarations (none survives a forum), hash lists, decisions, broken files, graphics,
hybrids, attacks, stacks that join what differs or miss what belongs together, and the variety of
20 000 pictures: a part holds a hundred photographs or so, so that each stands in a flood several
times. The intervals are of 95 % of the floods, over parts and drawings of groups; they show that
variety as far as the corpus has it. `size` is flattered or harmed by the corpus, whose photographs
and synthetic pictures differ in size as no forum's would; it is there to be seen, not to be cited.

    python bench/flood.py WHOLE.csv --corpus CORPUS --json
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import zlib
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from tamis.assess import fusion
from tamis.assess.pixels import STRATA
from tamis.assess.verbal import support
from tamis.report.budget import draw as draw_curves
from tamis.training import whole
from tamis.training.assessing import (
    NAMES,
    bounds_of,
    captures_of,
    held_out,
    is_new,
    said_of,
    scores_of,
    within,
)
from tamis.training.cross import SEED
from tamis.triage import MemberFacts, StackFacts, load_policy, order
from tamis.triage.simulator import BUDGETS, TARGETS, Curve, Order, grid

FILES, NEAR, REAL = 20_000, 0.30, 0.05
WAYS_OF_COPIES = ("forum", "messenger")
MOST_IN_A_THREAD = 40
MEASURES = (
    "area",
    *(f"found at {budget:.0%}" for budget in BUDGETS),
    *(f"to view for {target:.0%}" for target in TARGETS),
)


@dataclass(frozen=True)
class Picture:
    """One picture of a part: its rows, and what was made of them, by the way it came."""

    path: str
    real: bool
    group: str
    rows: dict[str, whole.Seen]
    ratios: dict[str, tuple[float, float]]


def ratios(rows: list[whole.Seen], part: int) -> tuple[np.ndarray, np.ndarray]:
    """log10 likelihood ratios of a part by what the other parts support, and before bounds."""
    own = [row for row in rows if row.part == part]
    bounded, raw = np.zeros(len(own)), np.zeros(len(own))
    for name in STRATA:
        names = NAMES[name]
        others = [
            row for row in within(rows, name) if row.part != part and is_new(row) and said_of(row)
        ]
        given, capture = scores_of(others, names), captures_of(others)
        honest = held_out(given, capture, [row.part for row in others], names)
        here = [at for at, row in enumerate(own) if within([row], name) and said_of(row)]
        if here:
            fitted = fusion.fit(given, capture, names)
            raw[here] = fitted.log10_lr(scores_of([own[at] for at in here], names))
            bounded[here] = bounds_of(honest, capture).clip(raw[here])
    return bounded, raw


def pictures(rows: list[whole.Seen], part: int) -> list[Picture]:
    found: dict[str, Picture] = {}
    own = [row for row in rows if row.part == part]
    for row, *ratio in zip(own, *ratios(rows, part), strict=True):
        one = found.setdefault(row.path, Picture(row.path, not row.synthetic, row.group, {}, {}))
        one.rows[row.way], one.ratios[row.way] = row, (float(ratio[0]), float(ratio[1]))
    return [one for one in found.values() if len(one.rows) == len(whole.WAYS)]


@dataclass(frozen=True)
class Flood:
    """The members of each stack (picture and way), and the thread each file lies in."""

    stacks: list[list[tuple[Picture, str]]]
    threads: list[list[int]]


def drawn(known: list[Picture], way: str, rng: np.random.Generator) -> Flood:
    """A flood of one part."""
    stacks = round(FILES * (1 - NEAR))
    of_real = round(stacks * REAL)
    chosen = [
        *draw(known, True, of_real, rng),
        *draw(known, False, stacks - of_real, rng),
    ]
    members = [[(one, way)] for one in chosen]
    threads = [[thread] for thread in in_threads(chosen, rng)]
    for stack in rng.integers(0, stacks, FILES - stacks).tolist():
        members[stack].append((chosen[stack], str(rng.choice(WAYS_OF_COPIES))))
        threads[stack].append(int(rng.integers(0, 2**31)))
    return Flood(members, threads)


def draw(known: list[Picture], real: bool, number: int, rng: np.random.Generator) -> list[Picture]:
    """Pictures of groups drawn with replacement, themselves drawn with replacement."""
    by_group: dict[str, list[Picture]] = defaultdict(list)
    for one in known:
        if one.real is real:
            by_group[one.group].append(one)
    names = sorted(by_group)
    pool = [one for name in rng.choice(names, len(names)) for one in by_group[name]]
    return [pool[at] for at in rng.integers(0, len(pool), number).tolist()]


def in_threads(chosen: list[Picture], rng: np.random.Generator) -> list[int]:
    """A random number for each picture, the same for those of one thread."""
    threads = np.empty(len(chosen), np.int64)
    by_group: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(chosen):
        by_group[one.group].append(number)
    for group in sorted(by_group):
        waiting = rng.permutation(by_group[group])
        while len(waiting):
            size = int(rng.integers(1, MOST_IN_A_THREAD + 1))
            threads[waiting[:size]] = rng.integers(0, 2**31)
            waiting = waiting[size:]
    return threads.tolist()


@dataclass(frozen=True)
class Stamp:
    """The metadata of a camera on every synthetic picture, and what a policy makes of it.

    `both_ways`: that the pixels speak against it raises as well. `camera`: the weight, if another.
    `tied`: what the bounds make equal is left to chance.
    """

    both_ways: bool = False
    camera: float | None = None
    tied: bool = False


def ranks(
    flood: Flood,
    digests: list[bytes],
    seed: int,
    stamp: Stamp | None = None,
    *,
    stamped: bool = True,
) -> np.ndarray:
    """The places in the queue of Tamis."""
    policy = load_policy()
    if stamp is not None and stamp.camera is not None:
        policy = replace(policy, weights={**policy.weights, "camera": stamp.camera})
    facts = [
        StackFacts(digest, tuple(member(digest, one, way, stamp, stamped) for one, way in stack))
        for digest, stack in zip(digests, flood.stacks, strict=True)
    ]
    places = {place.sha256: place.rank for place in order(facts, policy, b"%d" % seed)}
    return np.array([places[digest] for digest in digests], float)


def member(
    digest: bytes, one: Picture, way: str, stamp: Stamp | None, stamped: bool
) -> MemberFacts:
    (ratio, raw), camera = one.ratios[way], stamped and stamp is not None and not one.real
    against = support(ratio).proposition == 1
    conflict = stamp is not None and stamp.both_ways and camera and against
    lean = 0.0 if stamp is not None and stamp.tied else raw
    return MemberFacts(digest, pixels=ratio, lean=lean, camera=camera, conflict=conflict)


def keys_of(flood: Flood, seed: int, sizes: Sizes | None) -> dict[str, np.ndarray]:
    """The keys of every order; a stack stands where the first of its members would."""

    def first(key) -> np.ndarray:
        return np.array([min(key(*member) for member in stack) for stack in flood.stacks])

    digests = [hashlib.sha256(b"%d %d" % (seed, at)).digest() for at in range(len(flood.stacks))]
    keys = {
        "queue": ranks(flood, digests, seed),
        "queue, tied": ranks(flood, digests, seed, Stamp(tied=True), stamped=False),
        "queue, stamped": ranks(flood, digests, seed, Stamp()),
        "queue, stamped, both ways": ranks(flood, digests, seed, Stamp(both_ways=True)),
        "queue, stamped, camera 0.1": ranks(flood, digests, seed, Stamp(camera=0.1)),
        "network": first(lambda one, way: np.nan_to_num(one.rows[way].logit)),
        "path": np.array([min(threads) for threads in flood.threads], float),
    }
    if sizes is not None:
        keys["size"] = first(lambda one, way: -sizes(one, way))
    return keys


class Sizes:
    """Bytes of pictures as forums and messengers leave them: made once more, and remembered."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus

    def __call__(self, one: Picture, way: str) -> int:
        """The bytes of a picture after a way."""
        return size(self.corpus / one.path, one.path, way)


@cache
def size(file: Path, path: str, way: str) -> int:
    data = file.read_bytes()
    if way == whole.FOUND:
        return len(data)
    seed = [SEED, zlib.crc32(path.encode()), *way.encode()]
    return len(whole._sent(data, way, np.random.default_rng(seed)))


def measured(curve: Curve) -> list[float]:
    found = curve.share_found(BUDGETS).tolist()
    return [curve.area, *found, *(curve.share_to_view(target) for target in TARGETS)]


def told(values: list[list[float]]) -> dict[str, list[float]]:
    """Mean and the ends of 95 % of the floods, of each measure."""
    mean = np.mean(values, axis=0)
    ends = np.quantile(values, [0.025, 0.975], axis=0)
    return {
        name: [round(float(part), 4) for part in each]
        for name, *each in zip(MEASURES, mean, *ends, strict=True)
    }


def run(options: argparse.Namespace) -> dict[str, object]:
    rows = whole.read(options.whole)
    sizes = Sizes(options.corpus) if options.corpus else None
    result: dict[str, object] = {"files": FILES, "real": REAL, "near duplicates": NEAR}
    for sources, new in (("seen", 0), ("new", 1)):
        values: dict[str, list[list[float]]] = defaultdict(list)
        curves: dict[str, list[np.ndarray]] = defaultdict(list)
        parts: dict[str, dict[str, object]] = {}
        for part in sorted({row.part for row in rows}):
            known = [
                one
                for one in pictures(rows, part)
                if not one.real or one.rows[whole.FOUND].new_source == new
            ]
            if len({one.real for one in known}) < 2:
                parts[str(part)] = {"left out": "one class only"}
                continue
            own: dict[str, list[list[float]]] = defaultdict(list)
            for seed in range(options.seeds):
                rng = np.random.default_rng([part, new, seed])
                flood = drawn(known, options.way, rng)
                real = np.array([len(stack) * stack[0][0].real for stack in flood.stacks])
                keys = keys_of(flood, seed, sizes) | {"random": rng.permutation(len(real))}
                for name, each in keys.items():
                    curve = Order(each, real).curve()
                    own[name].append(measured(curve))
                    curves[name].append(curve.at(grid()))
            parts[str(part)] = {
                "photographs": sum(one.real for one in known),
                "sources": len({one.group for one in known if one.real}),
                "synthetic pictures": sum(not one.real for one in known),
                "families": len({one.group for one in known if not one.real}),
            } | {name: told(each)["to view for 95%"][0] for name, each in own.items()}
            for name, each in own.items():
                values[name] += each
            print(f"{sources}: part {part}", file=sys.stderr)
        if options.draw:
            pictured(options.draw, sources, curves)
        result[f"sources {sources}"] = {
            "floods": len(values["queue"]),
            "orders": {name: told(each) for name, each in values.items()},
            "parts, to view for 95%": parts,
        }
    return result


def pictured(folder: Path, sources: str, curves: dict[str, list[np.ndarray]]) -> None:
    """Draw the mean curves, and what 95 % of the floods lie between."""
    called = {
        "queue": "queue of Tamis",
        "network": "network alone",
        "path": "by path",
        "random": "at random",
    }
    points = {
        name: np.stack(
            [np.mean(curves[name], axis=0), *np.quantile(curves[name], [0.025, 0.975], axis=0)], 1
        )
        for name in called
    }
    folder.mkdir(parents=True, exist_ok=True)
    for form in ("png", "svg"):
        drawing = draw_curves(
            grid().tolist(), {k: v.tolist() for k, v in points.items()}, called, form
        )
        (folder / f"flood-{sources}.{form}").write_bytes(drawing)


def table(result: dict) -> None:
    """The rows of the table of the document."""
    print("| real sources | order |", " | ".join(MEASURES), "|")
    print("| --- | --- |" + " --- |" * len(MEASURES))
    for sources in ("seen", "new"):
        for name, figures in result[f"sources {sources}"]["orders"].items():
            cells = []
            for measure, (mean, low, high) in figures.items():
                if measure == "area":
                    cells.append(f"{mean:.3f} ({low:.3f}–{high:.3f})")
                else:
                    cells.append(f"{100 * mean:.0f} % ({100 * low:.0f}–{100 * high:.0f})")
            print(f"| {sources} | {name} |", " | ".join(cells), "|")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("whole", type=Path, metavar="WHOLE.csv")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("TAMIS_CORPUS"))
    parser.add_argument("--way", choices=whole.WAYS, default="forum")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="for pictures of the curves")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        table(result)


if __name__ == "__main__":
    main()
