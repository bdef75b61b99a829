"""Fitting: one network, one seed, resumable, with a log of its curve."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tamis.training.networks import NETWORKS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.training.batches import Batches


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a fit depends on, besides the pictures.

    Args:
        network: `efficientnet` or `residual`.
        seed: of every draw.
        steps: batches.
        rate: of learning at its peak.
        smoothing: of the labels.
        paired: weight of the members of content-identical pairs beside single pictures.
        ranking: weight of the loss on the order within these pairs.
        blank: weight of the loss on pictures without traces, of which nothing shall be said.
        probing: share of the steps in which only the last layer learns, so that the first errors
            do not spoil what the others know (A. Kumar et al., ICLR 2022).
        probe_rate: of learning of the last layer, against `rate`.
        worst: how much groups that are learnt badly count more, 0 for all alike.
    """

    network: str = "efficientnet"
    seed: int = 0
    steps: int = 1000
    rate: float = 2e-4
    smoothing: float = 0.05
    paired: float = 0.5
    ranking: float = 0.5
    blank: float = 0.3
    worst: float = 0.5
    probing: float = 0.25
    probe_rate: float = 0.5

    @property
    def uses_pairs(self) -> bool:
        """Whether content-identical pairs are trained on."""
        return self.paired > 0 or self.ranking > 0


def members(recipe: Recipe, seeds: int) -> list[Recipe]:
    """Return the recipes of the fits whose weights are averaged.

    For each seed one without pairs, which orders real generators and photographs best and goes by
    content too, and one with them, which sees traces of decoders alone. The mean of their weights
    has most of both (M. Wortsman et al., Model soups, ICML 2022).
    """
    found = []
    for seed in range(recipe.seed, recipe.seed + seeds):
        found.append(replace(recipe, seed=seed, paired=0.0, ranking=0.0))
        if recipe.uses_pairs:
            found.append(replace(recipe, seed=seed))
    return found


_SAVED_EVERY = 250
_LOGGED_EVERY = 25
_WARMED_UP = 0.05
_AVERAGED = 0.995


def fit(recipe: Recipe, batches: Batches, folder: Path, device: str = "cpu") -> nn.Module:
    """Fit a network, or go on where `folder` has one begun; return its averaged weights.

    The log is `log.jsonl` in `folder`, one line every 25 batches: loss, error by class, speed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    model = NETWORKS[recipe.network]().to(device, memory_format=torch.channels_last)
    model.begin()
    model.settle(_tiles(_settling(recipe, batches), device))
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(_AVERAGED)
    )
    optimiser = _optimiser(recipe, model)
    state = folder / "state.pt"
    begun = 0
    if state.is_file():
        begun = _resume(state, recipe, model, average, optimiser)
    clock = time.monotonic()
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for step in range(begun, recipe.steps):
            _pace(recipe, optimiser, step / recipe.steps)
            values = _step(recipe, model, optimiser, batches, step, device)
            average.update_parameters(model)
            if step % _LOGGED_EVERY == 0:
                values |= {"step": step, "seconds": round(time.monotonic() - clock, 1)}
                log.write(json.dumps(values) + "\n")
                log.flush()
            if (step + 1) % _SAVED_EVERY == 0 or step + 1 == recipe.steps:
                _save(state, recipe, step + 1, model, average, optimiser)
    return average.module.eval()


def _settling(recipe: Recipe, batches: Batches) -> NDArray[np.uint8]:
    drawn = [batches.batch(np.random.default_rng([recipe.seed, 0, n]), 0.0) for n in range(8)]
    return np.concatenate([batch.tiles for batch in drawn])


def _tiles(tiles: NDArray[np.uint8], device: str) -> torch.Tensor:
    values = torch.from_numpy(tiles).to(device).float().permute(0, 3, 1, 2)
    return values.contiguous(memory_format=torch.channels_last)


def _optimiser(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    taught = set(model.trunk())
    new = [weights for weights in model.parameters() if weights not in taught]
    groups = [{"params": list(model.trunk())}, {"params": new}]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=recipe.rate, weight_decay=1e-2)


def _pace(recipe: Recipe, optimiser: torch.optim.Optimizer, done: float) -> None:
    """Set the rates of learning when `done` of the steps are done."""
    *trunk, last = optimiser.param_groups
    last["lr"] = recipe.rate * _schedule(done) * (recipe.probe_rate if trunk else 1.0)
    for group in trunk:
        probing = done < recipe.probing
        group["lr"] = recipe.rate * _schedule(done, recipe.probing)
        for weights in group["params"]:
            weights.requires_grad_(not probing)


def _schedule(done: float, begun: float = 0.0) -> float:
    warmed = min(max(done - begun, 0.0) / _WARMED_UP, 1.0)
    return warmed * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def _step(
    recipe: Recipe,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    step: int,
    device: str,
) -> dict[str, float]:
    batch = batches.batch(np.random.default_rng([recipe.seed, step]), recipe.worst)
    target = torch.from_numpy(batch.synthetic).to(device).float()
    logits = model(_tiles(batch.tiles, device))
    seen = ~torch.from_numpy(batch.blank).to(device)
    weight = torch.ones_like(logits)
    weight[: 2 * batch.pairs] = recipe.paired
    soft = target * (1 - recipe.smoothing) + recipe.smoothing / 2
    each = functional.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    loss = (weight * each)[seen].sum() / weight[seen].sum()
    if (~seen).any():
        loss = loss + recipe.blank * logits[~seen].square().mean()
    if batch.pairs:
        real, fake = logits[: batch.pairs], logits[batch.pairs : 2 * batch.pairs]
        loss = loss + recipe.ranking * functional.softplus(real - fake).mean()
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    batches.learn(batch, each.detach().cpu().numpy())
    wrong = ((logits > 0) != (target > 0.5))[seen].float().mean()
    return {"loss": round(loss.item(), 4), "wrong": round(wrong.item(), 4)}


def _save(
    path: Path,
    recipe: Recipe,
    step: int,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
) -> None:
    part = path.with_suffix(".part")
    torch.save(
        {
            "recipe": asdict(recipe),
            "step": step,
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
        },
        part,
    )
    part.replace(path)


def _resume(
    path: Path,
    recipe: Recipe,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
) -> int:
    saved = torch.load(path, weights_only=True)
    if saved["recipe"] != asdict(recipe):
        raise ValueError(f"{path}: was begun with another recipe; choose another folder")
    model.load_state_dict(saved["model"])
    average.load_state_dict(saved["average"])
    optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])
