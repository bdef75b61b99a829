"""The shipped network on real files: what it was trained on it tells apart, and nothing breaks it.

What it is worth on pictures it has not seen is measured by cross-validation (docs/model-card.md),
which a test cannot repeat: these pictures were all trained on. So this is no measure of quality; it
notices weights, a preparation or a runtime that are not those that were measured.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tamis.errors import DecodeError
from tamis.examinations.signal.network import PixelNetwork
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import MediaKind

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.model import Observation

pytestmark = pytest.mark.corpus

OF_EACH = 60


def said(path: Path) -> Observation | None:
    """Its only observation; None of what is no picture, or cannot be decoded."""
    data = path.read_bytes()
    sniffed = sniff(data[:65536])
    if sniffed.kind is not MediaKind.IMAGE:
        return None
    try:
        content = decode(data, sniffed, max_pixels=1 << 26)
    except DecodeError:
        return None
    (found,) = PixelNetwork().examine(content)
    return found


def scores(corpus: Path, folder: str) -> np.ndarray:
    with (corpus / folder / "manifest.csv").open(encoding="utf-8") as lines:
        paths = [row["path"] for row in csv.DictReader(lines)]
    chosen = np.random.default_rng(5).permutation(len(paths))
    found = []
    for index in chosen:
        observation = said(corpus / folder / paths[index])
        if observation is not None and observation.score is not None:
            found.append(observation.score)
        if len(found) == OF_EACH:
            break
    return np.array(found)


def test_what_it_was_trained_on_it_tells_apart(corpus):
    real, generated = scores(corpus, "real"), scores(corpus, "ai")
    assert len(real) == len(generated) == OF_EACH
    assert (generated[:, None] > real).mean() > 0.97


@pytest.mark.parametrize("folder", ["formats", "fuzz", "meta"])
def test_every_file_gets_a_number_or_a_reason(corpus, folder):
    names = set()
    for path in sorted((corpus / folder).rglob("*"))[::3]:
        found = said(path) if path.is_file() else None
        if found is None:
            continue
        names.add(found.name)
        scored = found.name == "network.score"
        assert scored == (found.score is not None), path.name
        assert scored or found.value["reasons"], path.name
        assert "failed" not in found.value.get("reasons", ()), path.name
    assert "network.not_applicable" in names
