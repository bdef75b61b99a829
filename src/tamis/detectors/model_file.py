"""Looks at an ONNX file before anything runs it: a reader of protocol buffers, and no more.

Refused are what would make ONNX Runtime open other files (weights kept outside, whose paths the
model chooses), operators that are not in the standard (somebody's own code) and files too large.
The fields are those of ``onnx.proto`` (https://github.com/onnx/onnx), IR version 3 and later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.errors import DetectorError
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_MODEL = 512 << 20
STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_MOST_NODES = 200_000
_DEEPEST = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# Messages: field number to the message it holds, or to what it is.
_MODEL = {7: "graph", 8: "opset", 20: "training", 25: "function"}
_GRAPH = {1: "node", 5: "tensor", 15: "sparse"}
_FUNCTION = {7: "node", 9: "opset", 10: "domain", 11: "attribute"}
_NODE = {4: "operator", 5: "attribute", 7: "domain"}
_ATTRIBUTE = {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"}
_SPARSE = {1: "tensor", 2: "tensor"}
_TENSOR = {13: "outside", 14: "location"}
_OPSET = {1: "domain", 2: "version"}
_FIELDS = {
    "model": _MODEL,
    "graph": _GRAPH,
    "function": _FUNCTION,
    "node": _NODE,
    "attribute": _ATTRIBUTE,
    "sparse": _SPARSE,
    "tensor": _TENSOR,
    "opset": _OPSET,
}


@dataclass(slots=True)
class ModelFile:
    """What an ONNX file says of itself.

    Args:
        opset: version of the standard operators; 0 where it says none.
        nodes: operators, those within others too.
    """

    opset: int = 0
    nodes: int = 0


class _Refusal(Exception):  # noqa: N818 - its text is what a DetectorError says
    pass


def inspect(model: bytes, name: str) -> ModelFile:
    """Return what there is to say of a model that may be given to ONNX Runtime.

    Args:
        model: the whole file.
        name: of the file, for messages.

    Raises:
        DetectorError: it is no ONNX file, or one that is refused; names the file and the reason.
    """
    if len(model) > LARGEST_MODEL:
        raise DetectorError(
            _("{file}: larger than {limit} MiB", file=name, limit=LARGEST_MODEL >> 20)
        )
    found = ModelFile()
    try:
        _walk(memoryview(model), "model", found, 0)
        _check_whole(found)
    except (_Refusal, UnicodeDecodeError) as error:
        raise DetectorError(
            _("{file}: not an ONNX model Tamis runs: {reason}", file=name, reason=error)
        ) from error
    return found


def _walk(view: memoryview, kind: str, found: ModelFile, depth: int) -> None:
    """Visit a message and those within."""
    if depth > _DEEPEST:
        raise _Refusal(_("graphs are nested too deeply"))
    if kind == "node":
        found.nodes += 1
        if found.nodes > _MOST_NODES:
            raise _Refusal(_("it has more than {limit} operators", limit=_MOST_NODES))
    domain, version = "", 0
    for number, value in _fields(view):
        meaning = _FIELDS[kind].get(number)
        if meaning is None:
            continue
        if meaning in _FIELDS:
            _walk(_message(value), meaning, found, depth + 1)
        elif meaning == "domain":
            domain = bytes(_message(value)).decode()
            _check_domain(domain)
        elif meaning == "version":
            version = value if isinstance(value, int) else 0
        elif meaning == "training":
            raise _Refusal(_("it holds training steps"))
        elif meaning == "outside" or (meaning == "location" and value):
            raise _Refusal(_("it keeps weights in other files; put them into the model itself"))
    if kind == "opset" and domain in ("", "ai.onnx"):
        found.opset = max(found.opset, version)


def _check_whole(found: ModelFile) -> None:
    if not found.nodes:
        raise _Refusal(_("it holds no graph"))


def _check_domain(domain: str) -> None:
    if domain not in STANDARD_DOMAINS:
        raise _Refusal(_("it uses operators of {domain}, outside the standard", domain=domain[:80]))


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Refusal(_("it is malformed"))
    return value


def _fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield each field of a message: its number, and its value."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(view, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(view, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise _Refusal(_("it is malformed"))
        if not number or at + size > len(view):
            raise _Refusal(_("it is malformed"))
        yield number, view[at : at + size]
        at += size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(view):
            break
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Refusal(_("it is malformed"))
