"""Shipping: fitted on everything, averaged over seeds, with a card that says what it is."""

from __future__ import annotations

import hashlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import torch

from tamis.assess import calibration
from tamis.detectors.card import Calibration, Card, Training, written
from tamis.detectors.scoring import Detector
from tamis.detectors.self_test import logits, made
from tamis.training.corpus import load
from tamis.training.cross import fit_member, pairs_of, read
from tamis.training.degrade import CONDITIONS
from tamis.training.export import soup
from tamis.training.fit import members
from tamis.training.report import CONTROL, judged, of_the_unseen
from tamis.training.shipped import detector

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from tamis.training.cross import Scored, Setting
    from tamis.training.fit import Recipe

CALIBRATED_ON = tuple(name for name in CONDITIONS if name != CONTROL)


def ship(setting: Setting, folder: Path, jobs: int, date: str) -> Card:
    """Fit on everything, export, and write ``model.onnx`` and ``card.json`` to `folder`.

    The scores of cross-validation, from which the calibration comes, must lie in the folder of the
    setting: of what was trained on there are no honest ones.
    """
    rows = read(setting.work / "scores.csv")
    model = fit_all(setting, jobs)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    trial = detector(model, path)
    pictures = load(setting.corpus).pictures
    bare = trial.card.model_copy(
        update={
            "training": Training(
                sources=tuple(sorted({p.label for p in pictures if p.capture})),
                generators=tuple(sorted({p.label for p in pictures if not p.capture})),
            ),
            "self_test": made(),
        }
    )
    tested = Detector(bare, path.read_bytes(), path.name)
    found = made(logits(tested, path.name))
    done = bare.model_copy(
        update={
            "self_test": found.model_copy(update={"origin": "author"}),
            "calibration": calibrated(rows, date),
        }
    )
    (folder / "card.json").write_text(written(done), encoding="utf-8")
    return done


def fit_all(setting: Setting, jobs: int) -> nn.Module:
    """Fit every member on everything; return the mean of their weights."""
    if setting.recipe.uses_pairs:
        pairs_of(setting)  # once, before the fits need them
    recipes = members(setting.recipe, setting.seeds)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(_fit, setting, recipe) for recipe in recipes]:
            future.result()
    return soup([_fit(setting, recipe) for recipe in recipes])


def _fit(setting: Setting, member: Recipe) -> nn.Module:
    torch.set_num_threads(1)
    pictures = load(setting.corpus).pictures
    pairs = pairs_of(setting) if member.uses_pairs else ()
    return fit_member(setting, member, pictures, pairs, setting.work / "all")


def calibrated(rows: Sequence[Scored], date: str) -> Calibration:
    """Return the calibration from cross-validated scores of sources and generators not trained on.

    Cllr and bounds are of each part by a fit on the others.
    """
    kept = of_the_unseen(row for row in rows if row.condition in CALIBRATED_ON)
    found = judged(kept)
    fitted = calibration.fit(found.scores, found.capture)
    truth = "\n".join(f"{row.path} {row.condition} {row.score}" for row in kept)
    return Calibration(
        slope=fitted.slopes[0],
        offset=fitted.offset,
        lower=found.bounds.lower,
        upper=found.bounds.upper,
        n_capture=len({row.path for row in kept if not row.synthetic}),
        n_synthetic=len({row.path for row in kept if row.synthetic}),
        cllr=found.quality.cllr,
        cllr_min=found.quality.cllr_min,
        validation="by_source",
        capture_sources=_counted(kept, synthetic=False),
        synthetic_sources=_counted(kept, synthetic=True),
        truth_sha256=hashlib.sha256(truth.encode()).hexdigest(),
        date=date,
        conditions=", ".join(CALIBRATED_ON),
    )


def _counted(rows: Sequence[Scored], *, synthetic: bool) -> dict[str, int]:
    paths = {row.path: row.label for row in rows if bool(row.synthetic) == synthetic}
    return {label: list(paths.values()).count(label) for label in sorted(set(paths.values()))}
