"""A whole scan, per file, as the case grows; and the memory of the coordinator.

Every picture is another one (small JPEG files of smooth random fields), so that stacks, index and
tables grow as they would. `python bench/scan.py --sizes 1000 10000 100000 --json`
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

MEASURE = """
import json, resource, sys, time
from pathlib import Path
sys.argv[0] = "tamis"
from tamis.cli.scan import run, Engine
began, cpu = time.monotonic(), time.process_time()
summary = run([Path(sys.argv[1])], Path(sys.argv[2]), workers=0, engine=Engine.LOCAL)
print(json.dumps({
    "wall": time.monotonic() - began,
    "coordinator_cpu": time.process_time() - cpu,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "examined": summary.counts["examined"],
}))
"""


def make(folder: Path, first: int, last: int) -> None:
    """Write pictures number `first` to `last` into `folder`, a thousand to a subfolder."""
    for number in range(first, last):
        place = folder / f"{number // 1000:04d}"
        place.mkdir(exist_ok=True, parents=True)
        field = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(field).resize((320, 240), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=85)
        (place / f"{number:07d}.jpg").write_bytes(buffer.getvalue())


def scan(evidence: Path, case: Path) -> dict[str, float]:
    """Scan into a new case, in a process of its own."""
    shutil.rmtree(case, ignore_errors=True)
    command = [sys.executable, "-c", MEASURE, str(evidence), str(case)]
    environment = os.environ | {"TAMIS_HOME": str(case.parent / "home")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        evidence = work / "evidence"
        make(evidence, 0, 1)
        start_up = min(scan(evidence, work / "case")["wall"] for _ in range(3))
        have = 1
        for size in sorted(options.sizes):
            make(evidence, have, size)
            have = size
            best = min(
                (scan(evidence, work / "case") for _ in range(3 if size <= 10_000 else 1)),
                key=lambda row: row["wall"],
            )
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "tamis", "scan", "--case", str(work / "case")],
                check=True,
                capture_output=True,
                env=os.environ | {"TAMIS_HOME": str(work / "home")},
            )
            rows.append(
                {
                    "files": size,
                    "ms_per_file": 1000 * (best["wall"] - start_up) / size,
                    "ms_per_file_with_start": 1000 * best["wall"] / size,
                    "coordinator_ms_per_file": 1000 * best["coordinator_cpu"] / size,
                    "coordinator_peak_mib": best["peak_mib"],
                    "rescan_s": time.monotonic() - began,
                    "start_up_s": start_up,
                }
            )
            assert best["examined"] == size
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
