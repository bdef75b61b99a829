"""The missed-real line on whole files whose network did not know them (JSON).

    python bench/missed_line.py whole.csv

`whole.csv` is what `tamis.training` writes of whole files. The score is the logit of the network,
turned so that it grows with what speaks for capture; a file that the network was not asked about is
always looked at. Captures count where the network knew nothing of their source. For each way on
which files arrive, and for each share `alpha` of captures that may fall below the line:

- `worst`, `new source`, `pooled`: the lines of `tamis.triage.conformal`; null where none can be
  promised. `worst` rests on the sources with enough captures for this alpha; `left out` are others.
- `synthetic below`: what the line would let pass unseen of synthetic files, and of the family of
  which it lets pass least and most.
- `held out`: what of each source falls below a line that the others set: the mean over sources, the
  most and its source, and how many sources are above alpha.

`smallest promise` is the smallest alpha that any line can promise for a new source.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from tamis.triage.conformal import (
    held_out,
    missed,
    new_source_line,
    pooled_line,
    smallest_promise,
    worst_line,
)

ALPHAS = (0.01, 0.02, 0.05, 0.1, 0.2)
NEEDED = ("way", "synthetic", "new_source", "group", "logit")
LINES = {"worst": worst_line, "new source": new_source_line, "pooled": pooled_line}


def read(path: Path) -> dict[str, tuple[dict, dict]]:
    """Scores of captures and of synthetic files, by way and group; NaN is infinity."""
    found: dict = defaultdict(lambda: (defaultdict(list), defaultdict(list)))
    with path.open(newline="", encoding="utf-8") as stream:
        table = csv.DictReader(stream)
        if missing := set(NEEDED) - set(table.fieldnames or ()):
            raise SystemExit(f"{path}: lacks the columns {', '.join(sorted(missing))}")
        for number, row in enumerate(table, start=2):
            try:
                logit, synthetic = float(row["logit"] or "nan"), int(row["synthetic"])
                known = not synthetic and not int(row["new_source"])
            except (TypeError, ValueError):
                raise SystemExit(f"{path}: line {number} cannot be read") from None
            if known:
                continue
            score = math.inf if math.isnan(logit) else -logit
            found[row["way"]][synthetic][row["group"]].append(score)
    if not found:
        raise SystemExit(f"{path}: is empty")
    return {
        way: tuple({name: np.array(scores) for name, scores in side.items()} for side in sides)
        for way, sides in found.items()
    }


def told(captures: dict, synthetic: dict, alpha: float) -> dict[str, object]:
    enough = {name: s for name, s in captures.items() if math.floor(alpha * (len(s) + 1) + 1e-12)}
    found: dict[str, object] = {
        "alpha": alpha,
        "sources": len(enough),
        "left out": len(captures) - len(enough),
    }
    for name, line in LINES.items():
        groups = enough if name == "worst" else captures
        value = line(groups, alpha)
        below = {family: missed(scores, value) for family, scores in synthetic.items()}
        every = np.concatenate([*synthetic.values(), np.empty(0)])
        found[name] = {
            "line": round(value, 3) if math.isfinite(value) else None,
            "synthetic below": round(missed(every, value), 4),
            "by family": _ends(below),
            "held out": _held(held_out(groups, alpha, line), alpha) if len(groups) > 1 else None,
        }
    return found


def _held(rates: dict[str, float], alpha: float) -> dict[str, object]:
    worst = max(rates, key=rates.__getitem__)
    return {
        "mean": round(float(np.mean(list(rates.values()))), 4),
        "most": round(rates[worst], 4),
        "of": worst,
        "above alpha": sum(rate > alpha for rate in rates.values()),
    }


def _ends(rates: dict[str, float]) -> dict[str, float]:
    return {
        f"{name} ({which})": round(rates[name], 4)
        for which, choose in (("least", min), ("most", max))
        if rates
        for name in [choose(rates, key=rates.__getitem__)]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("whole", type=Path)
    options = parser.parse_args()
    if not options.whole.is_file():
        raise SystemExit(f"{options.whole}: is not there")
    result = {}
    for way, (captures, synthetic) in read(options.whole).items():
        result[way] = {
            "sources": {name: len(scores) for name, scores in captures.items()},
            "not asked": {
                "captures": round(_unasked(captures), 4),
                "synthetic": round(_unasked(synthetic), 4),
            },
            "smallest promise": round(smallest_promise(len(captures)), 4),
            "lines": [told(captures, synthetic, alpha) for alpha in ALPHAS],
        }
    print(json.dumps(result, indent=1))


def _unasked(groups: dict) -> float:
    scores = np.concatenate([*groups.values(), np.empty(0)])
    return float(np.isinf(scores).mean()) if len(scores) else 0.0


if __name__ == "__main__":
    main()
