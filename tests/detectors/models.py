"""Small ONNX models made in code."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

FLOAT, OPSET = TensorProto.FLOAT, 17


def model(nodes, inputs, outputs, *, initialisers=(), opsets=(("", OPSET),)):
    """The bytes of a model; inputs and outputs are (name, element type, shape)."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        list(initialisers),
    )
    imports = [helper.make_opsetid(*each) for each in opsets]
    return onnx.ModelProto.SerializeToString(
        helper.make_model(graph, opset_imports=imports, ir_version=9)
    )


def mean_gradient(side: int | None = None, gain: float = 50.0, bias: float = -1.0) -> bytes:
    """The logit is gain × mean absolute horizontal difference + bias; pictures are NCHW, RGB."""
    numbers = [
        helper.make_tensor("gain", FLOAT, [1], [gain]),
        helper.make_tensor("bias", FLOAT, [1], [bias]),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("zero", TensorProto.INT64, [1], [0]),
        helper.make_tensor("minus", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("end", TensorProto.INT64, [1], [1 << 30]),
        helper.make_tensor("column", TensorProto.INT64, [1], [3]),
    ]
    nodes = [
        helper.make_node("Slice", ["picture", "one", "end", "column"], ["right"]),
        helper.make_node("Slice", ["picture", "zero", "minus", "column"], ["left"]),
        helper.make_node("Sub", ["right", "left"], ["step"]),
        helper.make_node("Abs", ["step"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["logit"]),
    ]
    sides = [side, side] if side else ["h", "w"]
    return model(
        nodes,
        [("picture", FLOAT, ["n", 3, *sides])],
        [("logit", FLOAT, ["n"])],
        initialisers=numbers,
    )
