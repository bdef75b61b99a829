"""Passes photographs through a public autoencoder (TAEF2, MIT licence) and keeps what comes out.

A decoder is the last step of most image generators, so a photograph that went through one has the
same content and a generator's pixels. Needs torch, which the project does not depend on:
`python bench/autoencoder.py FOLDER` writes one PNG file for each of up to fifteen photographs of
each source of the corpus into FOLDER, for `bench/local.py --decoded FOLDER`. The layers are those
of TAESD (github.com/madebyollin/taesd), read from the names and shapes of the weights.
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
from torch import nn

CORPUS = Path(
    os.environ.get("TAMIS_CORPUS")
    or Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
)
WIDTH, LATENT = 64, 32
MOST = 448
"""Pixels on a side that go through at once; of larger photographs the middle."""
OF_A_SOURCE = 15


def conv(inputs: int, outputs: int, **options: object) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, **options)


class Clamp(nn.Module):
    """Keeps what is decoded within three."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the values, bent."""
        return torch.tanh(values / 3) * 3


class Block(nn.Module):
    """Three convolutions beside a short cut; in the middle blocks a gate over all places before."""

    def __init__(self, *, pooled: bool = False) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            conv(WIDTH, WIDTH), nn.ReLU(), conv(WIDTH, WIDTH), nn.ReLU(), conv(WIDTH, WIDTH)
        )
        self.pool = None
        if pooled:
            self.pool = nn.Sequential(
                nn.Conv2d(WIDTH, 4 * WIDTH, 1, bias=False),
                nn.GroupNorm(4, 4 * WIDTH),
                nn.ReLU(),
                nn.Conv2d(4 * WIDTH, WIDTH, 1, bias=False),
            )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the features, shape as before."""
        if self.pool is not None:
            values = values + self.pool(values)
        return torch.relu(self.conv(values) + values)


def encoder() -> nn.Sequential:
    def halved() -> nn.Conv2d:
        return conv(WIDTH, WIDTH, stride=2, bias=False)

    layers: list[nn.Module] = [conv(3, WIDTH), Block()]
    for pooled in (False, False, True):
        layers += [halved(), *(Block(pooled=pooled) for _ in range(3))]
    return nn.Sequential(*layers, conv(WIDTH, LATENT))


def decoder() -> nn.Sequential:
    def doubled() -> list[nn.Module]:
        return [nn.Upsample(scale_factor=2), conv(WIDTH, WIDTH, bias=False)]

    layers: list[nn.Module] = [Clamp(), conv(LATENT, WIDTH), nn.ReLU()]
    for pooled in (True, False, False):
        layers += [*(Block(pooled=pooled) for _ in range(3)), *doubled()]
    return nn.Sequential(*layers, Block(), conv(WIDTH, 3))


def loaded(model: nn.Sequential, name: str) -> nn.Sequential:
    weights = torch.load(CORPUS / "taesd" / name, map_location="cpu", weights_only=True)
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    return model.eval()


def middle(image: Image.Image) -> Image.Image:
    """The middle, sides that are multiples of 8 and at most `MOST`, on the grid of 8 pixels."""
    width, height = (min(side, MOST) // 8 * 8 for side in image.size)
    left, top = (image.width - width) // 16 * 8, (image.height - height) // 16 * 8
    return image.crop((left, top, left + width, top + height))


@torch.no_grad()
def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    encode = loaded(encoder(), "taef2_encoder.pth")
    decode = loaded(decoder(), "taef2_decoder.pth")
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
