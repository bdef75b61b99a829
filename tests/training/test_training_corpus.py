"""What is held out must be unseen: no family, repository, source or near-duplicate on both."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tamis.errors import TamisError
from tamis.training import corpus

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def loaded(made_corpus: Path) -> corpus.Corpus:
    return corpus.load(made_corpus)


def test_every_picture_is_used_or_left_out_with_a_reason(made_corpus, loaded):
    files = {
        str(path.relative_to(made_corpus))
        for path in made_corpus.rglob("*")
        if path.is_file() and path.suffix != ".csv"
    }
    used = {picture.path for picture in loaded.pictures}
    assert used | set(loaded.left_out) == files
    assert used.isdisjoint(loaded.left_out)
    assert len(used) > len(files) // 2
    assert all(loaded.left_out.values())


def test_nothing_held_out_shares_its_making_with_what_is_trained_on(loaded):
    _assert_strict(loaded.pictures)


@pytest.mark.corpus
def test_the_groups_hold_on_the_shared_corpus(corpus: Path):
    from tamis.training.corpus import load

    _assert_strict(load(corpus).pictures)


def _assert_strict(pictures: list[corpus.Picture]) -> None:
    for part in range(corpus.PARTS):
        trained = corpus.training_pictures(pictures, part)
        tested = corpus.held_out(pictures, part)
        assert trained
        assert tested
        for field in ("path", "cluster"):
            assert {getattr(p, field) for p in trained}.isdisjoint(
                getattr(p, field) for p in tested
            )
        generated = [p for p in tested if not p.capture]
        known = [p for p in trained if not p.capture]
        assert {p.label for p in generated}.isdisjoint(p.label for p in known)
        assert {p.origin for p in generated}.isdisjoint(p.origin for p in known)
        assert all(p.family_part != part for p in known)
        new = {p.group for p in tested if corpus.is_new_source(p, part)}
        assert new.isdisjoint(p.group for p in trained if p.capture)


def test_without_a_part_everything_is_trained_on(loaded):
    assert corpus.training_pictures(loaded.pictures, None) == loaded.pictures


def test_every_generated_picture_is_held_out_once(loaded):
    times = Counter(
        picture.path
        for part in range(corpus.PARTS)
        for picture in corpus.held_out(loaded.pictures, part)
        if not picture.capture
    )
    assert set(times.values()) == {1}
    assert set(times) == {picture.path for picture in loaded.pictures if not picture.capture}


def test_pixels_begin_on_the_grid_of_blocks(tmp_path, made_corpus, loaded):
    picture = loaded.pictures[0]
    with Image.open(made_corpus / picture.path) as image:
        assert picture.pixels.shape == (image.height, image.width, 3)
    assert picture.tables
    assert not picture.lossless


def test_a_folder_without_manifests_is_refused(tmp_path):
    with pytest.raises(TamisError, match=r"manifest\.csv"):
        corpus.load(tmp_path)
