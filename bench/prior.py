"""How often the interval of a re-estimated prior holds, in simulated cases (JSON).

Each case has pictures whose likelihood ratios are drawn as a calibrated score of AUC 0.76 gives
them, held within 10^-0.7 and 10^0.7; the first of the queue are decided. What is varied:

- `calibrated`: the ratios are right, the decisions too.
- `unseen source`: the captures come from a camera on which the score is off, so that it finds them
  more synthetic than it should: by the half or the whole of the distance between the kinds.
- `no decisions`: the ratios alone.
- `everything synthetic`: a reviewer who decides so on all that is looked at.
- `most captures hidden`: a reviewer who decides on 9 captures of 10 that they are synthetic.
- `chosen by eye`: the reviewer sees in a preview what is real, and decides on captures three times
  as often as on others with the same ratio; with `sample`, 100 were drawn at random instead.

`covered`: the interval holds the share that the case was drawn with. `usable`: the estimate may be
used. `misled`: it may be used, and its interval does not hold the share. `error`: three standard
errors of a coverage of 95 %.
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np

from tamis.assess.prevalence import Known, prevalence
from tamis.assess.prior import Interval, estimate

DISTANCE = 1.0
BOUND = 0.7
WAYS = (
    "calibrated",
    "unseen source, half",
    "unseen source, whole",
    "no decisions",
    "everything synthetic",
    "most captures hidden",
    "chosen by eye",
    "chosen by eye, sample",
    "unseen source, whole, sample",
)


def drawn(generator: np.random.Generator, media: int, share: float, shift: float):
    """Labels and log10 likelihood ratios of a case."""
    captures = generator.random(media) < share
    mean = np.where(captures, 0.5 - shift, -0.5) * DISTANCE**2
    scores = generator.normal(mean, DISTANCE)
    return captures, np.clip(scores / math.log(10), -BOUND, BOUND)


def decided(generator: np.random.Generator, way: str, captures, ratios, number: int):
    """What a reviewer decides: 1, 0, or NaN where nothing."""
    found = np.full(len(captures), np.nan)
    noise = generator.random(len(captures))
    if way == "no decisions":
        return found
    if way.endswith("sample"):
        chosen = generator.permutation(len(captures))[:number]
    elif way == "chosen by eye":
        odds = 10**ratios * np.where(captures, 3, 1)
        chosen = np.argsort(-np.log(noise) / odds)[:number]
    else:
        chosen = np.lexsort((noise, -ratios))[:number]
    found[chosen] = captures[chosen]
    if way == "everything synthetic":
        found[chosen] = 0
    if way == "most captures hidden":
        found[chosen] = captures[chosen] & (noise[chosen] < 0.1)
    return found


def sampled(way: str, labels: np.ndarray, ratios: np.ndarray) -> Interval | None:
    """What the places drawn at random say, where there are any."""
    if "sample" not in way:
        return None
    drawn_ones, beliefs = ~np.isnan(labels), 1 / (1 + 10**-ratios)
    found = prevalence(
        labels[drawn_ones], beliefs[drawn_ones], float(beliefs.mean()), len(labels), Known()
    )
    return Interval(found.share, found.lower, found.upper)


def tried(cases: int, way: str, media: int, number: int, share: float) -> dict[str, object]:
    generator = np.random.default_rng([WAYS.index(way), media, number, int(1000 * share)])
    shift = 0.5 * ("half" in way) + 1.0 * ("whole" in way)
    covered = usable = misled = 0
    widths, shares = [], []
    for _ in range(cases):
        captures, ratios = drawn(generator, media, share, shift)
        labels = decided(generator, way, captures, ratios, number)
        found = estimate(ratios, labels, sampled(way, labels, ratios))
        holds = found.share.lower <= share <= found.share.upper
        covered += holds
        usable += not found.doubts
        misled += not found.doubts and not holds
        widths.append(found.share.upper - found.share.lower)
        shares.append(found.share.share)
    return {
        "way": way,
        "media": media,
        "decided": 0 if way == "no decisions" else number,
        "share": share,
        "covered": covered / cases,
        "usable": usable / cases,
        "misled": misled / cases,
        "width": round(float(np.median(widths)), 3),
        "mean estimate": round(float(np.mean(shares)), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    rows = [
        tried(options.cases, way, media, number, share)
        for way in WAYS
        for media, number in ((500, 50), (5000, 50), (5000, 300))
        for share in (0.02, 0.1, 0.5, 0.9)
        if way != "no decisions" or number == 50
    ]
    error = 3 * math.sqrt(0.95 * 0.05 / options.cases)
    print(json.dumps({"cases": options.cases, "error": error, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
