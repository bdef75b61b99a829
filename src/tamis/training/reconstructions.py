"""Content-identical pairs: a photograph, and the same after a decoder or an upscaler.

What differs within a pair is what the decoder left, and nothing else: the reconstruction is stored
with the photograph's own quantisation tables. After B. Chen et al., DDA, NeurIPS 2025.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from tamis.training.autoencoder import DECODERS, Decoder, decoder, encoder
from tamis.training.degrade import REGION, with_tables
from tamis.training.networks import EfficientNet
from tamis.training.upscaler import REDUCED, UPSCALERS, Upscaler

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tamis.training.corpus import Picture

TAEF2 = "taef2"
_STEPS, _UPSCALER_STEPS = 200, 800
"""The decoders begin as TAEF2's; the upscalers begin with nothing learnt."""
_BATCH, _SIDE = 6, 128
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


def reduced(pictures: Sequence[Picture]) -> NDArray[np.uint8]:
    """Return regions at half their size, uint8 (n, 3, 160, 160): what upscalers are given."""
    side = (REGION // REDUCED, REGION // REDUCED)
    small = [Image.fromarray(p.pixels).resize(side, Image.Resampling.BOX) for p in pictures]
    return np.stack([np.asarray(image).transpose(2, 0, 1) for image in small])


def begun(name: str, taef2: nn.Module, given: NDArray[Any]) -> nn.Module:
    """Return one of `DECODERS`, which begin as TAEF2's, or of `UPSCALERS`, not fitted yet."""
    torch.manual_seed(sum(name.encode()))
    if name in UPSCALERS:
        return Upscaler(UPSCALERS[name])
    way, channels, levels = DECODERS[name]
    model = Decoder(taef2, way, channels, levels)
    model.shake(_SHAKEN)
    model.measure(torch.from_numpy(given.transpose(0, 2, 3, 1).reshape(-1, given.shape[1])).float())
    return model


def fit_decoder(
    name: str,
    pictures: Sequence[Picture],
    given: NDArray[Any],
    taef2: nn.Module,
    folder: Path,
    device: str = "cpu",
) -> nn.Module:
    """Fit one of `DECODERS` or `UPSCALERS` on regions; its weights are kept in `folder`.

    Args:
        name: which.
        pictures: the regions.
        given: what it makes each of them from: TAEF2's latents, or the region at half its size.
        taef2: the decoder of which `DECODERS` begin.
        folder: where weights and curve are kept.
        device: of PyTorch.
    """
    model = begun(name, taef2, given).to(device, memory_format=torch.channels_last)
    path = folder / f"{name}.pt"
    if path.is_file():
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    seen = EfficientNet().to(device, memory_format=torch.channels_last)
    seen.begin()
    seen.requires_grad_(requires_grad=False)
    optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
    steps = _UPSCALER_STEPS if name in UPSCALERS else _STEPS
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, steps)
    rng = np.random.default_rng(sum(name.encode()))
    clock = time.monotonic()
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as log:
        for step in range(steps):
            before, wanted = _crops(rng, pictures, given, device)
            made = model(before)
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
    rng: np.random.Generator, pictures: Sequence[Picture], given: NDArray[Any], device: str
) -> tuple[torch.Tensor, torch.Tensor]:
    scale = REGION // given.shape[2]
    side = _SIDE // scale
    before, wanted = [], []
    for index in rng.integers(len(pictures), size=_BATCH):
        top, left = rng.integers(given.shape[2] - side + 1, size=2)
        before.append(given[index, :, top : top + side, left : left + side])
        y, x = top * scale, left * scale
        wanted.append(pictures[index].pixels[y : y + _SIDE, x : x + _SIDE])
    return _given(np.stack(before), device), _tensor(np.stack(wanted), device)


def _given(values: NDArray[Any], device: str) -> torch.Tensor:
    """Return latents as they are, and pictures from 0 to 1."""
    given = torch.from_numpy(values).to(device).float()
    return given / 255 if values.dtype == np.uint8 else given


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
    given: NDArray[Any],
    kept: Path,
    device: str = "cpu",
) -> NDArray[np.uint8]:
    """Return what `model` makes of each region, uint8 (n, 320, 320, 3), kept in a file.

    Each is stored with the tables of its photograph, and opened again. For `given` see
    `fit_decoder`.
    """
    if kept.is_file():
        return np.load(kept, mmap_mode="r")
    found = np.empty((len(pictures), REGION, REGION, 3), np.uint8)
    for index, picture in enumerate(pictures):
        made = (
            model(_given(given[index : index + 1], device))[0]
            .clamp(0, 1)
            .permute(1, 2, 0)
            .cpu()
            .numpy()
        )
        image = Image.fromarray(np.rint(made * 255).astype(np.uint8))
        if picture.tables:
            image = with_tables(image, picture.tables, picture.sampling)
        found[index] = np.asarray(image)
    part = kept.with_suffix(".part.npy")
    np.save(part, found)
    part.replace(kept)
    return found


def made_by(*, upscalers: bool) -> tuple[str, ...]:
    """Return the names of the decoders of pairs; an upscaler decodes a picture at half its size."""
    return (TAEF2, *DECODERS, *(UPSCALERS if upscalers else ()))


def all_pairs(
    pictures: Sequence[Picture],
    weights: Path,
    folder: Path,
    device: str = "cpu",
    *,
    upscalers: bool = False,
) -> list[Pair]:
    """Return every photograph with what each of `made_by` makes of it.

    Everything is kept in `folder`; delete that when the pictures are no longer the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    photographs = regions(pictures)
    latents = latents_of(photographs, weights, folder / "latents.npy", device)
    taef2 = decoder(weights).to(device)
    pairs = []
    for name in made_by(upscalers=upscalers):
        model, given = taef2, reduced(photographs) if name in UPSCALERS else latents
        if name != TAEF2:
            model = fit_decoder(name, photographs, given, taef2, folder, device)
        made = decoded(model, photographs, given, folder / f"{name}.npy", device)
        pairs += [
            Pair(picture, _made(picture, name, made[index]), name)
            for index, picture in enumerate(photographs)
        ]
    return pairs


def _made(picture: Picture, name: str, pixels: NDArray[np.uint8]) -> Picture:
    return replace(picture, capture=False, label=name, group=name, pixels=pixels)
