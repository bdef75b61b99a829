"""What is looked at in an ONNX file before anything runs it."""

from __future__ import annotations

from contextlib import suppress

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import FLOAT, mean_gradient, model
from onnx import TensorProto, helper

from tamis.detectors import model_file
from tamis.detectors.model_file import inspect
from tamis.errors import DetectorError

PICTURE = [("picture", FLOAT, [1, 3, 64, 64])]
LOGIT = [("logit", FLOAT, [1])]


def outside(location="../../etc/passwd"):
    """A tensor whose values lie in another file."""
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def node(name="Identity", domain="", **attributes):
    return helper.make_node(name, ["picture"], ["logit"], domain=domain, **attributes)


def branches(depth):
    """Graphs within graphs."""
    inner = helper.make_graph([node()], "g", [], [helper.make_tensor_value_info(*LOGIT[0])])
    for _ in range(depth):
        within = helper.make_node("If", ["c"], ["logit"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([within], "g", [], [helper.make_tensor_value_info(*LOGIT[0])])
    return helper.make_node("If", ["c"], ["logit"], then_branch=inner, else_branch=inner)


def with_function():
    made = onnx.ModelProto.FromString(mean_gradient())
    made.functions.append(
        helper.make_function(
            "evil", "f", ["a"], ["b"], [helper.make_node("Exp", ["a"], ["b"])],
            [helper.make_opsetid("", 17)],
        )
    )  # fmt: skip
    return made.SerializeToString()


def test_a_plain_model_is_accepted():
    found = inspect(mean_gradient(), "m.onnx")
    assert found.opset == 17
    assert found.nodes == 7


REFUSED = {
    "weights outside": (
        lambda: model([node()], PICTURE, LOGIT, initialisers=[outside()]),
        "weights in other files",
    ),
    "weights of a constant outside": (
        lambda: model([node("Constant", value=outside())], PICTURE, LOGIT),
        "weights in other files",
    ),
    "weights outside within a branch": (
        lambda: model(
            [
                helper.make_node(
                    "If",
                    ["c"],
                    ["logit"],
                    then_branch=helper.make_graph([node()], "g", [], [], [outside()]),
                )
            ],
            PICTURE,
            LOGIT,
        ),
        "weights in other files",
    ),
    "somebody's operator": (
        lambda: model([node("Run", domain="evil.example")], PICTURE, LOGIT),
        "operators of evil.example",
    ),
    "somebody's operators announced": (
        lambda: model([node()], PICTURE, LOGIT, opsets=[("", 17), ("com.microsoft", 1)]),
        "operators of com.microsoft",
    ),
    "somebody's function": (with_function, "operators of evil"),
    "branches without end": (
        lambda: model([branches(8)], PICTURE, LOGIT),
        "nested too deeply",
    ),
    "no graph": (lambda: b"", "no graph"),
    "text": (lambda: b"this is no model at all", "malformed"),
    "cut off": (lambda: mean_gradient()[:-9], "malformed"),
    "a length beyond the end": (lambda: b"\x3a\xff\xff\xff\xff\x0f", "malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_reason(name):
    build, reason = REFUSED[name]
    with pytest.raises(DetectorError, match=rf"^m\.onnx: not an ONNX model.*{reason}"):
        inspect(build(), "m.onnx")


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST_MODEL", 100)
    with pytest.raises(DetectorError, match="larger than"):
        inspect(mean_gradient(), "m.onnx")


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data):
    with suppress(DetectorError):
        inspect(data, "m.onnx")


@given(st.integers(0, 450), st.integers(0, 255))
def test_no_changed_byte_does_more_than_be_refused(at, byte):
    data = bytearray(mean_gradient())
    data[at % len(data)] = byte
    with suppress(DetectorError):
        inspect(bytes(data), "m.onnx")
