"""How far off the re-estimated prior is where all captures of a case are of one source (JSON).

    python bench/prior_sources.py whole.csv

`whole.csv` is what `tamis.training` writes of whole files. Ratios are a logistic fit of the logit
on all other groups (sources, families of generators), held within the bounds of ELUB: so nothing
was fitted on the source. Of each source with enough captures, cases are made of its captures and of
all synthetic files, drawn with replacement, at several shares.

- `off`: what EM on the ratios gives at their face value, less the true share: its mean over
  sources, the root of the mean square, and the most either way.
- `shift`: mean and standard deviation over sources of the logarithm by which the odds of captures
  among the first 50 of a case are off from what the ratios say; 3 stands for more.
- `ratios covered`, `covered`: cases in which the interval of the ratios alone, and with the first
  50 of the queue decided, holds the true share; `usable` and `misled` as in `prior.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np

from tamis.assess import calibration
from tamis.assess.prior import estimate

NEEDED = ("way", "synthetic", "new_source", "group", "logit")
PICTURES, DECIDED, CASES = 400, 50, 20
FEWEST = 10


def read(path: Path, way: str):
    """Scores that grow with capture, labels and groups of the files of one way."""
    with path.open(newline="", encoding="utf-8") as stream:
        table = csv.DictReader(stream)
        if missing := set(NEEDED) - set(table.fieldnames or ()):
            raise SystemExit(f"{path}: lacks the columns {', '.join(sorted(missing))}")
        rows = [row for row in table if row["way"] == way]
    rows = [row for row in rows if row["synthetic"] == "1" or row["new_source"] == "1"]
    rows = [row for row in rows if not math.isnan(float(row["logit"] or "nan"))]
    if not rows:
        raise SystemExit(f"{path}: no file arrived as {way}")
    scores = np.array([-float(row["logit"]) for row in rows])
    return scores, np.array([row["synthetic"] == "0" for row in rows]), [r["group"] for r in rows]


def em(log10_lr: np.ndarray) -> float:
    """The share of captures at which EM ends."""
    share = 0.5
    for _ in range(300):
        captures = share * 10**log10_lr
        share = float(np.mean(captures / (captures + 1 - share)))
    return share


def shift_of(ratios: np.ndarray, labels: np.ndarray, share: float) -> float:
    """By how much the odds of the labels are off, as a logarithm, within 3."""
    odds = 10**ratios * share / (1 - share)
    shifts = np.linspace(-3, 3, 601)
    expected = [float(np.sum(odds * np.exp(s) / (1 + odds * np.exp(s)))) for s in shifts]
    return float(shifts[np.abs(np.array(expected) - labels.sum()).argmin()])


def tried(source: np.ndarray, synthetic: np.ndarray, share: float, seed: int) -> dict[str, float]:
    generator = np.random.default_rng([seed, int(1000 * share)])
    found = Counter()
    for _ in range(CASES):
        labels = np.arange(PICTURES) < round(share * PICTURES)
        ratios = np.where(
            labels, generator.choice(source, PICTURES), generator.choice(synthetic, PICTURES)
        )
        decided = np.full(PICTURES, np.nan)
        top = np.lexsort((generator.random(PICTURES), -ratios))[:DECIDED]
        decided[top] = labels[top]
        made = estimate(ratios, decided)
        holds = made.share.lower <= share <= made.share.upper
        found["off"] += em(ratios) - share
        found["shift"] += shift_of(ratios[top], labels[top], share)
        found["ratios covered"] += made.ratios.lower <= share <= made.ratios.upper
        found["covered"] += holds
        found["usable"] += not made.doubts
        found["misled"] += not made.doubts and not holds
    return {name: found[name] / CASES for name in (*found, "usable", "misled")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("whole", type=Path)
    parser.add_argument("--way", default="found")
    options = parser.parse_args()
    if not options.whole.is_file():
        raise SystemExit(f"{options.whole}: is not there")
    scores, capture, groups = read(options.whole, options.way)
    honest = calibration.held_out(scores, capture, groups)
    bounds = calibration.elub(honest, capture)
    ratios = bounds.clip(honest)
    named = np.array(groups)
    sizes = Counter(named[capture].tolist())
    sources = sorted(name for name, size in sizes.items() if size >= FEWEST)
    result = {"bounds": [bounds.lower, bounds.upper], "sources": len(sources), "shares": {}}
    for share in (0.02, 0.1, 0.3, 0.5, 0.9):
        rows = [
            tried(ratios[capture & (named == name)], ratios[~capture], share, number)
            for number, name in enumerate(sources)
        ]
        off, shift = (np.array([row[name] for row in rows]) for name in ("off", "shift"))
        result["shares"][share] = {
            "off": {
                "mean": round(float(off.mean()), 3),
                "root mean square": round(float(np.sqrt(np.mean(off**2))), 3),
                "least": round(float(off.min()), 3),
                "most": round(float(off.max()), 3),
            },
            "shift": [round(float(shift.mean()), 2), round(float(shift.std()), 2)],
            **{
                name: round(float(np.mean([row[name] for row in rows])), 3)
                for name in ("ratios covered", "covered", "usable", "misled")
            },
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
