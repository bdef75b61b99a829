"""One chain for both classes: what it leaves has the same form, and comes out the same again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tamis.training import corpus, degrade
from tamis.training.batches import TILE


@pytest.fixture(scope="module")
def pictures(made_corpus):
    return corpus.load(made_corpus).pictures


@pytest.mark.parametrize("condition", degrade.CONDITIONS)
def test_a_condition_leaves_both_classes_in_one_form(pictures, condition):
    chain = degrade.Chain(pictures)
    sizes = {chain.test(picture, condition, 1).size for picture in pictures}
    if condition in ("forum", "screenshot"):  # the factor is drawn
        assert all(0.55 * degrade.REGION <= min(size) <= 0.96 * degrade.REGION for size in sizes)
    else:
        assert len(sizes) == 1


def test_a_condition_is_the_same_again(pictures):
    chain = degrade.Chain(pictures)
    for condition in degrade.CONDITIONS:
        first, again = (np.asarray(chain.test(pictures[0], condition, 5)) for _ in range(2))
        assert np.array_equal(first, again)


def test_what_a_condition_draws_does_not_tell_whether_there_was_a_life_before(pictures):
    chain = degrade.Chain(pictures)
    picture = next(p for p in pictures if p.lossless)
    other = replace(picture, lossless=False)
    sizes = [chain.test(p, "forum", seed).size for p in (picture, other) for seed in range(8)]
    assert sizes[:8] == sizes[8:]
    assert len({chain.test(p, "forum", 1).size for p in pictures}) > 3
    lives = {chain.life(p, degrade.draws(p, "native", 1)[0]) for p in pictures}
    assert lives == {(p.tables, p.sampling) for p in pictures if p.capture}


def test_views_have_the_size_of_a_tile_and_are_the_same_again(pictures):
    chain = degrade.Chain(pictures)
    for seed, picture in enumerate(pictures):
        first, again = (
            np.asarray(chain.view(picture, np.random.default_rng(seed), TILE)) for _ in range(2)
        )
        assert first.shape == (TILE, TILE, 3)
        assert np.array_equal(first, again)


def test_a_picture_never_compressed_gets_a_life_as_jpeg(pictures):
    chain = degrade.Chain(pictures)
    picture = next(p for p in pictures if p.lossless)
    begun = chain.begun(picture, np.random.default_rng(0), (0, 0, 128))
    assert not np.array_equal(np.asarray(begun), picture.pixels[:128, :128])
    photograph = next(p for p in pictures if p.capture)
    begun = chain.begun(photograph, np.random.default_rng(0), (0, 0, 128))
    assert np.array_equal(np.asarray(begun), photograph.pixels[:128, :128])


def test_the_control_keeps_content_alone(pictures):
    chain = degrade.Chain(pictures)
    picture = next(p for p in pictures if p.capture)

    def detail(condition: str) -> float:
        values = np.asarray(chain.test(picture, condition, 1).convert("L"), np.float64)
        return float(np.abs(np.diff(values, 2, axis=1)).mean())

    assert detail("content") < 0.4 * detail("native")
