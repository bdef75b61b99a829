"""Passes photographs through a public autoencoder (TAEF2, MIT licence) and keeps what comes out.

A decoder is the last step of most image generators, so a photograph that went through one has the
same content and a generator's pixels. Needs the extra `training`: `python bench/autoencoder.py
FOLDER` writes one PNG file for each of up to fifteen photographs of each source of the corpus into
FOLDER, for `bench/local.py --decoded FOLDER`.
"""

from __future__ import annotations

import csv
import os
import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tamis.training.autoencoder import decoder, encoder

CORPUS = Path(
    os.environ.get("TAMIS_CORPUS")
    or Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
)
MOST = 448
"""Pixels on a side that go through at once; of larger photographs the middle."""
OF_A_SOURCE = 15


def middle(image: Image.Image) -> Image.Image:
    """The middle, sides that are multiples of 8 and at most `MOST`, on the grid of 8 pixels."""
    width, height = (min(side, MOST) // 8 * 8 for side in image.size)
    left, top = (image.width - width) // 16 * 8, (image.height - height) // 16 * 8
    return image.crop((left, top, left + width, top + height))


@torch.no_grad()
def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    encode, decode = (model(CORPUS / "taesd") for model in (encoder, decoder))
    with (CORPUS / "real" / "manifest.csv").open(encoding="utf-8") as lines:
        every = [row["path"] for row in csv.DictReader(lines)]
    random.Random(3).shuffle(every)
    seen: Counter[str] = Counter()
    losses = []
    for path in every:
        seen[path.partition("/")[0]] += 1
        if seen[path.partition("/")[0]] > OF_A_SOURCE:
            continue
        target = folder / f"{path.replace('/', '__')}.png"
        image = Image.open(CORPUS / "real" / path)
        if target.exists() or min(image.size) < 128:
            continue
        pixels = np.asarray(middle(image.convert("RGB"))).astype(np.float32) / 255
        values = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        again = decode(encode(values)).clamp(0, 1)[0].permute(1, 2, 0).numpy()
        losses.append(-10 * np.log10(np.mean((again - pixels) ** 2)))
        Image.fromarray(np.rint(again * 255).astype(np.uint8)).save(target, compress_level=1)
        if len(losses) % 20 == 1:
            print(len(losses), f"{np.median(losses):.1f} dB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
