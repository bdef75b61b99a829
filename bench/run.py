"""Runs all benchmarks and writes `bench/RESULTS.md`: the machine, versions, ratios, memory.

uv run --with-requirements bench/peers.txt python bench/run.py [NAME ...]
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BENCH = Path(__file__).resolve().parent
RESULTS = BENCH / "RESULTS.md"
STORED = BENCH / ".work"

BENCHMARKS = {
    "fingerprints": ("Fingerprints of JPEG files", ["fingerprints.py", "--json"]),
    "lookup-1e5": ("Look-up within 31 bits, 10^5", ["index.py", "--size", "1e5", "--json"]),
    "lookup-1e6": ("Look-up within 31 bits, 10^6", ["index.py", "--size", "1e6", "--json"]),
    "lookup-1e7": ("Look-up within 31 bits, 10^7", ["index.py", "--size", "1e7", "--json"]),
    "join-2e5": ("Self-join within 31 bits, 2·10^5", ["index.py", "--join", "2e5", "--json"]),
    "join-1e7": ("Self-join within 31 bits, 10^7", ["index.py", "--join", "1e7", "--json"]),
    "pool": ("Worker pool against a plain loop", ["pool.py", "--json"]),
    "metadata": ("What files say of themselves", ["metadata.py", "--json"]),
    "watermark": ("Watermarks found and not found", ["watermark.py", "--json"]),
    "traces": ("Traces of a camera's making", ["traces.py", "--json"]),
    "network": ("The pixel network: what a picture costs", ["network.py", "--json"]),
    "elusion": ("Elusion test: share of cases in which its bounds hold", ["elusion.py"]),
    "reorder": ("A decision until the queue is in order again", ["reorder.py", "--json"]),
    "scan": ("Whole scan as the case grows", ["scan.py", "--json"]),
}
PACKAGES = (
    "numpy", "numba", "pillow", "simplejpeg", "sqlalchemy", "faiss-cpu", "threatexchange",
    "perception", "sd-parsers",
)  # fmt: skip


def machine() -> str:
    """One line on where this was measured."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def versions() -> str:
    """The versions of everything compared."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} (absent)")
    return ", ".join(found)


def run(name: str) -> None:
    """Run one benchmark in a process of its own and keep its rows."""
    _, command = BENCHMARKS[name]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BENCH,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    result = json.loads(done.stdout)
    STORED.mkdir(exist_ok=True)
    kept = {
        "on": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "rows": result["rows"] if isinstance(result, dict) else result,
    }
    (STORED / f"{name}.json").write_text(json.dumps(kept))


def cell(value: object) -> str:
    """A figure with as many digits as it deserves."""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}".replace(",", " ")
    if isinstance(value, dict):
        return ", ".join(f"{name} {cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " / ".join(cell(part) for part in value)
    return str(value)


def write() -> None:
    """Write all kept rows as one document."""
    parts = [
        "# Results",
        (
            "Made by `uv run --with-requirements bench/peers.txt python bench/run.py`; each table "
            "says when and where. Peers run in the same process or the same run, in turn, one "
            "thread. Trust ratios rather than absolute figures: machines differ, and this one was "
            "shared."
        ),
    ]
    for name, (title, command) in BENCHMARKS.items():
        path = STORED / f"{name}.json"
        if not path.is_file():
            continue
        kept = json.loads(path.read_text())
        rows = kept["rows"]
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
        lines += [
            "| " + " | ".join(cell(row.get(column, "")) for column in columns) + " |"
            for row in rows
        ]
        parts += [
            f"## {title}",
            (
                f"`python bench/{' '.join(command)}`, {kept['on']}: {kept['machine']}; "
                f"{kept['versions']}."
            ),
            "\n".join(lines),
        ]
    RESULTS.write_text("\n\n".join(parts) + "\n")


def main() -> None:
    for name in sys.argv[1:] or BENCHMARKS:
        print(name, flush=True)
        run(name)
        write()


if __name__ == "__main__":
    main()
