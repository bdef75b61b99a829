"""TAEF2, the small autoencoder of FLUX.2's latents, and decoders of our own on the same latents.

A generator's last step is a decoder, and what a decoder leaves in the pixels is what is looked for.
TAEF2 (O. Bohan, MIT) is the only whole one at hand; one decoder does not stand for the others, so
further ones are fitted that enlarge in other ways, from fewer and from quantised latents.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from pathlib import Path

LATENTS = 32
REDUCED = 8
"""Pixels per latent, each way."""
_WIDTH = 64


class _Clamp(nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.tanh(values / 3) * 3


class _Block(nn.Module):
    def __init__(self, width: int, *, pooled: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(3):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        self.conv = nn.Sequential(*layers[:-1])
        self.pool = None
        if pooled:
            self.pool = nn.Sequential(
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.GroupNorm(4, 4 * width),
                nn.ReLU(),
                nn.Conv2d(4 * width, width, 1, bias=False),
            )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if self.pool is not None:
            values = values + self.pool(values)
        return functional.relu(self.conv(values) + values)


def encoder(folder: Path) -> nn.Module:
    """Return TAEF2's encoder: float32 (n, 3, h, w), 0 to 1, to (n, 32, h / 8, w / 8)."""
    layers: list[nn.Module] = [nn.Conv2d(3, _WIDTH, 3, padding=1), _Block(_WIDTH)]
    for stage in range(3):
        layers.append(nn.Conv2d(_WIDTH, _WIDTH, 3, 2, 1, bias=False))
        layers += [_Block(_WIDTH, pooled=stage == 2) for _ in range(3)]
    layers.append(nn.Conv2d(_WIDTH, LATENTS, 3, padding=1))
    return _loaded(nn.Sequential(*layers), folder / "taef2_encoder.pth")


def decoder(folder: Path) -> nn.Module:
    """Return TAEF2's decoder, the way back."""
    return _loaded(empty_decoder(), folder / "taef2_decoder.pth")


def empty_decoder() -> nn.Sequential:
    """Return a decoder built as TAEF2's, with weights drawn at random."""
    layers: list[nn.Module] = [_Clamp(), nn.Conv2d(LATENTS, _WIDTH, 3, padding=1), nn.ReLU()]
    for stage in range(3):
        layers += [_Block(_WIDTH, pooled=stage == 0) for _ in range(3)]
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, bias=False)]
    layers += [_Block(_WIDTH), nn.Conv2d(_WIDTH, 3, 3, padding=1)]
    return nn.Sequential(*layers)


def _loaded(model: nn.Module, path: Path) -> nn.Module:
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict({name: value.float() for name, value in state.items()})
    return model.eval().to(memory_format=torch.channels_last)


class _Shuffle(nn.Module):
    def __init__(self, nearest: nn.Conv2d) -> None:
        super().__init__()
        weight = nearest.weight.detach()
        kernels = [_phase(_phase(weight, y, 2), x, 3) for y in (0, 1) for x in (0, 1)]
        self.conv = nn.Conv2d(_WIDTH, 4 * _WIDTH, 3, padding=1, bias=False)
        stacked = torch.stack(kernels, 1).reshape(4 * _WIDTH, _WIDTH, 3, 3)
        self.conv.weight.data.copy_(stacked)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return functional.pixel_shuffle(self.conv(values), 2)


def _phase(weight: torch.Tensor, phase: int, axis: int) -> torch.Tensor:
    """Return the kernel on coarse pixels that a kernel on doubled pixels is, for one phase."""
    first, middle, last = weight.unbind(axis)
    zero = torch.zeros_like(first)
    sums = (first, middle + last, zero) if phase == 0 else (zero, first + middle, last)
    return torch.stack(sums, axis)


def _transposed(nearest: nn.Conv2d) -> nn.Module:
    weight = nearest.weight.detach()
    for axis in (2, 3):
        first, middle, last = weight.unbind(axis)
        weight = torch.stack((last, last + middle, middle + first, first), axis)
    layer = nn.ConvTranspose2d(_WIDTH, _WIDTH, 4, 2, 1, bias=False)
    layer.weight.data.copy_(weight.transpose(0, 1))
    return layer


def _enlarged(way: str, nearest: nn.Conv2d) -> nn.Module:
    """Return a layer that doubles height and width in another way, beginning as `nearest` does."""
    if way == "shuffle":
        return _Shuffle(nearest)
    if way == "transposed":
        return _transposed(nearest)
    mode = "nearest" if way == "nearest" else "bilinear"
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), copy.deepcopy(nearest))


class Decoder(nn.Module):
    """A decoder of our own: TAEF2's blocks, enlarging in another way, fitted anew.

    Args:
        taef2: the decoder it begins as.
        way: how it enlarges: `nearest`, `bilinear`, `shuffle` or `transposed`.
        channels: latents it is given, the first of the principal components; at most 32.
        levels: values to which each latent is quantised; 0 for none.
    """

    def __init__(
        self, taef2: nn.Module, way: str, channels: int = LATENTS, levels: int = 0
    ) -> None:
        super().__init__()
        self.channels, self.levels = channels, levels
        self.register_buffer("basis", torch.eye(LATENTS)[:channels].clone())
        self.register_buffer("spread", torch.ones(channels))
        layers = [copy.deepcopy(layer) for layer in taef2]
        places = [index for index, layer in enumerate(layers) if isinstance(layer, nn.Upsample)]
        for index in reversed(places):
            layers[index : index + 2] = [_enlarged(way, layers[index + 1])]
        self.layers = nn.Sequential(*layers)

    def shake(self, share: float) -> None:
        """Add noise to all weights, by `share` of their spread, so that it ends elsewhere."""
        with torch.no_grad():
            for values in self.parameters():
                if values.dim() > 1:
                    values.add_(share * values.std() * torch.randn_like(values))

    def measure(self, latents: torch.Tensor) -> None:
        """Choose the principal components of `latents`, shape (n, 32), and their spread."""
        values, vectors = torch.linalg.eigh(torch.cov(latents.T))
        order = torch.argsort(values, descending=True)[: self.channels]
        self.basis.copy_(vectors[:, order].T)
        self.spread.copy_(values[order].clamp_min(1e-6).sqrt())

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Return pictures, 0 to 1, from TAEF2's latents."""
        spread = self.spread.view(1, -1, 1, 1)
        kept = torch.einsum("kc,nchw->nkhw", self.basis, latents) / spread
        if self.levels:
            step = 4 / (self.levels - 1)
            kept = torch.round(kept.clamp(-2, 2) / step) * step
        return self.layers(torch.einsum("kc,nkhw->nchw", self.basis, kept * spread))


DECODERS = {
    "shuffle-16": ("shuffle", 16, 0),
    "bilinear-32": ("bilinear", 32, 0),
    "transposed-8": ("transposed", 8, 0),
    "quantised-24": ("nearest", 24, 8),
}
"""Way, latents and levels of each decoder that is fitted."""
