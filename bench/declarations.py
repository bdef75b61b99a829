"""Counts what real and generated files of the corpus claim: the figures of declarations.toml.

uv run python bench/declarations.py [CORPUS]
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

from tamis.assess.declarations import weigh
from tamis.errors import DecodeError
from tamis.examinations.provenance.claims import claims
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import Content, MediaKind, Resources
from tamis.pipeline.take_in import examinations, examine

MAX_PIXELS = 220_000_000


def claimed(path: Path) -> list[str] | None:
    """The rows of the table that apply to a file; None where it is no picture."""
    data = path.read_bytes()
    sniffed = sniff(data[:65536])
    if sniffed.kind is not MediaKind.IMAGE:
        return None
    try:
        content = decode(data, sniffed, max_pixels=MAX_PIXELS)
    except DecodeError:
        content = Content(data, sniffed.format, sniffed.mime, sniffed.kind)
    results = [examine(item, content) for item in examinations(Resources())]
    observed = [item for result in results for item in result.observations]
    return [row.name for row in weigh(claims(observed))]


def counts(folder: Path) -> tuple[Counter[str], int]:
    """How many files make each claim, and how many there are."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [names for names in map(claimed, paths) if names is not None]
    return Counter(name for names in found for name in names), len(found)


def main() -> None:
    default = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    corpus = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TAMIS_CORPUS", default))
    (real, reals), (generated, all_generated) = counts(corpus / "real"), counts(corpus / "ai")
    for name in sorted(real.keys() | generated.keys()):
        print(f"{name}: real = [{real[name]}, {reals}]")
        print(f"{' ' * len(name)}  generated = [{generated[name]}, {all_generated}]")


if __name__ == "__main__":
    main()
