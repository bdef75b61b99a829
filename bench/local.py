"""How well local evidence tells photographs with a region put in from others: rates on the corpus.

`python bench/local.py --decoded FOLDER --json`; the folder is written by `autoencoder.py`, and
without it what needs an autoencoder is left out. `hybrids.py` says how the pictures are made.
Detection at 1 % and 5 % false alarms is that of thresholds fitted, for each source, on untouched
photographs of the other sources, saved in all ways; a picture that cannot be looked at counts as
not found. Intervals are 95 %, from drawing whole sources again.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import defaultdict
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from hybrids import SAVES, Host, control, hosts, hybrid, saved
from PIL import Image

from tamis.examinations.signal import local
from tamis.media.decode import decode
from tamis.media.sniff import sniff

HYBRIDS = ("pasted", "decoded", "softened", "denoised")
UNTOUCHED = ("untouched", "cropped", "resized", "overexposed", "portrait in camera", "as found")
EDITED = ("text", "border", "portrait later")
KINDS = (*UNTOUCHED, *EDITED, *HYBRIDS)
OF_A_SOURCE = 15
NOT_LOOKED_AT = -1e9
"""Instead of a score, of what the examination does not apply to."""


def content(data: bytes):
    return decode(data, sniff(data[:65536]), max_pixels=1 << 28)


def overlap(one: list[int], other: tuple[int, int, int, int]) -> float:
    """Area common to two boxes over the area of both."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return common / (sum(areas) - common)


def measured(data: bytes, box: tuple[int, int, int, int] | None) -> dict[str, object]:
    """Score whatever the threshold, map, and overlap of the boxes."""
    media = content(data)
    found = local.of_jpeg(media) if media.format == "jpeg" else local.of_lossless(media)
    if isinstance(found, str):
        return {"score": NOT_LOOKED_AT, "map": found, "overlap": 0.0}
    region, of_map, _ = found
    return {
        "score": region.strength / local.LEAST_STRENGTH[of_map],
        "map": of_map,
        "overlap": overlap(list(region.box), box) if box else 0.0,
    }


def of_host(host: Host, kinds: tuple[str, ...]) -> list[dict[str, object]]:
    """Return what is measured of one photograph, altered and saved in every way."""
    found = []
    for kind in kinds:
        if kind == "as found":
            found.append({"kind": kind, "how": ""} | measured(host.path.read_bytes(), None))
            continue
        made = hybrid(host, kind, 0) if kind in HYBRIDS else (control(host, kind), None)
        if made is None:
            continue
        found += [
            {"kind": kind, "how": how} | measured(saved(made[0], how), made[1]) for how in SAVES
        ]
    return [row | {"source": host.source, "file": host.path.name} for row in found]


def fitted(rows: list[dict[str, object]], rate: float) -> dict[str, float]:
    """Per source, the score above which `rate` of the untouched of the other sources lie."""
    thresholds = {}
    for source in {row["source"] for row in rows}:
        others = [
            row["score"] for row in rows if row["source"] != source and row["kind"] in UNTOUCHED
        ]
        thresholds[source] = float(np.quantile(others, 1 - rate, method="higher"))
    return thresholds


def drawn(groups: list[np.ndarray], of: object, times: int = 500) -> list[float]:
    chance = np.random.default_rng(4)
    values = [
        of(np.concatenate([groups[i] for i in chance.integers(0, len(groups), len(groups))]))
        for _ in range(times)
    ]
    return [round(float(value), 3) for value in np.quantile(values, (0.025, 0.975))]


def auc(pairs: np.ndarray) -> float:
    """Area under the curve of rows of hybrid or not, and score."""
    ours, others = pairs[pairs[:, 0] == 1, 1], np.sort(pairs[pairs[:, 0] == 0, 1])
    if not len(ours) or not len(others):
        return 0.5
    below = np.searchsorted(others, ours), np.searchsorted(others, ours, side="right")
    return float(np.mean(below) / len(others))


