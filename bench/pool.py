"""What isolation costs: CPU time of the pool against a plain loop over the same files, in one run.

    python bench/pool.py [--items 1000] [--rounds 2] [--workers 1] [--json]

The task reads a JPEG file, digests and decodes it, and returns what a worker of a scan returns. Two
sizes of picture make it take some 2 ms and some 7 ms. The CPU time of the pool is that of the
coordinator, the fork server and all workers, their start included; the loop and the pool take
turns, and the ratio is that of the sums. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import simplejpeg

from tamis.isolate import SafePool, Status
from tamis.model import (
    Digests,
    ExaminationResult,
    FileState,
    FingerprintValue,
    MediaKind,
    Observation,
    Taken,
)

SIZES = {"about 2 ms": (640, 480), "about 7 ms": (1280, 960)}
TARGET = 1.05


def take_in(path: str) -> Taken:
    data = Path(path).read_bytes()
    digests = Digests(
        hashlib.md5(data, usedforsecurity=False).digest(),
        hashlib.sha1(data, usedforsecurity=False).digest(),
        hashlib.sha256(data).digest(),
        len(data),
    )
    picture = simplejpeg.decode_jpeg(data)
    height, width, _ = picture.shape
    variants = tuple(picture[row, :11].tobytes()[:32] for row in range(8))
    observations = tuple(
        Observation(f"bench.{name}", int(picture[at, at, 0]), 0.5)
        for at, name in enumerate(("first", "second", "third"))
    )
    return Taken(
        FileState.EXAMINED,
        digests=digests,
        kind=MediaKind.IMAGE,
        format="jpeg",
        mime="image/jpeg",
        width=width,
        height=height,
        fingerprints=(FingerprintValue("pdq", "1", variants, 100),),
        results=(ExaminationResult("bench", "1", None, observations),),
    )


def make_pictures(folder: Path, width: int, height: int, count: int = 8) -> list[str]:
    """Write smooth pictures with some noise, as a camera gives them."""
    rng = np.random.default_rng(1)
    paths = []
    for number in range(count):
        x, y = np.meshgrid(np.linspace(0, 9 + number, width), np.linspace(0, 7, height))
        waves = np.stack([np.sin(x), np.cos(x + y), np.sin(y)], axis=-1)
        noisy = 128 + 90 * waves + rng.normal(0, 6, (height, width, 3))
        path = folder / f"{number}.jpg"
        path.write_bytes(simplejpeg.encode_jpeg(noisy.clip(0, 255).astype(np.uint8), 90))
        paths.append(str(path))
    return paths


def outside_cpu() -> float:
    """CPU seconds of the fork server and of the workers it has seen end."""
    pid = forkserver._forkserver._forkserver_pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def plain(paths: list[str]) -> float:
    start = time.process_time()
    for path in paths:
        take_in(path)
    return time.process_time() - start


def pooled(pool: SafePool[str], paths: list[str]) -> float:
    start = time.process_time() + outside_cpu()
    answered = sum(outcome.status is Status.OK for outcome in pool.map(paths))
    assert answered == len(paths)
    return time.process_time() + outside_cpu() - start


def measure(name: str, folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    pictures = make_pictures(folder, *SIZES[name])
    paths = [pictures[at % len(pictures)] for at in range(arguments.items)]
    pool = SafePool(
        take_in,
        workers=arguments.workers,
        timeout=60.0,
        memory=2 << 30,
        readable=(folder,),
        preload=("numpy", "simplejpeg"),
    )
    plain(paths[:20])
    list(pool.map(paths[:20]))  # starts the fork server
    loop = through_pool = 0.0
    for _ in range(arguments.rounds):
        loop += plain(paths)
        through_pool += pooled(pool, paths)
    count = arguments.items * arguments.rounds
    return {
        "task": name,
        "items": count,
        "loop_ms": round(1000 * loop / count, 3),
        "pool_ms": round(1000 * through_pool / count, 3),
        "ratio": round(through_pool / loop, 3),
        "confinement": pool.confinement.level.value,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(name, Path(folder), arguments) for name in SIZES]
    if arguments.json:
        json.dump({"bench": "pool", "target_ratio": TARGET, "rows": rows}, sys.stdout, indent=2)
        print()
        return
    for row in rows:
        print(
            f"{row['task']}: loop {row['loop_ms']} ms, pool {row['pool_ms']} ms per file (CPU), "
            f"ratio {row['ratio']} (target at most {TARGET}), confinement {row['confinement']}"
        )


if __name__ == "__main__":
    main()
