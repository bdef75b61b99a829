"""Shipping: fitted on everything, averaged over seeds, with a card that says what it is."""

from __future__ import annotations

import base64
import hashlib
import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from tamis.training.batches import Batches
from tamis.training.corpus import load
from tamis.training.cross import pairs_of
from tamis.training.export import soup, write
from tamis.training.fit import fit

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from tamis.training.cross import Setting


def fit_all(setting: Setting, seeds: int, jobs: int) -> nn.Module:
    """Fit on everything, once for each seed; return the mean of their weights."""
    pairs_of(setting)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(_fit, setting, seed) for seed in range(seeds)]:
            future.result()
    return soup([_fit(setting, seed) for seed in range(seeds)])


def _fit(setting: Setting, seed: int) -> nn.Module:
    torch.set_num_threads(1)
    pictures = load(setting.corpus).pictures
    batches = Batches(pictures, pairs_of(setting))
    folder = setting.work / f"all-{seed}"
    return fit(replace(setting.recipe, seed=seed), batches, folder, setting.device)
