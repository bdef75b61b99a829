"""The index and the self-join of perceptual hashes, side by side with faiss.

    python bench/index.py --size 1e6 --json    look-up in so many hashes
    python bench/index.py --join 2e5 --json    self-join of so many hashes

Data: uniformly random hashes; half of the queries lie 0 to 40 bits from one of them. All times are
process CPU times of one thread. The engines take turns, and each ratio is of two neighbours in one
round. faiss is a peer of the bench only, never a dependency: `pip install faiss-cpu` beside Tamis.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tamis.matching import HammingIndex, self_join, warm

DISTANCE = 31
QUERIES = 8192
ROUNDS = 5
PEER_JOIN_LIMIT = 300_000


def run(size: int, rounds: int = ROUNDS) -> list[dict]:
    """Measure look-up among `size` hashes; one row for Tamis and one per peer."""
    faiss = peer()
    hashes, queries = planted(size, QUERIES)
    few = queries[: int(np.clip(1e9 / size, 64, 1000))]
    warm()
    index, build = timed(lambda: HammingIndex.build(hashes))
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    _, build_multi = timed(lambda: multi.add(hashes))
    multi.nflip = 1  # of 16 chunks, one differs in at most 31 // 16 bits
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        opened, opening = timed(lambda: HammingIndex.open(Path(folder)), time.perf_counter)
        engines = {
            "tamis": (lambda: of_tamis(index.search(queries)), len(queries)),
            "tamis, opened from file": (lambda: of_tamis(opened.search(queries)), len(queries)),
            "tamis, one query at a time": (
                lambda: [index.search(query) for query in queries[:1000, None]],
                1000,
            ),
            "faiss IndexBinaryFlat": (lambda: of_faiss(flat, few), len(few)),
            "faiss IndexBinaryMultiHash 16x16": (lambda: of_faiss(multi, few), len(few)),
        }
        rates, found = take_turns(engines, rounds)
    base = {"bench": "look-up", "size": size, "distance": DISTANCE}
    rows = [base | {"engine": name, "queries_per_s": spread(rate)} for name, rate in rates.items()]
    of_few = {pair for pair in found["tamis"] if pair[0] < len(few)}
    rows[0] |= {"bytes_per_hash": index.nbytes / size, "build_s": build, "matches": len(of_few)}
    rows[1] |= {"open_s": opening, "same_pairs": found["tamis, opened from file"] == found["tamis"]}
    for row in rows[3:]:
        ratios = [a / b for a, b in zip(rates["tamis"], rates[row["engine"]], strict=True)]
        row |= {"tamis_is_faster": spread(ratios), "same_pairs": found[row["engine"]] == of_few}
    rows[-1]["build_s"] = build_multi
    return rows


def run_join(size: int, rounds: int = ROUNDS) -> list[dict]:
    """Measure the self-join of `size` hashes, beside faiss Flat where that can be waited for."""
    command = [sys.executable, str(Path(__file__).resolve()), "--alone", str(size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = [json.loads(done.stdout)]
    return rows + join_beside_flat(size, rounds) if size <= PEER_JOIN_LIMIT else rows


def join_beside_flat(size, rounds):
    """Self-join against faiss Flat searching each of the hashes.

    Flat takes long, so each round it does a part, and its time is scaled to the whole; all parts
    together give its pairs.
    """
    faiss = peer()
    hashes = with_near_duplicates(size)
    warm()
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    ours, theirs, expected = [], [], set()
    for part in np.array_split(np.arange(size), rounds):
        pairs, seconds = timed(lambda: self_join(hashes, distance=DISTANCE))
        ours.append(seconds)
        found, seconds = timed(lambda part=part: of_faiss(flat, hashes[part]))
        theirs.append(seconds * size / len(part))
        expected |= {(part[0] + a, b) for a, b in as_pairs(found) if part[0] + a < b}
    same = expected == set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    base = {"bench": "self-join", "size": size, "distance": DISTANCE}
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return [
        base | {"engine": "tamis", "seconds": spread(ours), "pairs": len(pairs)},
        base
        | {"engine": "faiss IndexBinaryFlat", "seconds": spread(theirs), "same_pairs": same}
        | {"tamis_is_faster": spread(ratios)},
    ]


def join_alone(size):
    """Self-join in this process, which does nothing else: its time and memory."""
    hashes = with_near_duplicates(size)
    warm()
    before = peak_mib()
    pairs, seconds = timed(lambda: self_join(hashes, distance=DISTANCE))
    row = {"bench": "self-join", "size": size, "distance": DISTANCE, "engine": "tamis, alone"}
    memory = {"peak_mib": peak_mib(), "peak_before_mib": before, "hashes_mib": size * 32 / 2**20}
    return row | {"seconds": seconds, "pairs": len(pairs)} | memory


def peer():
    """The faiss module, held to one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def planted(size, number, seed=1):
    """Random hashes, and queries of which every second lies 0 to 40 bits from one of them."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 256, (size, 32), np.uint8)
    queries = rng.integers(0, 256, (number, 32), np.uint8)
    bits = np.unpackbits(hashes[rng.integers(0, size, number // 2)], axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, 41), replace=False)] ^= 1
    queries[::2] = np.packbits(bits, axis=1)
    return hashes, queries


def with_near_duplicates(size):
    """Random hashes, every hundredth of them 0 to 40 bits from another."""
    hashes, queries = planted(size, 2 * (size // 100))
    hashes[-(size // 100) :] = queries[::2]
    return hashes


def timed(work, clock=time.process_time):
    start = clock()
    result = work()
    return result, clock() - start


def take_turns(engines, rounds):
    """Run all engines in each round; return their queries per second, and what they found."""
    rates, found = {name: [] for name in engines}, {}
    for _ in range(rounds):
        for name, (work, number) in engines.items():
            result, seconds = timed(work)
            rates[name].append(number / seconds)
            found[name] = result
    return rates, {name: as_pairs(result) for name, result in found.items()}


def of_tamis(matches):
    return matches.query, matches.item


def of_faiss(index, queries):
    """Search as Tamis does: faiss wants the distance to be *less* than the radius."""
    bounds, _, items = index.range_search(queries, DISTANCE + 1)
    return np.repeat(np.arange(len(queries)), np.diff(bounds.astype(np.int64))), items


def as_pairs(result):
    if isinstance(result, list):
        return None
    return set(zip(result[0].tolist(), result[1].tolist(), strict=True))


def spread(values):
    """Lowest, median and highest."""
    return [min(values), statistics.median(values), max(values)]


def peak_mib():
    """The most memory this process has had resident (VmHWM; unlike ru_maxrss, its own alone)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def machine():
    """The machine and the versions, to read the figures by."""
    text = Path("/proc/cpuinfo").read_text()
    model = next(line.split(":")[1].strip() for line in text.splitlines() if "model name" in line)
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    for name in ("numba", "faiss"):
        module = sys.modules.get(name)
        versions[name] = getattr(module, "__version__", "not loaded")
    wide = "avx512_vpopcntdq" in text
    return {"processor": model, "avx512_vpopcntdq": wide, "versions": versions}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    number = {"type": lambda text: int(float(text)), "metavar": "N"}
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--size", **number, help="look-up in N hashes")
    what.add_argument("--join", **number, help="self-join of N hashes")
    what.add_argument("--alone", **number, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="one JSON object, else a row per line")
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(join_alone(options.alone)))
        return
    rows = (
        run(options.size, options.rounds)
        if options.size
        else run_join(options.join, options.rounds)
    )
    if options.json:
        print(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    else:
        for row in rows:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