def summary(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return of each condition how many are found, and the areas against the untouched."""
    thresholds = {rate: fitted(rows, rate) for rate in (0.01, 0.05)}
    conditions = sorted({(row["kind"], row["how"]) for row in rows})
    result = []
    for kind, how in conditions:
        here = [row for row in rows if (row["kind"], row["how"]) == (kind, how)]
        line: dict[str, object] = {"what": kind, "saved": how, "files": len(here)}
        line["looked_at"] = sum(row["score"] != NOT_LOOKED_AT for row in here)
        line["found"] = sum(row["score"] >= 1 for row in here)
        tests = {"share": lambda row: row["score"] >= 1}
        for rate, of_source in thresholds.items():
            tests[f"at {rate:.0%}"] = lambda row, of=of_source: row["score"] > of[row["source"]]
        for name, test in tests.items():
            groups = defaultdict(list)
            for row in here:
                groups[row["source"]].append(test(row))
            arrays = [np.array(values, float) for values in groups.values()]
            line[name] = round(float(np.concatenate(arrays).mean()), 4)
            line[f"{name} interval"] = drawn(arrays, np.mean)
        if kind in HYBRIDS:
            groups = defaultdict(list)
            for row in rows:
                if row["how"] == how and row["kind"] in ("untouched", kind):
                    groups[row["source"]].append((row["kind"] == kind, row["score"]))
            arrays = [np.array(values, float) for values in groups.values()]
            line["auc"] = round(auc(np.concatenate(arrays)), 3)
            line["auc interval"] = drawn(arrays, auc)
            overlaps = [row["overlap"] for row in here if row["score"] >= 1]
            line["median overlap"] = round(float(np.median(overlaps)), 3) if overlaps else None
        result.append(line)
    return result


def kept(path: Path | None) -> list[dict[str, object]]:
    """What was measured before."""
    if path is None or not path.exists():
        return []
    return [row for line in path.read_text().splitlines() for row in json.loads(line)]


def measure(
    chosen: list[Host], before: list[dict[str, object]], path: Path | None
) -> list[dict[str, object]]:
    """Measure the photographs that were not measured before; each is kept as soon as it is done."""
    done = {(row["source"], row["file"]) for row in before}
    left = [host for host in chosen if (host.source, host.path.name) not in done]
    rows = []
    with Pool() as pool:
        for found in pool.imap_unordered(partial(of_host, kinds=KINDS), left):
            rows += found
            if path:
                with path.open("a") as lines:
                    lines.write(json.dumps(found) + "\n")
    return rows


def milliseconds(data: bytes) -> float:
    media, spent = content(data), []
    _ = media.pixels  # other examinations have asked for them before
    for _ in range(5):
        media.notes.clear()
        began = time.process_time()
        local.LocalEvidence().examine(media)
        spent.append(1e3 * (time.process_time() - began))
    return round(min(spent), 1)


def cost() -> dict[str, object]:
    """Milliseconds of processor time, 12 megapixels, best of five, with nothing shared."""
    picture = hosts(1)[3].picture().resize((4000, 3000), Image.LANCZOS)
    noise = np.random.default_rng(0).normal(0, 4, (3000, 4000, 1))
    noisy = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
    once = Image.open(io.BytesIO(saved(noisy, "85"))).convert("RGB")
    files = {"never JPEG": (noisy, "png"), "PNG": (once, "png"), "JPEG": (once, "95")}
    return {"what": "ms, 4000x3000"} | {
        name: milliseconds(saved(*made)) for name, made in files.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--decoded", type=Path)
    parser.add_argument("--of-a-source", type=int, default=OF_A_SOURCE)
    parser.add_argument("--rows", type=Path, help="keeps what was measured, to go on from there")
    parser.add_argument("--summary", action="store_true", help="of what was measured before")
    given = parser.parse_args()
    rows = kept(given.rows)
    if not given.summary:
        rows += measure(hosts(given.of_a_source, given.decoded), rows, given.rows)
    rows.sort(key=lambda row: (row["source"], row["file"], row["kind"], row["how"]))
    print(json.dumps([*summary(rows), cost()], indent=2))


if __name__ == "__main__":
    main()
