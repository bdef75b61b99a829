"""What a file says of itself, per file: our examinations against sd-parsers, exiftool and c2pa-rs.

Files are those of the corpus (`TAMIS_CORPUS`, else beside the checkout): `meta` holds generator
metadata, `real` photographs of many cameras. All read the file from a warm disk cache. sd-parsers,
c2pa-rs and we run in this process, exiftool in one of its own that stays open; wall time, one after
the other. "embedded metadata" is what exiftool reads too; "everything" adds the validation of
Content Credentials, the structure of JPEG files, and what is looked for in their pixels.
`python bench/metadata.py --json`
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.media.sniff import sniff
from tamis.model import Content
from tamis.registry import load

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
TURNS = 5
NOT_EMBEDDED = {
    "provenance.c2pa",
    "provenance.jpeg",
    "provenance.watermark",
    "signal.context",
    "signal.traces",
}
FOLDERS = ("meta", "real")
ALL_FOLDERS = ("real", "ai", "formats", "meta", "c2pa")
"""Those whose facts are compared with exiftool's (tests/examinations/test_exiftool_oracle.py)."""
NOT_MEDIA = {".csv", ".json", ".md"}


def ours(names: tuple[str, ...]) -> Callable[[Path], bool]:
    """Our examinations of these names: everything from the path to the observations."""
    made = [kind() for name, kind in load("tamis.examinations").found.items() if name in names]

    def read(path: Path) -> bool:
        data = path.read_bytes()
        found = sniff(data[:65536])
        content = Content(data, found.format, found.mime, found.kind)
        observations = [item for examination in made for item in examination.examine(content)]
        return bool(observations)

    return read


def sd_parsers() -> Callable[[Path], bool] | None:
    """The prompt reader of that name, or None where it is not installed."""
    try:
        from sd_parsers import ParserManager
    except ImportError:
        return None
    manager = ParserManager()

    def read(path: Path) -> bool:
        try:
            return manager.parse(str(path)) is not None
        except Exception:  # it raises whatever it meets
            return False

    return read


def c2pa_rs() -> Callable[[Path], bool]:
    """The validator on every file, without our look whether there is a manifest at all."""
    from c2pa import C2paError, Context, Reader, Settings

    context = Context(Settings.from_dict({"verify": {"remote_manifest_fetch": False}}))

    def read(path: Path) -> bool:
        data = path.read_bytes()
        try:
            with Reader(sniff(data[:65536]).mime, io.BytesIO(data), context=context) as reader:
                return bool(reader.json())
        except C2paError:
            return False

    return read


class Exiftool:
    """exiftool, kept open as programs that read many files do."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["exiftool", "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip

    def read(self, path: Path) -> bool:
        """Read one file."""
        self.process.stdin.write(f"-j\n-n\n{path}\n-execute\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()).strip() != "{ready}":
            lines.append(line)
        return len(lines) > 1

    def close(self) -> None:
        """End it."""
        self.process.stdin.write("-stay_open\nFalse\n")
        self.process.stdin.close()
        self.process.wait()


def measure(readers: dict[str, Callable[[Path], bool]], paths: list[Path]) -> dict[str, object]:
    """Milliseconds per file of each reader, the median of turns, and how many files it read."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    read: dict[str, int] = {}
    for _ in range(TURNS):
        for name, reader in readers.items():
            began = time.perf_counter()
            read[name] = sum(reader(path) for path in paths)
            times[name].append((time.perf_counter() - began) * 1000 / len(paths))
    medians = {name: statistics.median(values) for name, values in times.items()}
    own = medians["tamis"]
    row: dict[str, object] = {"files": len(paths), "files_per_s": 1000 / own}
    for name, value in medians.items():
        row[f"{name}_ms"] = value
        row[f"{name}_says_something_of"] = read[name]
    row |= {f"times_{name}": value / own for name, value in medians.items() if name != "tamis"}
    return row


def files(folder: str) -> list[Path]:
    """The pictures of a folder of the corpus."""
    return sorted(
        path
        for path in (CORPUS / folder).rglob("*")
        if path.is_file() and path.suffix not in NOT_MEDIA and path.name != "LICENSE"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.parse_args()
    rows = []
    everything = tuple(load("tamis.examinations").found)
    embedded = tuple(name for name in everything if name not in NOT_EMBEDDED)
    exiftool = Exiftool() if shutil.which("exiftool") else None
    prompts = sd_parsers()
    for folder in FOLDERS:
        paths = files(folder)
        if prompts is not None:
            readers = {"tamis": ours(("provenance.generator",)), "sd_parsers": prompts}
            rows.append({"what": f"generator, {folder}"} | measure(readers, paths))
        if exiftool is not None:
            for what, names in (("embedded metadata", embedded), ("everything", everything)):
                readers = {"tamis": ours(names), "exiftool": exiftool.read}
                rows.append({"what": f"{what}, {folder}"} | measure(readers, paths))
        readers = {"tamis": ours(("provenance.c2pa",)), "c2pa_rs": c2pa_rs()}
        rows.append({"what": f"Content Credentials, {folder}"} | measure(readers, paths))
    if exiftool is not None:
        paths = [path for folder in ALL_FOLDERS for path in files(folder)]
        readers = {"tamis": ours(embedded), "exiftool": exiftool.read}
        rows.append({"what": "embedded metadata, whole corpus"} | measure(readers, paths))
        exiftool.close()
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
