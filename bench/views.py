"""In how many pictures of the corpus the spectrum view shows peaks, and where they come from.

`python bench/views.py` prints a row for each kind of picture, with how many were measured, how many
have a peak at multiples of 1/8 of a cycle per pixel, and how many have one elsewhere. The same
pictures are measured again after JPEG and after resizing, which make peaks of their own.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.examinations.signal import periodicity
from tamis.examinations.signal.views import luminance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
MOST = 40
"""Pictures of a kind, spread evenly over the manifest."""


def rows(folder: str) -> list[dict[str, str]]:
    with (CORPUS / folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def spread(found: list[Path]) -> list[Path]:
    step = max(len(found) / MOST, 1)
    return [found[int(place * step)] for place in range(min(MOST, len(found)))]


def kinds() -> Iterator[tuple[str, list[Path]]]:
    real = rows("real")
    for kind in ("camera-original", "camera-resized", "web"):
        paths = [CORPUS / "real" / row["path"] for row in real if row["kind"] == kind]
        yield f"real, {kind}", spread(paths)
    made = rows("ai")
    lossless = [row["processing"] == "native" and row["original_format"] == "PNG" for row in made]
    for name, wanted in (("generated, lossless", True), ("generated, other", False)):
        paths = [
            CORPUS / "ai" / row["path"]
            for row, is_lossless in zip(made, lossless, strict=True)
            if is_lossless is wanted
        ]
        yield name, spread(paths)


def jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    def compressed(image: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer)

    return compressed


def resized(factor: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize(
        (int(image.width * factor), int(image.height * factor)), Image.Resampling.BICUBIC
    )


CHAINS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as found": lambda image: image,
    "JPEG 90": jpeg(90),
    "JPEG 50": jpeg(50),
    "bicubic 0.7": resized(0.7),
    "bicubic 1.5": resized(1.5),
}


def main() -> None:
    print("| pictures | change | measured | peak at eighths | peak elsewhere |")
    print("| --- | --- | --- | --- | --- |")
    for kind, paths in kinds():
        for chain, change in CHAINS.items():
            measured = eighths = elsewhere = 0
            for path in paths:
                with Image.open(path) as image:
                    pixels = np.asarray(change(image.convert("RGB")))
                found = periodicity.measure(luminance(pixels))
                if isinstance(found, str):
                    continue
                measured += 1
                eighths += any(peak.of_eighths for peak in found.peaks)
                elsewhere += any(not peak.of_eighths for peak in found.peaks)
            print(f"| {kind} | {chain} | {measured} | {eighths} | {elsewhere} |", flush=True)


if __name__ == "__main__":
    main()
