"""What a worker sends back, as plain data.

A worker taken over by a hostile file can send whatever bytes it likes, so the coordinator never
unpickles an answer: unpickling runs code. An answer is JSON in which every list begins with a tag,
followed by its byte strings; it can become nothing but None, bool, int, float, str, bytes, list,
tuple, dict and the dataclasses and enumerations both sides agreed on beforehand, and each field of
a dataclass is held against its annotation. A restricted unpickler was the alternative: it is
faster, yet a pickle of a few bytes can make it claim gigabytes, and it fills fields unchecked.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from enum import Enum
from numbers import Integral, Real
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, cast

from tamis.model import (
    Digests,
    ExaminationResult,
    FileState,
    FingerprintValue,
    ListKind,
    Locator,
    MediaKind,
    Observation,
    Origin,
    SourceEntry,
    Taken,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MODEL_CLASSES: tuple[type, ...] = (
    Digests,
    ExaminationResult,
    FileState,
    FingerprintValue,
    ListKind,
    Locator,
    MediaKind,
    Observation,
    Origin,
    SourceEntry,
    Taken,
)
"""Classes an answer may always contain."""

LARGEST_ANSWER = 64 << 20
"""Bytes of one answer; a worker that announces more is ended."""
LARGEST_HEAD = 16 << 20
"""Of these, bytes of JSON: parsed, it can take some twenty times its size."""

_SCALARS = frozenset({type(None), bool, int, float, str})
_HEAD = 4  # bytes that hold the length of the JSON part


class WireError(Exception):
    """An answer is not what the two sides agreed on."""


# What a field may hold: a set of exact types, or a test where that does not say it all. Sets make
# the common case fast: this runs in the one coordinator for every answer of every worker.
_Check = frozenset[type] | Callable[[object], bool]


@dataclasses.dataclass(frozen=True, slots=True)
class _Record:
    """How one dataclass travels: its tag, its fields, and what each may hold."""

    cls: type
    tag: int
    names: tuple[str, ...]
    values: Callable[[Any], tuple[object, ...]]
    checks: tuple[_Check, ...]


class Codec:
    """Turns answers into bytes and back.

    Args:
        classes: dataclasses and enumerations an answer may contain besides `MODEL_CLASSES`; the
            same, in the same order, on both sides.

    Raises:
        TypeError: a class is neither, or the annotation of a field cannot be checked.
    """

    def __init__(self, classes: Iterable[type] = ()) -> None:
        self._classes = tuple(dict.fromkeys((*MODEL_CLASSES, *classes)))
        self._records: dict[type, _Record] = {}
        self._enums: dict[type, int] = {}
        known = {cls.__name__: cls for cls in self._classes}
        for tag, cls in enumerate(self._classes):
            if issubclass(cls, Enum):
                self._enums[cls] = tag
            elif dataclasses.is_dataclass(cls):
                self._records[cls] = _record(cls, tag, known)
            else:
                raise TypeError(f"{cls.__name__} is neither a dataclass nor an enumeration")

    def encode(self, value: object) -> bytes:
        """Return `value` as bytes.

        Raises:
            TypeError: it contains something that is no plain data.
            ValueError: it is too large, or contains a number too long to write.
            RecursionError: it contains itself.
        """
        blobs: list[bytes] = []
        head = json.dumps(self._pack_all([value], blobs)[0], separators=(",", ":")).encode()
        size = _HEAD + len(head) + sum(map(len, blobs))
        if len(head) > LARGEST_HEAD or size > LARGEST_ANSWER:
            raise ValueError(f"a result of {size} bytes is too large")
        return b"".join((len(head).to_bytes(_HEAD, "little"), head, *blobs))

    def decode(self, data: bytes) -> object:
        """Return what `data` stands for.

        Raises:
            WireError: `data` is not made by `encode`, or a field does not fit its annotation.
        """
        end = _HEAD + int.from_bytes(data[:_HEAD], "little")
        if end > _HEAD + LARGEST_HEAD:
            raise WireError("too much JSON")
        reader = _Blobs(data, end)
        try:
            value = self._unpack_all([json.loads(data[_HEAD:end])], reader)[0]
        except WireError:
            raise
        except Exception as error:  # whatever it is, the worker's bytes caused it
            raise WireError(f"{type(error).__name__}: {error}") from error
        if reader.at != len(data):
            raise WireError("bytes left over")
        return value

    def _pack_all(self, values: Iterable[object], blobs: list[bytes]) -> list[object]:
        return [value if type(value) in _SCALARS else self._pack(value, blobs) for value in values]

    def _pack(self, value: object, blobs: list[bytes]) -> object:
        kind = type(value)
        if kind is bytes:
            blobs.append(cast("bytes", value))
            return ["b", len(blobs[-1])]
        if (record := self._records.get(kind)) is not None:
            return [record.tag, *self._pack_all(record.values(value), blobs)]
        if (tag := self._enums.get(kind)) is not None and isinstance(value, Enum):
            return [tag, value.value]
        if isinstance(value, (list, tuple)):
            name = "l" if isinstance(value, list) else "t"
            return [name, *self._pack_all(value, blobs)]
        if isinstance(value, dict):
            return ["d", *self._pack_all([part for pair in value.items() for part in pair], blobs)]
        # Numbers of numpy are as good as Python's, and a third party's examination may return them.
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Real):
            return float(value)
        raise TypeError(f"a result may hold only plain data, not {kind.__module__}.{kind.__name__}")

    def _unpack(self, node: object, blobs: _Blobs) -> object:
        if not isinstance(node, list) or not node:
            raise WireError("a list without a tag")
        tag, parts = node[0], node[1:]
        if type(tag) is int and 0 <= tag < len(self._classes):
            return self._instance(self._classes[tag], parts, blobs)
        if tag == "b" and len(parts) == 1:
            return blobs.take(parts[0])
        values = self._unpack_all(parts, blobs)
        if tag == "l":
            return values
        if tag == "t":
            return tuple(values)
        if tag == "d" and len(values) % 2 == 0:
            return dict(zip(values[::2], values[1::2], strict=True))
        raise WireError("an unknown tag")

    def _unpack_all(self, nodes: list[object], blobs: _Blobs) -> list[object]:
        return [node if type(node) in _SCALARS else self._unpack(node, blobs) for node in nodes]

    def _instance(self, cls: type, parts: list[object], blobs: _Blobs) -> object:
        record = self._records.get(cls)
        if record is None:
            (value,) = parts
            return cls(value)
        values = self._unpack_all(parts, blobs)
        for name, check, value in zip(record.names, record.checks, values, strict=True):
            if not (type(value) in check if isinstance(check, frozenset) else check(value)):
                raise WireError(f"{cls.__name__}.{name} is of type {type(value).__name__}")
        return cls(*values)


class _Blobs:
    """The byte strings at the end of an answer, taken one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def take(self, length: object) -> bytes:
        """Return the next `length` bytes."""
        if type(length) is not int or not 0 <= length <= len(self._data) - self.at:
            raise WireError("a byte string runs past the end")
        start, self.at = self.at, self.at + length
        return self._data[start : self.at]


