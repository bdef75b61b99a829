"""Content-identical pairs: a photograph, and the same after the decoder of a generator.

What differs within a pair is what the decoder left, and nothing else: the reconstruction is stored
with the photograph's own quantisation tables. After B. Chen et al., DDA, NeurIPS 2025.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from tamis.training.autoencoder import DECODERS, REDUCED, Decoder, decoder, encoder
from tamis.training.degrade import REGION, with_tables
from tamis.training.networks import EfficientNet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.training.corpus import Picture

TAEF2 = "taef2"
_STEPS, _BATCH, _SIDE = 200, 6, 16
_RATE = 1e-3
_SHAKEN = 0.1
_PERCEIVED = 0.5
_STAGES_PERCEIVED = 3
_LOGGED_EVERY = 50


class Pair(NamedTuple):
    """A photograph and its reconstruction, with the name of the decoder."""

    photograph: Picture
    decoded: Picture
    decoder: str


def regions(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the photographs that are large enough, cut to the region they are judged by."""
    found = []
    for picture in pictures:
        height, width = picture.pixels.shape[:2]
        if picture.capture and min(height, width) >= REGION:
            left, top = (width - REGION) // 2 // 8 * 8, (height - REGION) // 2 // 8 * 8
            pixels = picture.pixels[top : top + REGION, left : left + REGION]
            found.append(replace(picture, pixels=pixels))
    return found


def latents_of(
    pictures: Sequence[Picture], weights: Path, kept: Path, device: str = "cpu"
) -> NDArray[np.float16]:
    """Return TAEF2's latents of regions, float16 (n, 32, 40, 40), kept in a file."""
    if kept.is_file():
        found: NDArray[np.float16] = np.load(kept)
        return found
    model = encoder(weights).to(device)
    with torch.no_grad():
        values = [model(_tensor(p.pixels[None], device)).cpu().numpy() for p in pictures]
    found = np.concatenate(values).astype(np.float16)
    np.save(kept, found)
    return found


def _tensor(pixels: NDArray[np.uint8], device: str) -> torch.Tensor:
    values = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).float() / 255
    return values.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def fit_decoder(
    name: str,
    pictures: Sequence[Picture],
    latents: NDArray[np.float16],
    begun: nn.Module,
    folder: Path,
    device: str = "cpu",
) -> nn.Module:
    """Fit one of `DECODERS` on regions and their latents; its weights are kept in `folder`.

    It begins as `begun`, which is TAEF2's.
    """
    torch.manual_seed(sum(name.encode()))
    way, channels, levels = DECODERS[name]
    model = Decoder(begun, way, channels, levels)
    model.shake(_SHAKEN)
    model = model.to(device, memory_format=torch.channels_last)
    path = folder / f"{name}.pt"
    if path.is_file():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    model.measure(
        torch.from_numpy(latents.transpose(0, 2, 3, 1).reshape(-1, latents.shape[1])).float()
    )
    seen = EfficientNet().to(device, memory_format=torch.channels_last)
    seen.begin()
    seen.requires_grad_(requires_grad=False)
    optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, _STEPS)
    rng = np.random.default_rng(sum(name.encode()))
    clock = time.monotonic()
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as log:
        for step in range(_STEPS):
            given, wanted = _crops(rng, pictures, latents, device)
            made = model(given)
            apart = functional.l1_loss(made, wanted)
            loss = apart + _PERCEIVED * _perceived(seen, made, wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if step % _LOGGED_EVERY == 0:
                seconds = round(time.monotonic() - clock, 1)
                line = {"step": step, "l1": round(apart.item(), 4), "loss": round(loss.item(), 4)}
                log.write(json.dumps(line | {"seconds": seconds}) + "\n")
                log.flush()
    torch.save(model.state_dict(), path)
    return model.eval()


def _crops(
    rng: np.random.Generator,
    pictures: Sequence[Picture],
    latents: NDArray[np.float16],
    device: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    given, wanted = [], []
    for index in rng.integers(len(pictures), size=_BATCH):
        top, left = rng.integers(latents.shape[2] - _SIDE + 1, size=2)
        given.append(latents[index, :, top : top + _SIDE, left : left + _SIDE])
        y, x, side = top * REDUCED, left * REDUCED, _SIDE * REDUCED
        wanted.append(pictures[index].pixels[y : y + side, x : x + side])
    return torch.from_numpy(np.stack(given)).to(device).float(), _tensor(np.stack(wanted), device)


def _perceived(seen: EfficientNet, made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return how differently the first layers of an ImageNet network see two pictures."""
    loss = torch.zeros((), device=made.device)
    first, second = made * 255, wanted * 255
    first = functional.relu6(seen.stem((first - seen.mean) / seen.deviation))
    second = functional.relu6(seen.stem((second - seen.mean) / seen.deviation))
    for block in (None, *seen.blocks[:_STAGES_PERCEIVED]):
        if block is not None:
            first, second = block(first), block(second)
        scale = second.detach().std() + 1e-3
        loss = loss + functional.l1_loss(first, second) / scale
    return loss / (_STAGES_PERCEIVED + 1)


@torch.no_grad()
def decoded(
    model: nn.Module,
    pictures: Sequence[Picture],
    latents: NDArray[np.float16],
    kept: Path,
    device: str = "cpu",
) -> NDArray[np.uint8]:
    """Return what `model` makes of each region's latents, uint8 (n, 320, 320, 3), kept in a file.

    Each is stored with the tables of its photograph, and opened again.
    """
    if kept.is_file():
        return np.load(kept, mmap_mode="r")
    found = np.empty((len(pictures), REGION, REGION, 3), np.uint8)
    for index, picture in enumerate(pictures):
        given = torch.from_numpy(latents[index : index + 1]).to(device).float()
        made = model(given)[0].clamp(0, 1).permute(1, 2, 0).cpu().numpy()
        image = Image.fromarray(np.rint(made * 255).astype(np.uint8))
        if picture.tables:
            image = with_tables(image, picture.tables, picture.sampling)
        found[index] = np.asarray(image)
    part = kept.with_suffix(".part.npy")
    np.save(part, found)
    part.replace(kept)
    return found


def all_pairs(
    pictures: Sequence[Picture], weights: Path, folder: Path, device: str = "cpu"
) -> list[Pair]:
    """Return every photograph with its reconstruction by TAEF2 and by each of `DECODERS`.

    Everything is kept in `folder`; delete that when the pictures are no longer the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    photographs = regions(pictures)
    latents = latents_of(photographs, weights, folder / "latents.npy", device)
    taef2 = decoder(weights).to(device)
    pairs = []
    for name in (TAEF2, *DECODERS):
        model = taef2
        if name != TAEF2:
            model = fit_decoder(name, photographs, latents, taef2, folder, device)
        made = decoded(model, photographs, latents, folder / f"{name}.npy", device)
        pairs += [
            Pair(picture, _made(picture, name, made[index]), name)
            for index, picture in enumerate(photographs)
        ]
    return pairs


def _made(picture: Picture, name: str, pixels: NDArray[np.uint8]) -> Picture:
    return replace(picture, capture=False, label=name, group=name, pixels=pixels)
