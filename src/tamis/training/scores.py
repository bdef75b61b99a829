"""Scoring: what a network says of a region, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

SIDE = 128


def tiles_of(image: Image.Image, side: int = SIDE, step: int = 96) -> NDArray[np.uint8]:
    """Return overlapping tiles that cover `image`, shape (n, side, side, 3)."""
    pixels = np.asarray(image)

    def places(length: int) -> NDArray[np.int64]:
        count = max(1, int(np.ceil((length - side) / step)) + 1)
        return np.linspace(0, max(length - side, 0), count).astype(np.int64)

    return np.stack(
        [
            pixels[top : top + side, left : left + side]
            for top in places(pixels.shape[0])
            for left in places(pixels.shape[1])
        ]
    )


@torch.no_grad()
def logits_of(
    model: torch.nn.Module, tiles: NDArray[np.uint8], device: str = "cpu"
) -> NDArray[np.float32]:
    """Return the logit of each tile, positive for synthetic."""
    values = torch.from_numpy(tiles).to(device).float().permute(0, 3, 1, 2)
    return model(values.contiguous(memory_format=torch.channels_last)).cpu().numpy()


def score_of(model: torch.nn.Module, image: Image.Image, device: str = "cpu") -> float:
    """Return the mean logit of a picture."""
    return float(logits_of(model, tiles_of(image), device).mean())
