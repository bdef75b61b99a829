"""How often intervals for the share of captures hold, and how wide they are (JSON).

Each case has a tail of places; their predictions are posteriors under a prior of a half, of ratios
as a calibrated score of AUC 0.76 gives them, held within 10^-0.7 and 10^0.7 (`right`); of captures
from a source on which the score is off, so that they look as synthetic pictures do (`off`); or of a
score of AUC 0.98 held within 10^-2 and 10^2 (`sharp`). A sample of a size settled beforehand is
drawn and judged. Beside each other: Tamis' interval (`tamis`), Clopper and Pearson on the counts
(`counts`), PPI++ with its normal interval (`normal`), and the mean of the predictions after the
prior was fitted to them by EM, with the interval that pretends they are right (`predictions only`).
`error`: three standard errors of a coverage of 95 %.
"""

from __future__ import annotations

import argparse
import json
import math
from functools import cache

import numpy as np

from tamis.assess import binomial
from tamis.assess.prevalence import PREDICTED, Known, prevalence

CONFIDENCE = 0.95
KINDS = {"right": (1.0, 0.7, 0.0), "off": (1.0, 0.7, 1.0), "sharp": (3.0, 2.0, 0.0)}


def drawn(generator: np.random.Generator, kind: str, places: int, share: float):
    """Labels and predictions of a tail with exactly so many captures."""
    distance, bound, shift = KINDS[kind]
    labels = np.zeros(places)
    labels[: round(share * places)] = 1
    mean = np.where(labels == 1, 0.5 - shift, -0.5) * distance**2
    log10_lr = np.clip(generator.normal(mean, distance) / math.log(10), -bound, bound)
    return labels, log10_lr, 1 / (1 + 10**-log10_lr)


def fitted(log10_lr: np.ndarray) -> tuple[float, float]:
    """Share of captures and its interval, as EM and the likelihood give them."""
    ratios, share = 10**log10_lr, 0.5
    for _ in range(200):
        share = float(np.mean(share * ratios / (share * ratios + 1 - share)))
    slopes = (ratios - 1) / (share * ratios + 1 - share)
    return share, 1.96 / math.sqrt(float(slopes @ slopes))


def tried(cases: int, kind: str, places: int, sample: int, share: float) -> dict[str, object]:
    generator = np.random.default_rng([list(KINDS).index(kind), places, sample, int(1e4 * share)])
    counts = cache(lambda found: binomial.interval(found, sample, CONFIDENCE))
    held = dict.fromkeys(("tamis", "counts", "normal", "predictions only"), 0)
    widths: dict[str, list[float]] = {name: [] for name in held}
    used = 0
    true = round(share * places) / places
    for number in range(cases):
        labels, log10_lr, predicted = drawn(generator, kind, places, share)
        chosen = generator.permutation(places)[:sample]
        judged, beliefs, mean = labels[chosen], predicted[chosen], float(predicted.mean())
        found = prevalence(judged, beliefs, mean, places, Known(), CONFIDENCE)
        used += found.method == PREDICTED
        spread = beliefs.var()
        weight = np.mean((judged - judged.mean()) * (beliefs - beliefs.mean())) / spread
        rest = judged - min(max(weight, 0), 1) * beliefs
        middle = rest.mean() + min(max(weight, 0), 1) * mean
        half = 1.96 * math.sqrt(rest.var() / sample * (1 - sample / places))
        ends = {
            "tamis": (found.lower, found.upper),
            "counts": counts(int(judged.sum())),
            "normal": (middle - half, middle + half),
        }
        if number < 200:
            guess, error = fitted(log10_lr)
            ends["predictions only"] = (guess - error, guess + error)
        for name, (lower, upper) in ends.items():
            held[name] += bool(lower <= true <= upper)
            widths[name].append(upper - lower)
    return {
        "predictions": kind,
        "places": places,
        "sample": sample,
        "share": share,
        "predictions used": used / cases,
        "covered": {name: held[name] / len(widths[name]) for name in held},
        "width": {name: round(float(np.mean(widths[name])), 4) for name in held},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    options = parser.parse_args()
    rows = [
        tried(options.cases, kind, places, sample, share)
        for kind in KINDS
        for places, sample in ((400, 200), (5000, 50), (5000, 200), (5000, 1000))
        for share in (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)
    ]
    error = 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / options.cases)
    print(json.dumps({"cases": options.cases, "error": error, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
