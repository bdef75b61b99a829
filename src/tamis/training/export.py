"""Export: from fitted weights to the ONNX file that ships."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tamis.training.batches import TILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPSET = 17
_LEAST_HALVED = 4096
"""Weights; smaller arrays, the statistics of the last layer among them, stay as they are."""


def soup(members: Sequence[nn.Module]) -> nn.Module:
    """Return the first of networks of one kind with the mean of all their weights.

    M. Wortsman et al., Model soups, ICML 2022; the members begin with the same weights.
    """
    states = [member.state_dict() for member in members]
    mean = {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    members[0].load_state_dict(mean)
    return members[0]


def write(model: nn.Module, path: Path) -> None:
    """Write a network that takes float32 (n, 3, 128, 128), 0 to 255, and gives n logits.

    Its weights are kept in half precision, which halves the file; computed is in float32.
    """
    example = torch.zeros(2, 3, TILE, TILE)
    with warnings.catch_warnings():
        # The sizes of the padding become constants, as they shall: tiles have one size.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval().cpu(),
            (example,),
            str(path),
            input_names=["tiles"],
            output_names=["logit"],
            dynamic_axes={"tiles": {0: "n"}, "logit": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.save(_halved(onnx.load(path)), path)


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with its large weights in float16, each cast back before it is used."""
    graph, casts = model.graph, []
    for index, weight in enumerate(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _LEAST_HALVED:
            continue
        name = f"{weight.name}.half"
        graph.initializer[index].CopyFrom(numpy_helper.from_array(values.astype(np.float16), name))
        casts.append(
            helper.make_node("Cast", [name], [name.removesuffix(".half")], to=TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model
