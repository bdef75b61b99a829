"""A corpus made in code: noisy photographs stored as JPEG, and enlarged pictures stored as PNG."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
GENERATORS = ("sd-1.5", "sd-2", "sdxl", "flux-1-dev", "other")
EACH = 3
SIZE = (352, 336)


@pytest.fixture(scope="session")
def made_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    real, ai = [], []
    for number, source in enumerate(SOURCES):
        for index in range(EACH):
            path = folder / "real" / source / f"{index}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            _scene(100 * number + index, 24, 6).save(path, quality=93)
            row = {"path": f"{source}/{index}.jpg", "kind": "camera-original"}
            real.append(row | {"source_repo": f"someone/{source}"})
    for number, generator in enumerate(GENERATORS):
        for index in range(EACH):
            path = folder / "ai" / generator / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            _scene(5000 + 100 * number + index, 24, 0, doubled=True).save(path)
            row = {"path": f"{generator}/{index}.png", "generator": generator}
            ai.append(row | {"processing": "native", "source_repo": f"maker/{generator}"})
    for name, rows in (("real", real), ("ai", ai)):
        with (folder / name / "manifest.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _scene(seed: int, cells: int, noise: float, *, doubled: bool = False) -> Image.Image:
    rng = np.random.default_rng(seed)
    width, height = SIZE
    if doubled:
        width, height = width // 2, height // 2
    cell = rng.integers(30, 220, (cells, cells, 3), dtype=np.uint8)
    values = np.asarray(Image.fromarray(cell).resize((width, height), Image.Resampling.BICUBIC))
    values = values + rng.normal(0, 9, values.shape)
    values = values + rng.normal(0, noise, values.shape) if noise else values
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return image.resize(SIZE, Image.Resampling.NEAREST) if doubled else image
