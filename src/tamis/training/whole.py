"""Whole files that were held out, as a scan sees them: what the assessment is fitted on.

The protocol judges squares of 320 pixels, so that size tells nothing. A case holds files: large
photographs of which the twelve tiles with most texture are seen, small pictures that have but four,
JPEG files of every quality. What is said of these is fitted on these, as they were found and after
the ways on which they reach a case.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from tamis.detectors.scoring import Detector
from tamis.errors import DecodeError
from tamis.examinations.signal.context import Context
from tamis.examinations.signal.detectors import scored
from tamis.examinations.signal.traces import CameraTraces
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.training.corpus import PARTS, held_out, is_new_source, load
from tamis.training.cross import SEED, part_of
from tamis.training.shipped import card

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tamis.model import Content
    from tamis.training.corpus import Picture
    from tamis.training.cross import Setting

FOUND = "found"
WAYS = (FOUND, "forum", "messenger")
"""As it lies in the corpus; as forums leave pictures; as messengers do."""
_FORUM_SIDES = (1024, 1280, 1600, 2048)
_MESSENGER_SIDES = (1280, 1600)
_MAX_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scan sees of a file; the fields are the columns of the file of them.

    Args:
        part: which part was held out.
        way: one of `WAYS`.
        path: in the corpus.
        synthetic: 1 or 0.
        group: source, or family of the generator.
        label: source, or generator.
        new_source: 1 where nothing of its source was trained on.
        stratum: of `signal.context`; empty where nothing is to be read from the pixels.
        logit: of the network that did not know it; NaN where it was not asked.
        finding: of `signal.traces` on demosaicing.
    """

    part: int
    way: str
    path: str
    synthetic: int
    group: str
    label: str
    new_source: int
    stratum: str
    logit: float
    finding: str


def run(setting: Setting, jobs: int = 1) -> Path:
    """Look at every file that a part holds out; return the file of what was seen."""
    path = setting.work / "whole.csv"
    if not path.is_file():
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(_part, [setting] * PARTS, range(PARTS)))
        _write(path, [row for rows in found for row in rows])
    return path


def _part(setting: Setting, part: int) -> list[Seen]:
    model = (part_of(setting, part) / "model.onnx").read_bytes()
    detector = Detector(card(hashlib.sha256(model).hexdigest()), model, f"part {part}")
    pictures = held_out(load(setting.corpus).pictures, part)
    return list(_seen(detector, setting, pictures, part))


def _seen(
    detector: Detector, setting: Setting, pictures: Sequence[Picture], part: int
) -> Iterator[Seen]:
    for picture in pictures:
        data = (setting.corpus / picture.path).read_bytes()
        for way in WAYS:
            seed = [SEED, zlib.crc32(picture.path.encode()), *way.encode()]
            sent = data if way == FOUND else _sent(data, way, np.random.default_rng(seed))
            stratum, logit, finding = _examined(detector, sent)
            yield Seen(
                part=part,
                way=way,
                path=picture.path,
                synthetic=int(not picture.capture),
                group=picture.group,
                label=picture.label,
                new_source=int(is_new_source(picture, part)),
                stratum=stratum,
                logit=logit,
                finding=finding,
            )


def _sent(data: bytes, way: str, rng: np.random.Generator) -> bytes:
    """Return the file as it arrives: reduced, without metadata, and saved again."""
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    forum = way == "forum"
    most = int(rng.choice(_FORUM_SIDES if forum else _MESSENGER_SIDES))
    factor = min(1.0, most / max(image.size), float(rng.uniform(0.6, 1.1)) if forum else 1.0)
    if factor < 1:
        width, height = (max(1, round(side * factor)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    quality = int(rng.integers(78, 96) if forum else rng.integers(65, 83))
    image.save(stream, "JPEG", quality=quality, subsampling=2)
    return stream.getvalue()


def _examined(detector: Detector, data: bytes) -> tuple[str, float, str]:
    """Return stratum, logit and finding of demosaicing."""
    try:
        content = decode(data, sniff(data), max_pixels=_MAX_PIXELS)
    except DecodeError:
        return "", float("nan"), "not_applicable"
    score = scored(detector, content)
    logit = float("nan") if isinstance(score, list) else round(score.logit, 4)
    return _stratum(content), logit, _finding(content)


def _stratum(content: Content) -> str:
    seen = {item.name: item.value for item in Context().examine(content)}
    return str(seen.get("context.stratum", ""))


def _finding(content: Content) -> str:
    (trace,) = CameraTraces().examine(content)
    return str(trace.value["finding"]) if isinstance(trace.value, dict) else ""


def _write(path: Path, rows: Sequence[Seen]) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Seen)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    part.replace(path)


def read(path: Path) -> list[Seen]:
    """Return the rows of a file that `run` wrote."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Seen(
                part=int(row["part"]),
                way=row["way"],
                path=row["path"],
                synthetic=int(row["synthetic"]),
                group=row["group"],
                label=row["label"],
                new_source=int(row["new_source"]),
                stratum=row["stratum"],
                logit=float(row["logit"]),
                finding=row["finding"],
            )
            for row in csv.DictReader(stream)
        ]
