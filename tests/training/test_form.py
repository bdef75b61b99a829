"""The baseline of form tells classes apart by it where it can, and says nothing where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra: training", exc_type=ImportError)

from tamis.training import form, protocol  # noqa: E402 - after the check for torch
from tamis.training.cross import Scored  # noqa: E402 - after the check for torch


def rows(step_of_fakes: float) -> list[Scored]:
    rng = np.random.default_rng(0)
    made = []
    for number in range(400):
        fake = number % 2
        step = float(rng.uniform(4, 8)) + (step_of_fakes if fake else 0)
        name = f"{'gen' if fake else 'cam'}-{number % 10 // 2}"
        made.append(
            Scored(
                part=number % 10 // 2,
                condition="native",
                path=str(number),
                synthetic=fake,
                group=name,
                label=name,
                kind="native",
                new_source=1 - fake,
                side=512 if fake else 640,
                lossless=0,
                step=step,
                sampling=0,
                score=float("nan"),
            )
        )
    return made


def area(scored: list[Scored]) -> float:
    scores = np.array([row.score for row in scored])
    return protocol.auc(scores, np.array([row.synthetic == 1 for row in scored]))


def test_other_tables_give_a_class_away():
    assert area(form.baseline(rows(20.0), form.of_life)) == 1.0


def test_tables_drawn_alike_give_nothing_away():
    assert 0.4 < area(form.baseline(rows(0.0), form.of_life)) < 0.6


def test_the_size_of_the_file_counts_in_the_file_alone():
    assert area(form.baseline(rows(0.0), form.of_file)) > 0.95
    assert area(form.baseline(rows(0.0), form.of_life)) < 0.6


def test_every_row_is_scored_once():
    given = rows(1.0)
    assert sorted(row.path for row in form.baseline(given)) == sorted(row.path for row in given)
