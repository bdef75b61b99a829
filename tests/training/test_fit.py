"""Fitting goes on where it was, comes out the same again, and what is exported says the same."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra: training", exc_type=ImportError)

from tamis.detectors.runtime import Network  # noqa: E402 - after the check for torch
from tamis.training import (  # noqa: E402 - after the check for torch, which they import
    batches,
    corpus,
    cross,
    degrade,
    export,
    fit,
    reconstructions,
    report,
    tables,
)
from tamis.training.autoencoder import Decoder  # noqa: E402 - after the check for torch
from tamis.training.reconstructions import Pair  # noqa: E402 - after the check for torch
from tamis.training.upscaler import UPSCALERS, Upscaler  # noqa: E402 - after the check for torch

QUICK = fit.Recipe(network="residual", steps=6, rate=1e-3)


@pytest.fixture(scope="module")
def pictures(made_corpus):
    return corpus.load(made_corpus).pictures


def weights(model):
    return torch.cat([value.detach().flatten() for value in model.parameters()])


def small(pictures):
    photograph = next(p for p in pictures if p.capture)
    decoded = next(p for p in pictures if not p.capture)
    pairs = [Pair(photograph, decoded, "none")]
    return batches.Batches(pictures, pairs, size=4, paired=1, blanks=1)


def test_a_batch_is_half_photographs_and_says_what_is_what(pictures):
    batch = small(pictures).batch(np.random.default_rng(0), 0.5)
    assert batch.tiles.shape == (7, batches.TILE, batches.TILE, 3)
    assert batch.pairs == 1
    assert list(batch.synthetic[:2]) == [False, True]
    assert batch.synthetic[2:6].sum() == 2
    assert list(batch.blank) == [False] * 6 + [True]
    assert (batch.groups[2:6] >= 0).all()
    assert (batch.groups[[0, 1, 6]] == -1).all()


def test_a_group_that_is_learnt_badly_comes_more_often(pictures):
    drawn = small(pictures)
    groups = {name: index for index, (name, _) in enumerate(drawn._groups)}
    hard = groups[False, "alpha"]
    for _ in range(200):
        batch = drawn.batch(np.random.default_rng(1), 1.0)
        drawn.learn(batch, np.where(batch.groups == hard, 3.0, 0.01))
    seen = [
        group
        for seed in range(60)
        for group in drawn.batch(np.random.default_rng(seed), 1.0).groups
    ]
    others = [index for (fake, _), index in groups.items() if not fake and index != hard]
    assert seen.count(hard) > 2 * max(seen.count(index) for index in others)


def test_a_fit_broken_off_goes_on_to_the_same_weights(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_SAVED_EVERY", 2)
    whole = fit.fit(QUICK, small(pictures), tmp_path / "whole")
    step = fit._step

    def dies(recipe, model, optimiser, drawn, number, device):
        if number == 4:
            raise KeyboardInterrupt
        return step(recipe, model, optimiser, drawn, number, device)

    monkeypatch.setattr(fit, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        fit.fit(QUICK, small(pictures), tmp_path / "broken")
    monkeypatch.setattr(fit, "_step", step)
    resumed = fit.fit(QUICK, small(pictures), tmp_path / "broken")
    assert torch.equal(weights(whole), weights(resumed))
    lines = [
        json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()
    ]
    assert lines[0]["step"] == 0
    assert {"loss", "wrong", "seconds"} <= set(lines[0])


def test_a_folder_of_another_recipe_is_refused(pictures, tmp_path):
    fit.fit(QUICK, small(pictures), tmp_path)
    other = fit.Recipe(network="residual", steps=6, rate=1e-3, seed=1)
    with pytest.raises(ValueError, match="another recipe"):
        fit.fit(other, small(pictures), tmp_path)


@pytest.mark.parametrize("name", ["efficientnet", "residual"])
def test_what_is_exported_says_the_same(name, tmp_path):
    torch.manual_seed(0)
    model = fit.NETWORKS[name]().eval()
    model.begin()
    export.write(model, tmp_path / "model.onnx")
    network = Network((tmp_path / "model.onnx").read_bytes(), "model.onnx")
    tiles = np.random.default_rng(0).integers(0, 256, (3, 3, 128, 128)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(tiles)).numpy()
    # The weights are kept in half precision.
    assert np.allclose(network.run(tiles, "logit"), expected, atol=2e-2)


def test_each_seed_is_fitted_with_and_without_pairs():
    with_and_without = fit.members(fit.Recipe(seed=3), 2)
    assert [(member.seed, member.uses_pairs) for member in with_and_without] == [
        (3, False),
        (3, True),
        (4, False),
        (4, True),
    ]
    plain = fit.members(fit.Recipe(paired=0, ranking=0), 1)
    assert [member.uses_pairs for member in plain] == [False]


def test_the_mean_of_weights_is_the_mean():
    members = []
    for seed in range(2):
        torch.manual_seed(seed)
        members.append(fit.NETWORKS["residual"]())
    mean = (weights(members[0]) + weights(members[1])) / 2
    assert torch.allclose(weights(export.soup(members)), mean)


@pytest.mark.parametrize("way", ["shuffle", "bilinear"])
def test_an_upscaler_begins_as_a_plain_enlargement(way):
    torch.manual_seed(0)
    small = torch.rand(1, 3, 10, 12)
    with torch.no_grad():
        enlarged = Upscaler(way)(small)
    plain = torch.nn.functional.interpolate(small, scale_factor=2, mode="bicubic")
    assert torch.allclose(enlarged, plain)


def test_upscalers_are_fitted_and_make_pairs(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(reconstructions, "_UPSCALER_STEPS", 2)
    photographs = reconstructions.regions(pictures)[:2]
    given = reconstructions.reduced(photographs)
    assert given.shape == (2, 3, degrade.REGION // 2, degrade.REGION // 2)
    name = "upscaler-shuffle"
    model = reconstructions.fit_decoder(name, photographs, given, None, tmp_path)
    again = reconstructions.fit_decoder(name, photographs, given, None, tmp_path)
    assert torch.equal(weights(model), weights(again))
    made = reconstructions.decoded(model, photographs, given, tmp_path / "made.npy")
    apart = [
        np.abs(one.astype(int) - picture.pixels).mean()
        for one, picture in zip(made, photographs, strict=True)
    ]
    assert 0 < max(apart) < 30


def test_what_pairs_are_made_by():
    usual = reconstructions.made_by(upscalers=False)
    more = reconstructions.made_by(upscalers=True)
    assert more[: len(usual)] == usual
    assert set(more) - set(usual) == set(UPSCALERS)
    assert len(usual) == corpus.PARTS  # each part is tested with another


@pytest.mark.parametrize("way", ["nearest", "shuffle", "transposed"])
def test_a_decoder_begins_as_the_one_it_comes_from(way):
    torch.manual_seed(0)
    taef2 = autoencoder_of_noise()
    latents = torch.randn(1, 32, 6, 6)
    with torch.no_grad():
        assert torch.allclose(Decoder(taef2, way)(latents), taef2(latents), atol=1e-5)


def autoencoder_of_noise():
    from tamis.training import autoencoder

    return autoencoder.empty_decoder()


def test_cross_validation_scores_what_is_held_out(made_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(cross, "pairs_of", lambda setting: [])
    setting = cross.Setting(made_corpus, tmp_path, fit.Recipe(network="residual", steps=2))
    for part in range(corpus.PARTS):
        cross._part(setting, part)
    rows = [
        row for part in range(corpus.PARTS) for row in cross.read(cross._scores_of(setting, part))
    ]
    assert {row.part for row in rows} == set(range(corpus.PARTS))
    found = report.figures(rows)
    assert found["native"]["new"]["auc"]["low"] <= found["native"]["new"]["auc"]["value"]
    assert found["native"]["kinds"].keys() == found["forum"]["kinds"].keys()
    assert found["native"]["likelihoods"]["cllr_min"] <= 1
    with_forms = found | {"forms": report.forms(rows)}
    # In the made corpus photographs are JPEG files, generated pictures are not.
    assert with_forms["forms"]["file"]["seen"]["value"] == 1.0
    assert tables.conditions(found).count("\n") > 10
    assert "| kinds: " in tables.groups(found)
    assert tables.likelihoods(found).count("\n") == 1 + len(degrade.CONDITIONS)
    assert tables.pairs(found).count("\n") == 1
    assert tables.all_of(with_forms).endswith(tables.forms(with_forms))
