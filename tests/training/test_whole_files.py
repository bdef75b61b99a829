"""What the assessment is fitted on, and what comes of it, from rows made in code."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra: training", exc_type=ImportError)

from tamis.assess import pixels  # noqa: E402 - after the check for torch
from tamis.training import assessing, whole  # noqa: E402 - after the check for torch
from tamis.training.whole import Seen  # noqa: E402 - after the check for torch

CONTEXTS = ("jpeg-high/4:2:0/below-512/unresampled", "jpeg-high/4:2:0/below-2048/unresampled")


def rows(apart: float) -> list[Seen]:
    """Synthetic pictures have logits above those of captures by `apart` deviations."""
    rng = np.random.default_rng(0)
    return [
        Seen(
            part=number % 5,
            way=whole.WAYS[number % 3],
            path=f"{number}.jpg",
            synthetic=number % 2,
            group="g",
            label=f"source {number % 7}",
            new_source=int(number % 4 > 0),
            stratum=CONTEXTS[number % 3 > 0],
            logit=float(rng.normal(apart * (number % 2), 1)),
            finding="none",
        )
        for number in range(900)
    ]


def test_what_separates_is_worth_something_and_what_does_not_is_not():
    for apart, worth in ((3.0, True), (0.0, False)):
        fit = pixels.parsed(assessing.fitted_on(rows(apart), "1", "2026-01-01"))
        for stratum in fit.strata.values():
            assert (stratum.bounds.upper > 0.5) == worth
            assert (stratum.bounds.lower < -0.5) == worth


def test_figures_are_of_what_was_held_out(tmp_path):
    made = rows(3.0)
    said, ratios = assessing.judged(made)
    assert len(said) == len(made) == len(ratios)
    table = assessing.strata(made)
    assert "seen sources" in table
    assert "below-2048" in table
    assessing.write(made, tmp_path / "pixels.json", "2026-01-01")
    written = json.loads((tmp_path / "pixels.json").read_text())
    assert set(written["strata"]) == set(pixels.STRATA)


def test_what_was_seen_is_kept_as_it_was(tmp_path):
    made = rows(1.0)
    whole._write(tmp_path / "whole.csv", made)
    assert whole.read(tmp_path / "whole.csv") == made
