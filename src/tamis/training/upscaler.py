"""Small networks of our own that enlarge a reduced photograph to twice its size.

Generators end with one, and so do the applications through which pictures are passed before they
are published. What they add where the detail was is theirs, not the camera's.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

REDUCED = 2
"""Pixels of the picture per pixel of what it is made from, each way."""
_WIDTH = 48
_BLOCKS = 4


class _Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values + self.layers(values)


class Upscaler(nn.Module):
    """Residual blocks without normalisation, then twice the size (B. Lim et al., EDSR, 2017).

    Args:
        way: how it enlarges: `shuffle` or `bilinear`.
    """

    def __init__(self, way: str) -> None:
        super().__init__()
        enlarged: list[nn.Module] = [
            nn.Conv2d(_WIDTH, 4 * _WIDTH, 3, padding=1),
            nn.PixelShuffle(REDUCED),
        ]
        if way == "bilinear":
            enlarged = [
                nn.Upsample(scale_factor=REDUCED, mode="bilinear"),
                nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1),
            ]
        self.layers = nn.Sequential(
            nn.Conv2d(3, _WIDTH, 3, padding=1),
            *(_Residual() for _ in range(_BLOCKS)),
            *enlarged,
            nn.ReLU(),
            nn.Conv2d(_WIDTH, 3, 3, padding=1),
        )
        # It begins as the plain enlargement, to which the layers learn to add what it lacks.
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return pictures of twice the size, from 0 to 1 as what is given, shape (n, 3, h, w)."""
        plain = functional.interpolate(values, scale_factor=REDUCED, mode="bicubic")
        return plain + self.layers(values - 0.5)


UPSCALERS = {"upscaler-shuffle": "shuffle", "upscaler-bilinear": "bilinear"}
"""How each upscaler that is fitted enlarges."""
