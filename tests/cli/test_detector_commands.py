"""A person adds a detector, scans with it, calibrates it and removes it again."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tamis.detectors.scoring import Detector
from users import Site

sys.path.append(str(Path(__file__).resolve().parents[1] / "detectors"))
from cards import card, changed, published
from models import mean_gradient

MODEL = mean_gradient(gain=40.0, bias=-3.0)
PREPARED = {"input__views": [{"resize": {"mode": "none"}, "crop": "centre", "size": 160}]}


def scene(seed: int, spread: float) -> Image.Image:
    """A benign pattern, the rougher the larger the spread."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 190, (8, 8, 3), np.uint8))
    smooth = np.asarray(coarse.resize((200, 180), Image.BICUBIC), np.float64)
    rough = smooth + rng.normal(0, spread, smooth.shape)
    return Image.fromarray(np.clip(rough, 0, 255).astype(np.uint8))


def saved(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    path.write_bytes(out.getvalue())


def author_card(folder: Path, *, off: float = 0.0, **changes: object) -> Path:
    """A card with the self-test of an author, whose logits are off by so much."""
    pictures = [scene(seed, 5.0) for seed in range(3)]
    detector = Detector(card(**PREPARED), MODEL, "m")
    logits = [detector.score(np.asarray(each), 1).logit + off for each in pictures]
    path = folder / "card.json"
    path.write_text(json.dumps(published(MODEL, pictures, logits, **PREPARED, **changes)))
    return path


@pytest.fixture
def operator(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.evidence.mkdir()
    (tmp_path / "model.onnx").write_bytes(MODEL)
    saved(scene(1, 6.0), site.evidence / "smooth.png")
    Image.new("RGB", (40, 40)).save(site.evidence / "tiny.png")
    return site


def observed(site: Site, path: str) -> list[dict]:
    shown = site.json("show", site.case, path)["observations"]
    return [row for row in shown if row["examination"] == "signal.detectors" and row["in_force"]]


def test_from_adding_to_removing(operator: Site) -> None:
    model, case = operator.folder / "model.onnx", operator.case
    operator.run("scan", operator.evidence, "--case", case)
    assert observed(operator, "smooth.png") == []

    added = operator.json("detector", "add", model, "--card", author_card(operator.folder))
    assert (added["id"], added["state"], added["self_test"]) == (
        "gradient",
        "uncalibrated",
        "author",
    )
    assert "uncalibrated" in operator.run("detector", "list").stdout
    operator.run("detector", "add", model, "--card", operator.folder / "card.json", status=1)

    operator.run("scan", "--case", case)
    (score,) = observed(operator, "smooth.png")
    assert score["name"] == "detector.score"
    assert score["value"]["calibrated"] is False
    assert score["value"]["state"] == "uncalibrated"
    assert "log10_lr" not in score["value"]
    assert score["score"] == score["value"]["logit"]
    (none,) = observed(operator, "tiny.png")
    assert none["name"] == "detector.not_applicable"
    assert none["value"]["reasons"] == ["tiny"]
    assert "detector.score" in operator.run("show", case, "smooth.png").stdout

    calibrated(operator)
    operator.run("scan", "--case", case)
    (again,) = observed(operator, "smooth.png")
    assert again["version"] != score["version"]
    assert again["value"]["logit"] == score["value"]["logit"]
    assert again["value"]["log10_lr"] > 0  # as smooth as the captures of this test

    operator.run("detector", "remove", "gradient")
    assert operator.json("detector", "list") == []
    operator.run("scan", "--case", case)
    assert observed(operator, "smooth.png") == []
    operator.run("verify", operator.folder / "home" / "lists")


def calibrated(operator: Site) -> None:
    for seed in range(105):
        saved(
            scene(1000 + seed, 6.0), operator.folder / "real" / f"camera {seed % 3}" / f"{seed}.png"
        )
        saved(
            scene(5000 + seed, 14.0), operator.folder / "fake" / f"maker {seed % 2}" / f"{seed}.png"
        )
    folders = ("--real", operator.folder / "real", "--fake", operator.folder / "fake")
    found = operator.json("detector", "calibrate", "gradient", *folders, "--conditions", "PNG")
    fitted = found["calibration"]
    assert (fitted["n_capture"], fitted["n_synthetic"]) == (105, 105)
    assert fitted["validation"] == "by_source"
    assert fitted["capture_sources"] == {f"camera {number}": 35 for number in range(3)}
    assert fitted["slope"] < 0
    assert 0 <= fitted["cllr_min"] <= fitted["cllr"] < 0.2
    assert 1.5 < fitted["upper"] < 2.1
    assert found["state"] == "calibrated"
    assert found["unscored"] == {}


def test_a_drifting_self_test_is_refused_with_its_numbers(operator: Site) -> None:
    path = author_card(operator.folder, off=0.1)
    done = operator.run("detector", "add", operator.folder / "model.onnx", "--card", path, status=1)
    assert "the self-test differs: picture 0: " in done.stderr
    assert operator.json("detector", "list") == []
    assert list((operator.folder / "home").glob("detectors/*")) == []


def test_a_card_without_proof_is_installed_only_when_told_so(operator: Site) -> None:
    path = operator.folder / "card.json"
    path.write_text(json.dumps(changed(**PREPARED)))
    model = operator.folder / "model.onnx"
    done = operator.run("--lang", "fr", "detector", "add", model, "--card", path, status=1)
    assert "il y manque sha256, self_test" in done.stderr
    added = operator.json("detector", "add", model, "--card", path, "--trust-weights")
    assert (added["state"], added["self_test"]) == ("unproven", "installation")
    stored = json.loads((operator.folder / "home/detectors/gradient/card.json").read_text())
    assert len(stored["self_test"]["pictures"]) == 3
    assert "mesuré ici" in operator.run("--lang", "fr", "detector", "list").stdout

    # a model that was exchanged afterwards ends the scan, by name
    (operator.folder / "home/detectors/gradient/model.onnx").write_bytes(mean_gradient())
    done = operator.run("scan", operator.evidence, "--case", operator.case, status=1)
    assert "model.onnx: its SHA-256 is" in done.stderr


def test_too_few_pictures_calibrate_nothing(operator: Site) -> None:
    model = operator.folder / "model.onnx"
    operator.run("detector", "add", model, "--card", author_card(operator.folder))
    for seed, name in enumerate(("real", "fake")):
        saved(scene(seed, 6.0), operator.folder / name / "one.png")
    done = operator.run(
        "detector", "calibrate", "gradient",
        "--real", operator.folder / "real", "--fake", operator.folder / "fake", status=1,
    )  # fmt: skip
    assert "--real: " in done.stderr
    assert "a calibration takes 100" in done.stderr


def test_names_that_are_none(operator: Site) -> None:
    for name in ("nothing", "..", "../lists", ""):
        operator.run("detector", "remove", name, status=1)
    assert (operator.folder / "model.onnx").is_file()


def test_ready_cards_are_listed_and_written(operator: Site) -> None:
    assert [each["id"] for each in operator.json("detector", "cards")] == [
        "community-forensics-384", "detectra", "sieve",
    ]  # fmt: skip
    path = operator.folder / "sieve.json"
    operator.run("detector", "cards", "sieve", "--output", path)
    assert json.loads(path.read_text())["id"] == "sieve"
    done = operator.run("detector", "add", operator.folder / "model.onnx", "--card", path, status=1)
    assert "--trust-weights" in done.stderr
