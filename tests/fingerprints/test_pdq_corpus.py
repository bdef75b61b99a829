"""The fast route against the reference route on every photograph of the corpus."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scenes import bits, decoded

from tamis.fingerprints.pdq import Pdq, stored_index

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
QUALITY = 50


def photos(corpus, folder):
    found = sorted(path for path in (corpus / folder).rglob("*") if path.is_file())
    return [path for path in found if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}]


@pytest.mark.parametrize("folder", ["real", "ai"])
def test_fast_is_at_most_six_bits_from_strict(corpus, folder):
    far, compared = [], 0
    for path in photos(corpus, folder):
        data = path.read_bytes()
        if not data.startswith(b"\xff\xd8"):
            continue  # only a JPEG has a fast route
        strict = Pdq().compute(decoded(data, strict=True))
        if strict.quality < QUALITY:
            continue
        fast = Pdq().compute(decoded(data))
        compared += 1
        distances = [bits(*pair) for pair in zip(fast.variants, strict.variants, strict=True)]
        if distances[0] > 6 or max(distances) > 12 or abs(fast.quality - strict.quality) > 2:
            far.append((path.name, distances))
    assert compared > 100
    assert far == []


@pytest.mark.parametrize("folder", ["real", "ai"])
def test_strict_is_the_reference(corpus, folder):
    oracle = pytest.importorskip(
        "pdqhash", reason="the reference PDQ is not installed: uv sync --group oracle"
    )
    differ = []
    for path in photos(corpus, folder)[::5]:
        data = path.read_bytes()
        content = decoded(data, strict=True)
        value = Pdq().compute(content)
        with Image.open(io.BytesIO(data)) as image:
            vector, quality = oracle.compute(np.asarray(image.convert("RGB")))
        stored = value.variants[stored_index(content.orientation)]
        if stored != np.packbits(vector.astype(np.uint8)).tobytes() or quality != value.quality:
            differ.append(path.name)
    assert differ == []
