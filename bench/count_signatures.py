"""Count which camera writes which quantisation tables and which layout, into cameras.toml.

    python bench/count_signatures.py FOLDER > src/tamis/examinations/provenance/jpeg/cameras.toml

FOLDER holds photographs and a ``manifest.csv`` with ``path``, ``kind``, ``width``, ``height`` and
``lossless_crop``, as the corpus' ``real`` has. Counted are photographs of which the manifest says
that they are as the camera compressed them (``camera-original``), and whose EXIF names make and
model and no program that rewrites files. Of one that was cropped without being compressed again
the tables count, but not the layout, which the cropping program wrote.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tamis.examinations.provenance.camera import is_camera_name
from tamis.examinations.provenance.jpeg.quantisation import ijg, key
from tamis.examinations.provenance.jpeg.signatures import layout
from tamis.examinations.provenance.jpeg.software import rewriters
from tamis.examinations.provenance.metadata import read_metadata
from tamis.media.containers.jpeg_structure import read_structure
from tamis.media.sniff import sniff
from tamis.model import Content

HEADER = """\
# Counted by bench/count_signatures.py; not written by hand.
#
# {tables} photographs of {models} models are as their camera compressed them. Of {layouts} of them
# the layout too is as the camera wrote it; the others were cropped without compressing them again.
# They come from {sources} public collections of benign pictures; no picture is part of Tamis.
# `quality` is the IJG quality of the tables, 0 for other tables.
"""


@dataclass(frozen=True)
class Photograph:
    """One photograph as its camera compressed it."""

    path: Path
    make: str
    model: str
    tables: str
    sampling: str
    quality: int
    layout: str  # empty where the file was cropped
    huffman: str


def photographs(folder: Path) -> list[Photograph]:
    """The photographs of a folder that count, in the order of their paths."""
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["path"])
    read = (_read(folder, row) for row in rows if row["kind"] == "camera-original")
    return [photograph for photograph in read if photograph is not None]


def _read(folder: Path, row: dict[str, str]) -> Photograph | None:
    path = folder / row["path"]
    data = path.read_bytes()
    found = sniff(data[:65536])
    if found.format != "jpeg":
        return None
    structure = read_structure(data)
    metadata = read_metadata(Content(data, found.format, found.mime, found.kind))
    make, model = metadata.exif.text("Make"), metadata.exif.text("Model")
    if not (is_camera_name(make) and is_camera_name(model)) or rewriters(metadata, structure):
        return None
    quality = ijg(structure.used_tables)
    return Photograph(
        path,
        " ".join(make.split()),
        " ".join(model.split()),
        key(structure.used_tables),
        structure.sampling,
        quality.luminance if quality is not None else 0,
        "" if row["lossless_crop"] else layout(structure),
        structure.huffman,
    )


def as_toml(counted: list[Photograph]) -> str:
    """The counts as rows of cameras.toml, without its header."""
    cameras = Counter((p.make, p.model, p.tables, p.sampling, p.quality) for p in counted)
    layouts = Counter(
        (p.make, p.model, p.layout, p.huffman, p.sampling) for p in counted if p.layout
    )
    tables = [
        ("camera", ("make", "model", "tables", "sampling", "quality"), cameras),
        ("layout", ("make", "model", "layout", "huffman", "sampling"), layouts),
    ]
    lines = []
    for table, names, counts in tables:
        for values, files in sorted(counts.items()):
            lines.append(f"\n[[{table}]]")
            pairs = zip(names, values, strict=True)
            lines += [f"{name} = {_toml(value)}" for name, value in pairs]
            lines.append(f"files = {files}")
    return "\n".join(lines) + "\n"


def _toml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    counted = photographs(parser.parse_args().folder)
    print(
        HEADER.format(
            tables=len(counted),
            models=len({(p.make, p.model) for p in counted}),
            layouts=sum(bool(p.layout) for p in counted),
            sources=len({p.path.parent.name for p in counted}),
        ),
        end="",
    )
    print(as_toml(counted), end="")


if __name__ == "__main__":
    main()
