"""How often the bounds of the elusion test hold, in synthetic cases of several prevalences (JSON).

Each case is a tail in random order with a known number of real pictures. `always`: the bound that
holds at any time was never below the truth, at none of the looks (after each of the first 400
draws, then after every tenth), so that it holds under every rule of stopping. `stopped`: it was
not below the truth when one stopped, as soon as it came below 1 % of the tail. `stated`: the exact
bound for a stated size of 300. `stated, peeking`: that bound, misused by stopping as `stopped`
does. `stated, always`: misused at any time. `error`: three standard errors of a coverage of 95 %.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from functools import cache

import numpy as np

from tamis.triage.elusion import most_real, most_real_stated, sample_size

CONFIDENCE = 0.95
STATED = 300


def drawn(generator: np.random.Generator, places: int, total: int, looks: np.ndarray) -> np.ndarray:
    """Real pictures found at each look of one case, shape (looks,)."""
    positions = np.sort(generator.choice(places, size=total, replace=False))
    return np.searchsorted(positions, looks)  # positions from 0: those below `look` were drawn


def covered(cases: int, places: int, total: int) -> dict[str, float]:
    generator = np.random.default_rng([places, total])
    looks = np.array([*range(1, 400), *range(400, places + 1, 10)])
    at_stated = int(np.flatnonzero(looks == STATED)[0])
    sequential = cache(lambda look, real: most_real(places, look, real, CONFIDENCE))
    fixed = cache(lambda look, real: most_real_stated(places, look, real, CONFIDENCE))
    held = dict.fromkeys(("always", "stopped", "stated", "stated, peeking", "stated, always"), 0)
    draws = 0
    for _ in range(cases):
        found = drawn(generator, places, total, looks).tolist()
        for bound, always, stopped in (
            (sequential, "always", "stopped"),
            (fixed, "stated, always", "stated, peeking"),
        ):
            bounds = np.array([bound(*pair) for pair in zip(looks.tolist(), found, strict=True)])
            held[always] += bool((bounds >= total).all())
            stop = int((bounds - found < math.ceil(places / 100)).argmax())
            held[stopped] += bool(bounds[stop] >= total)
            if bound is sequential:
                draws += int(looks[stop])
            else:
                held["stated"] += bool(bounds[at_stated] >= total)
    return {name: number / cases for name, number in held.items()} | {
        "places looked at until stopped": draws / cases
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--places", type=int, default=4000)
    options = parser.parse_args()
    cases, places = options.cases, options.places
    totals = [0, 1, places // 1000, places // 100, places // 10]
    begin = time.perf_counter()
    rows = [{"real": total} | covered(cases, places, total) for total in totals]
    seconds = time.perf_counter() - begin
    goals = {"1": 1, "0.1 %": places // 1000, "1 %": places // 100}
    plans = {
        f"fewer than {name}": {
            f"{real} found": sample_size(places, real, real, real + goal, CONFIDENCE)
            for real in (0, 1, 2, 5)
        }
        for name, goal in goals.items()
    }
    begin = time.perf_counter()
    most_real(10**6, 3000, 10)
    sample_size(10**6, 3000, 10, 1010)
    print(
        json.dumps(
            {
                "cases": cases,
                "places": places,
                "confidence": CONFIDENCE,
                "error": 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / cases),
                "rows": rows,
                "seconds": round(seconds, 1),
                "places to look at": plans,
                "ms for a bound and a plan, a million places": round(
                    1000 * (time.perf_counter() - begin), 1
                ),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
