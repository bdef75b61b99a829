"""Cross-validation: each part in turn is held out, and everything held out is scored."""

from __future__ import annotations

import csv
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import torch

from tamis.errors import TamisError
from tamis.training.batches import Batches
from tamis.training.corpus import PARTS, held_out, is_new_source, load, training_pictures
from tamis.training.degrade import CONDITIONS, REGION, Chain, draws
from tamis.training.export import soup
from tamis.training.fit import Recipe, fit, members
from tamis.training.reconstructions import all_pairs, made_by
from tamis.training.shipped import detector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from torch import nn

    from tamis.detectors.scoring import Detector
    from tamis.training.corpus import Picture
    from tamis.training.reconstructions import Pair

PAIRED = "pair"
"""Beginning of the condition under which pairs are scored."""
SEED = 7
"""Of the draws of the test."""
_LEFT_TO_PAIRS = ("native", "jpeg-75", "half")


@dataclass(frozen=True, slots=True)
class Scored:
    """A picture and what was said of it; the fields are the columns of the file.

    Args:
        part: which part was held out.
        condition: what was done to it.
        path: in the corpus; of a reconstruction, that of its photograph.
        synthetic: 1 or 0.
        group: source, family of the generator, or decoder.
        label: source or generator.
        kind: what the manifest says became of it before.
        new_source: 1 where nothing of its source was trained on.
        side: shorter side of what is kept of the picture, pixels.
        lossless: 1 where it was never a JPEG, so that its first life as one is drawn.
        step: mean of the luminance table of its first life as JPEG; 0 where that is not known.
        sampling: of the chroma in that life, as of a `Picture`.
        score: logit of the detector as it ships, above 0 for synthetic.
    """

    part: int
    condition: str
    path: str
    synthetic: int
    group: str
    label: str
    kind: str
    new_source: int
    side: int
    lossless: int
    step: float
    sampling: int
    score: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the corpus is, where work is kept, and what is fitted.

    Args:
        corpus: folder with ``real/`` and ``ai/``.
        work: folder of what is kept between runs.
        recipe: see `tamis.training.fit.members` for what is made of it.
        seeds: of each member.
        upscalers: whether pairs are also made with upscalers of our own.
        device: of PyTorch.
    """

    corpus: Path
    work: Path
    recipe: Recipe
    seeds: int = 1
    device: str = "cpu"
    upscalers: bool = False


def run(setting: Setting, parts: Sequence[int] = range(PARTS), jobs: int = 1) -> Path:
    """Fit and score every part; return the file of scores. What is done already is kept."""
    pairs_of(setting)  # once, before the parts need them
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(_part, setting, part) for part in parts]:
            future.result()
    path = setting.work / "scores.csv"
    found = [row for part in range(PARTS) for row in read(_scores_of(setting, part))]
    _write(path, found)
    return path


def pairs_of(setting: Setting) -> list[Pair]:
    """Return all pairs; the decoders and their latents are fitted and kept at first."""
    pictures = load(setting.corpus).pictures
    weights, kept = setting.corpus / "taesd", setting.work / "pairs"
    return all_pairs(pictures, weights, kept, setting.device, upscalers=setting.upscalers)


def part_of(setting: Setting, part: int) -> Path:
    """Return the folder of what is kept of a part, the network that does not know it among it."""
    return setting.work / f"part-{part}"


def _scores_of(setting: Setting, part: int) -> Path:
    return part_of(setting, part) / "scores.csv"


def _part(setting: Setting, part: int) -> None:
    path = _scores_of(setting, part)
    if path.is_file():
        return
    torch.set_num_threads(1)
    pictures = load(setting.corpus).pictures
    trained_on = training_pictures(pictures, part)
    known = {picture.path for picture in trained_on}
    pairs = pairs_of(setting)
    hidden_decoders = made_by(upscalers=setting.upscalers)[part::PARTS]
    shown = [
        pair
        for pair in pairs
        if pair.photograph.path in known and pair.decoder not in hidden_decoders
    ]
    model = soup(
        [
            fit_member(setting, member, trained_on, shown, path.parent)
            for member in members(setting.recipe, setting.seeds)
        ]
    )
    chain = Chain(pictures)
    tested = [p for p in held_out(pictures, part) if min(p.pixels.shape[:2]) >= REGION]
    said = detector(model, path.with_name("model.onnx"))
    rows = list(_scored(said, chain, tested, part, list(CONDITIONS)))
    hidden = {picture.path for picture in tested}
    for pair in pairs:
        if pair.decoder in hidden_decoders and pair.photograph.path in hidden:
            both = (pair.photograph, pair.decoded)
            rows += _scored(said, chain, both, part, _LEFT_TO_PAIRS, prefix=f"{PAIRED}-")
    _write(path, rows)


def fit_member(
    setting: Setting,
    member: Recipe,
    pictures: Sequence[Picture],
    pairs: Sequence[Pair],
    folder: Path,
) -> nn.Module:
    """Fit one of the networks that are averaged, or take it up where it was."""
    batches = Batches(pictures, pairs if member.uses_pairs else ())
    name = f"{'pairs' if member.uses_pairs else 'pictures'}-{member.seed}"
    return fit(member, batches, folder / name, setting.device)


def _scored(
    said: Detector,
    chain: Chain,
    pictures: Iterable[Picture],
    part: int,
    conditions: Iterable[str],
    prefix: str = "",
) -> Iterable[Scored]:
    for picture in pictures:
        for condition in conditions:
            image = chain.test(picture, condition, SEED)
            tables, sampling = chain.life(picture, draws(picture, condition, SEED)[0])
            score = said.score(np.asarray(image), 1)
            if isinstance(score, str):
                raise TamisError(f"{picture.path}: {condition}: {score}")
            yield Scored(
                part=part,
                condition=prefix + condition,
                path=picture.path,
                synthetic=int(not picture.capture),
                group=picture.group,
                label=picture.label,
                kind=picture.kind,
                new_source=int(is_new_source(picture, part)),
                side=min(picture.pixels.shape[:2]),
                lossless=int(picture.lossless),
                step=round(float(np.mean(tables[0])), 3) if tables else 0.0,
                sampling=sampling,
                score=round(score.logit, 5),
            )


def _write(path: Path, rows: Iterable[Scored]) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Scored)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    part.replace(path)


def read(path: Path) -> list[Scored]:
    """Return the rows of a file of scores."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Scored(
                part=int(row["part"]),
                condition=row["condition"],
                path=row["path"],
                synthetic=int(row["synthetic"]),
                group=row["group"],
                label=row["label"],
                kind=row["kind"],
                new_source=int(row["new_source"]),
                side=int(row["side"]),
                lossless=int(row["lossless"]),
                step=float(row["step"]),
                sampling=int(row["sampling"]),
                score=float(row["score"]),
            )
            for row in csv.DictReader(stream)
        ]
