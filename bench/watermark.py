"""How often watermarks are found where none is, and where one is: rates on pictures of the corpus.

Negatives are camera photographs (`TAMIS_CORPUS`, else beside the checkout), as they come out of
their JPEG files, whole, cut and scaled. Positives are squares of photographs and of generated
pictures into which each mark is embedded at the size its generator works at, and what is left of it
after a re-save. `python bench/watermark.py --json`; `--every 10` takes a tenth of the photographs.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tamis.examinations.provenance.dwt_dct import MIN_PIXELS, Route, read_votes
from tamis.examinations.provenance.watermark import Mark, marks

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
sys.path.insert(0, str(ROOT / "tests"))
from watermarking import embed  # noqa: E402 - the product embeds nothing, only the tests do

CUTS = (256, 320, 384, 448, 512, 512, 640, 768, 896, 1024, 1024, 1536)
SCALES = (0.4, 0.5, 0.6, 0.75, 0.9, 1.25)
SIDES = {"Stable Diffusion 2": 768, "Stable Diffusion XL": 1024, "FLUX": 1024}
USUAL_SIDE = 512
CONFIDENCE = 0.95


def files(folder: str, *endings: str) -> list[Path]:
    found = sorted((CORPUS / folder).rglob("*"))
    return [path for path in found if path.suffix.lower() in endings]


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def samples(path: Path, rng: np.random.Generator):
    """The photograph whole, cut at random places, and scaled."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    whole = pixels(image)
    yield whole
    for side in CUTS:
        if min(width, height) >= side:
            top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
            yield whole[top : top + side, left : left + side]
    if width * height < 6_000_000:
        for scale in SCALES:
            yield pixels(image.resize((int(width * scale), int(height * scale)), Image.LANCZOS))
    else:
        image.thumbnail((1024, 1024), Image.LANCZOS)
        yield pixels(image)


def upper_bound(found: int, number: int) -> float:
    """Upper end of the Clopper-Pearson interval of nothing found in so many."""
    if found:
        raise SystemExit("marks were found among the negatives: look at them first")
    return 1 - ((1 - CONFIDENCE) / 2) ** (1 / number)


def negatives(every: int) -> dict[str, object]:
    """What is found where no mark is."""
    rng = np.random.default_rng(7)
    photographs = files("real", ".jpg", ".jpeg")[::every]
    closest = np.zeros(len(marks()), int)
    thresholds = np.array([mark.threshold for mark in marks()])
    number = found = 0
    spent = 0.0
    for path in photographs:
        for sample in samples(path, rng):
            if sample.shape[0] * sample.shape[1] < MIN_PIXELS:
                continue
            began = time.perf_counter()
            votes = read_votes(sample)
            matched = np.array([mark.matched(votes) for mark in marks()])
            spent += time.perf_counter() - began
            number += 1
            found += bool((matched >= thresholds).any())
            closest = np.maximum(closest, matched)
    row = {"what": "photographs without a mark", "pictures": number, "found": found}
    row |= {"photographs": len(photographs), "ms_per_picture": 1e3 * spent / number}
    row |= {"bound_pictures": upper_bound(found, number)}
    row |= {"bound_photographs": upper_bound(found, len(photographs))}
    names = [f"closest, {mark.name}" for mark in marks()]
    return row | dict(zip(names, closest.tolist(), strict=True))


def jpeg(marked: np.ndarray, quality: int) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(marked).save(out, "JPEG", quality=quality)
    return pixels(Image.open(out))


def scaled(marked: np.ndarray) -> np.ndarray:
    height, width = marked.shape[:2]
    smaller = (width * 3 // 4, height * 3 // 4)
    return pixels(Image.fromarray(marked).resize(smaller, Image.BICUBIC))


RE_SAVES = {
    "png": lambda marked: marked,
    "jpeg 95": lambda marked: jpeg(marked, 95),
    "jpeg 90": lambda marked: jpeg(marked, 90),
    "scaled by 0.75": scaled,
    "8 pixels cut off on the left": lambda marked: marked[:, 8:],
    "64 pixels cut off at the bottom": lambda marked: marked[:-64],
}


def square(path: Path, side: int) -> np.ndarray:
    image = Image.open(path).convert("RGB")
    least = min(image.size)
    return pixels(image.crop((0, 0, least, least)).resize((side, side), Image.LANCZOS))


def positives(number: int) -> list[dict[str, object]]:
    """What is found of each mark, by each of its routes."""
    lists = (files("ai", ".webp"), files("real", ".jpg", ".jpeg"))
    half = number // 2
    chosen = [path for found in lists for path in found[:: len(found) // half][:half]]
    return [row(mark, route, chosen) for mark in marks() for route in mark.routes]


def row(mark: Mark, route: Route, chosen: list[Path]) -> dict[str, object]:
    """The share of the pictures the mark is found in, after each re-save."""
    counts = dict.fromkeys(RE_SAVES, 0)
    for path in chosen:
        marked = embed(square(path, SIDES.get(mark.name, USUAL_SIDE)), mark.bits, route)
        for name, re_save in RE_SAVES.items():
            counts[name] += mark.matched(read_votes(re_save(marked))) >= mark.threshold
    shares = {name: count / len(chosen) for name, count in counts.items()}
    return {"what": f"{mark.name}, {route.value}", "pictures": len(chosen)} | shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--positives", type=int, default=40)
    arguments = parser.parse_args()
    rows = [negatives(arguments.every), *positives(arguments.positives)]
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
