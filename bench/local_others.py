"""What else might tell a region put in: the level of noise and the network, block by block.

`python bench/local_others.py --decoded FOLDER --json`; `hybrids.py` says how the pictures are made,
`local.py` measures what is used. Both are scanned alike for the square that differs most from the
rest of its picture. Area under the curve against untouched photographs saved likewise; what people
and phones do without harm is measured too, as it must not stand out.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from functools import cache
from importlib.resources import files
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from hybrids import Host, control, hosts, hybrid, saved
from local import auc, drawn
from PIL import Image

from tamis.detectors import builtin
from tamis.detectors.runtime import Network

BLOCK = 16
"""Pixels on a side of a block of the map of noise."""
TILE, STEP = 128, 64
"""Of the tiles of the network and from one to the next, pixels."""
SAVES = ("png", "95", "75")
HYBRIDS = ("pasted", "decoded", "softened", "denoised")
HARMLESS = ("portrait in camera", "resized")
OF_A_SOURCE = 3


def noise_map(grey: np.ndarray) -> np.ndarray:
    """Deviations of the level of noise from what brightness and texture let expect, robust z.

    The level is that of the diagonal Haar coefficients (D. Donoho, I. Johnstone, Biometrika 81(3),
    1994); what is expected comes from a robust fit over the blocks of the picture itself.
    """
    height, width = (side // BLOCK * BLOCK for side in grey.shape)
    grey = grey[:height, :width].astype(np.float32)
    diagonal = grey[::2, ::2] - grey[::2, 1::2] - grey[1::2, ::2] + grey[1::2, 1::2]
    levels = np.abs(blocks(diagonal / 2, BLOCK // 2))
    noise = np.log(np.median(levels, 2) + 0.2 * levels.mean(2) + 0.05).ravel()
    whole = blocks(grey, BLOCK)
    bright, rough = whole.mean(2).ravel() / 128, np.log(whole.std(2).ravel() + 0.5)
    known = np.stack([np.ones_like(bright), bright, bright**2, rough, rough**2], 1)
    weights = np.ones_like(noise)
    for _ in range(5):
        law = np.linalg.lstsq(known * weights[:, None], noise * weights, rcond=None)[0]
        left = noise - known @ law
        spread = 1.48 * np.median(np.abs(left)) + 1e-3
        weights = 1 / np.sqrt(1 + (left / (2 * spread)) ** 2)
    return np.clip(left / spread, -4, 4).reshape(whole.shape[:2])


def blocks(values: np.ndarray, side: int) -> np.ndarray:
    """Shape (rows, columns, side × side)."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    return values.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, -1)


def tile_map(network: Network, rgb: np.ndarray) -> np.ndarray:
    """Logits of overlapping tiles against their median, in their own spread."""
    tops, lefts = (range(0, side - TILE + 1, STEP) for side in rgb.shape[:2])
    tiles = [rgb[y : y + TILE, x : x + TILE].transpose(2, 0, 1) for y in tops for x in lefts]
    groups = [np.stack(tiles[n : n + 16]).astype(np.float32) for n in range(0, len(tiles), 16)]
    logits = np.concatenate([network.run(group, "logit").ravel() for group in groups])
    left = logits - np.median(logits)
    return (left / (1.48 * np.median(np.abs(left)) + 0.1)).reshape(len(tops), len(lefts))


def strongest(values: np.ndarray, sides: tuple[int, ...]) -> float:
    """The largest mean over squares, counting more the larger they are."""
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    best = 0.0
    for side in sides:
        if side >= 0.7 * min(values.shape):
            break
        squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]
        squares = np.abs(squares + sums[:-side, :-side]) / side**2
        best = max(best, float(squares.max()) * side**0.5)
    return best


@cache
def opened() -> Network:
    model = files(builtin.__package__).joinpath("pixels", "model.onnx")
    return Network(model.read_bytes(), "model.onnx")


def of_host(host: Host) -> list[tuple[str, str, str, float, float]]:
    """Kind, how it is saved, source, and both scores."""
    network = opened()
    found = []
    for kind in ("untouched", *HARMLESS, *HYBRIDS):
        made = hybrid(host, kind, 0) if kind in HYBRIDS else (control(host, kind), None)
        for how in SAVES if made else ():
            image = Image.open(io.BytesIO(saved(made[0], how)))
            noise = strongest(noise_map(np.asarray(image.convert("L"))), (4, 6, 8, 10, 12, 16, 20))
            tiles = strongest(tile_map(network, np.asarray(image.convert("RGB"))), (1, 2, 3))
            found.append((kind, how, host.source, noise, tiles))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--decoded", type=Path)
    parser.add_argument("--of-a-source", type=int, default=OF_A_SOURCE)
    given = parser.parse_args()
    chosen = hosts(given.of_a_source, given.decoded)
    random.Random(0).shuffle(chosen)
    with Pool() as pool:
        rows = [row for found in pool.imap_unordered(of_host, chosen) for row in found]
    lines = []
    for column, name in ((3, "noise"), (4, "network")):
        for kind in (*HARMLESS, *HYBRIDS):
            for how in SAVES:
                mine = [row for row in rows if row[1] == how and row[0] in ("untouched", kind)]
                sources = sorted({row[2] for row in mine})
                groups = [
                    np.array([(r[0] == kind, r[column]) for r in mine if r[2] == source], float)
                    for source in sources
                ]
                value = round(auc(np.concatenate(groups)), 3)
                count = sum(row[0] == kind for row in mine)
                lines.append(
                    {"map": name, "what": kind, "saved": how, "files": count, "auc": value}
                    | {"auc interval": drawn(groups, auc)}
                )
    print(json.dumps(lines, indent=2))


if __name__ == "__main__":
    main()