def _record(cls: type, tag: int, known: dict[str, type]) -> _Record:
    names = tuple(field.name for field in dataclasses.fields(cls) if field.init)
    try:
        # Classes imported for type checking only are still found, among the agreed ones.
        hints = typing.get_type_hints(cls, localns=dict(known))
        checks = tuple(_check(hints[name]) for name in names)
    except (NameError, TypeError) as error:
        raise TypeError(f"{cls.__name__} cannot be a result: {error}") from error
    if len(names) == 1:
        get = attrgetter(names[0])
        return _Record(cls, tag, names, lambda value: (get(value),), checks)
    return _Record(cls, tag, names, attrgetter(*names) if names else lambda _: (), checks)


def _test(check: _Check) -> Callable[[object], bool]:
    """Return `check` as a function."""
    return (lambda value: type(value) in check) if isinstance(check, frozenset) else check


def _check(hint: Any) -> _Check:  # noqa: ANN401 - an annotation has no type
    """Return what tells whether a value fits the annotation `hint`."""
    if hint is Any or hint is object:
        return lambda value: True  # noqa: ARG005 - the signature of a check
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is None and (hint is None or isinstance(hint, type)):
        return frozenset({float, int} if hint is float else {hint or type(None)})
    if origin is Literal:
        return lambda value: type(value) in _SCALARS and value in arguments
    if origin in (typing.Union, types.UnionType):
        checks = [_check(argument) for argument in arguments]
        types_ = [check for check in checks if isinstance(check, frozenset)]
        tests = [check for check in checks if not isinstance(check, frozenset)]
        allowed = frozenset().union(*types_)
        if not tests:
            return allowed
        return lambda value: type(value) in allowed or any(test(value) for test in tests)
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is ...):
        each = [_test(_check(argument)) for argument in arguments]
        return lambda value: (
            isinstance(value, tuple)
            and len(value) == len(each)
            and all(check(part) for check, part in zip(each, value, strict=True))
        )
    if origin in (tuple, list):
        part_fits = _test(_check(arguments[0]))
        return lambda value: isinstance(value, origin) and all(map(part_fits, value))
    if origin is dict:
        key_fits, value_fits = _test(_check(arguments[0])), _test(_check(arguments[1]))
        return lambda value: (
            type(value) is dict
            and all(map(key_fits, value))
            and all(map(value_fits, value.values()))
        )
    raise TypeError(f"{hint} cannot be checked")
