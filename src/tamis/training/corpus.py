"""The corpus as training sees it: pictures with their class, and the groups that are held out."""

from __future__ import annotations

import csv
import io
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict, cast

import numpy as np
from PIL import Image, JpegImagePlugin

from tamis.errors import TamisError
from tamis.examinations.signal.context import Context
from tamis.fingerprints.pdq import Pdq
from tamis.linking.stacks import stack
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

PARTS = 5
SIDE = 640
"""Of what is kept of a picture, from its middle, at most, in pixels."""
_BLOCK = 8
_NEAR = 31
_MAX_PIXELS = 200_000_000
_NOT_SCENES = frozenset({"digicam"})
"""Colour charts: they are for noise and metadata."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the corpus.

    Args:
        path: relative to the corpus.
        capture: whether a camera took it; else it was generated.
        group: its source for a photograph, its generator's family for a generated picture.
        label: its source, or its generator.
        origin: the repository it comes from.
        kind: what became of it, as the manifest says: `camera-original`, `native`, `thumbnail`, …
        part: which of the `PARTS` holds it out.
        family_part: which part its family belongs to; with a mixed repository it may be another.
        single: whether its source shows one scene, so that another picture of it is not unseen.
        cluster: near-duplicates share one.
        lossless: whether it was never compressed as JPEG, as far as is known.
        tables: its JPEG quantisation tables, luminance first; empty where it has none.
        sampling: of its chroma, 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0; 0 where it is another.
        pixels: from the middle, uint8, shape (h, w, 3), sides at most `SIDE`.
    """

    path: str
    capture: bool
    group: str
    label: str
    origin: str
    kind: str
    part: int
    family_part: int
    single: bool
    cluster: int
    lossless: bool
    tables: tuple[tuple[int, ...], ...]
    sampling: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All usable pictures, and those left out with the reason."""

    pictures: list[Picture]
    left_out: dict[str, str]


def load(folder: Path) -> Corpus:
    """Read the photographs and generated pictures under `folder`.

    Raises:
        TamisError: there is no corpus at `folder`.
    """
    rows = [("real", row) for row in _manifest(folder / "real")]
    rows += [("ai", row) for row in _manifest(folder / "ai")]
    opened: list[tuple[str, dict[str, str], _Opened]] = []
    left_out: dict[str, str] = {}
    for name, row in rows:
        path = f"{name}/{row['path']}"
        if row["path"].partition("/")[0] in _NOT_SCENES:
            left_out[path] = "colour chart"
            continue
        found = _open((folder / path).read_bytes())
        if found.reasons:
            left_out[path] = ", ".join(found.reasons)
        else:
            opened.append((path, row, found))
    prints = np.stack([found.pdq for _, _, found in opened])
    clusters = stack(prints, np.arange(len(prints)), distance=_NEAR).representative
    pictures = [
        _picture(path, row, found, int(cluster))
        for (path, row, found), cluster in zip(opened, clusters, strict=True)
    ]
    return Corpus(pictures, left_out)


@dataclass(frozen=True, slots=True)
class _Opened:
    reasons: list[str]
    pdq: NDArray[np.uint8]
    pixels: NDArray[np.uint8]
    lossless: bool
    tables: tuple[tuple[int, ...], ...]
    sampling: int


def _open(data: bytes) -> _Opened:
    content = decode(data, sniff(data), max_pixels=_MAX_PIXELS)
    seen = {item.name: item.value for item in Context().examine(content)}
    verdict = seen["context.applicable"]
    given = verdict.get("reasons") if isinstance(verdict, dict) else None
    reasons = [str(reason) for reason in given] if isinstance(given, list) else []
    print_of = Pdq().compute(content)
    with Image.open(io.BytesIO(data)) as image:
        tables = tuple(tuple(table) for table in getattr(image, "quantization", {}).values())
        sampling = max(0, JpegImagePlugin.get_sampling(image)) if tables else 0
        pixels = _middle(np.asarray(image.convert("RGB")))
    pdq = np.frombuffer(print_of.variants[0] if print_of else bytes(32), np.uint8)
    was_jpeg = bool(tables) or "context.jpeg_grid" in seen
    return _Opened(reasons, pdq, pixels, not was_jpeg, tables, sampling)


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle, beginning on the grid of the file's blocks."""
    height, width = pixels.shape[:2]
    top = max(0, (height - SIDE) // 2) // _BLOCK * _BLOCK
    left = max(0, (width - SIDE) // 2) // _BLOCK * _BLOCK
    return np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])


def _manifest(folder: Path) -> Iterable[dict[str, str]]:
    path = folder / "manifest.csv"
    if not path.is_file():
        raise TamisError(f"{path}: there is no manifest, so this is no corpus")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class _Family(TypedDict):
    name: str
    part: int
    labels: list[str]


class _Source(TypedDict, total=False):
    part: int
    one_scene: bool


class _Groups(TypedDict):
    """The contents of ``groups.toml``."""

    family: list[_Family]
    source: dict[str, _Source]
    repository: dict[str, int]


@cache
def _groups() -> _Groups:
    text = files("tamis.training").joinpath("groups.toml").read_text(encoding="utf-8")
    return cast("_Groups", tomllib.loads(text))


def _picture(path: str, row: dict[str, str], found: _Opened, cluster: int) -> Picture:
    groups = _groups()
    capture = path.startswith("real/")
    if capture:
        group = label = row["path"].partition("/")[0]
        source = groups["source"].get(label, {})
        # Of another corpus: the name decides.
        part = family_part = source.get("part", zlib.crc32(label.encode()) % PARTS)
        single = source.get("one_scene", False)
    else:
        label = row["generator"]
        family = next(
            item
            for item in groups["family"]
            if any(label.startswith(prefix) for prefix in item["labels"])
        )
        group, family_part, single = family["name"], family["part"], False
        part = groups["repository"].get(row["source_repo"], family_part)
    return Picture(
        path=path,
        capture=capture,
        group=group,
        label=label,
        origin=row["source_repo"],
        kind=row["kind"] if capture else row["processing"],
        part=part,
        family_part=family_part,
        single=single,
        cluster=cluster,
        lossless=found.lossless,
        tables=found.tables,
        sampling=found.sampling,
        pixels=found.pixels,
    )


def training_pictures(pictures: list[Picture], part: int | None) -> list[Picture]:
    """Return what may be trained on when `part` is held out; everything where it is None.

    Held out are its sources, its generators and their families, and the repositories their pictures
    come from; of the other photographs one cluster in `PARTS`; and whatever is a near-duplicate of
    anything held out.
    """
    if part is None:
        return pictures
    out = {picture.path for picture in held_out(pictures, part)}
    generated = [p for p in pictures if p.path in out and not p.capture]
    origins, labels = {p.origin for p in generated}, {p.label for p in generated}
    clusters = {p.cluster for p in pictures if p.path in out}
    return [
        picture
        for picture in pictures
        if picture.path not in out
        and picture.cluster not in clusters
        and picture.part != part
        and picture.family_part != part
        and (picture.capture or not (picture.origin in origins or picture.label in labels))
    ]


def held_out(pictures: list[Picture], part: int) -> list[Picture]:
    """Return what `part` is tested on: see `is_new_source` for which photographs are which."""
    return [
        picture
        for picture in pictures
        if picture.part == part
        or (picture.capture and not picture.single and picture.cluster % PARTS == part)
    ]


def is_new_source(picture: Picture, part: int) -> bool:
    """Say whether nothing of this photograph's source was trained on when `part` is held out."""
    return picture.capture and picture.part == part
