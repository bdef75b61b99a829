"""Answers survive the way unchanged, and nothing but agreed data comes out of any bytes."""

from __future__ import annotations

import contextlib
import json
import pickle
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.isolate.wire import LARGEST_HEAD, Codec, WireError
from tamis.model import Digests, FileState, Locator, Observation, SourceEntry


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Leaf:
    colour: Colour
    pair: tuple[int, str] = (0, "")
    words: list[str] | None = None
    table: dict[str, bytes] | None = None
    size: Literal["small", "large"] = "small"
    ratio: float = 0.0


@dataclass(frozen=True)
class Empty:
    pass


CODEC = Codec((Colour, Leaf, Empty))

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.binary() | st.integers(), inner, max_size=4)
    ),
)
records = st.one_of(
    st.builds(Digests, st.binary(), st.binary(), st.binary(), st.integers()),
    st.builds(
        SourceEntry,
        st.builds(Locator, st.lists(st.binary(), min_size=1).map(tuple)),
        st.integers(),
        st.none() | st.integers(),
        st.none() | st.sampled_from(FileState),
        st.text(),
    ),
    st.builds(
        Leaf,
        st.just(Colour.RED),
        st.tuples(st.integers(), st.text()),
        st.none() | st.lists(st.text()),
        st.none() | st.dictionaries(st.text(), st.binary()),
        st.sampled_from(["small", "large"]),
        st.floats(allow_nan=False) | st.integers(),
    ),
    st.just(Empty()),
)


def same(one, other):
    """Equality that tells 1 from True and 1.0, and a tuple from a list."""
    return (one == other and pickle.dumps(one) == pickle.dumps(other)) or repr(one) == repr(other)


@given(plain | records | st.lists(records))
def test_round_trip(value):
    assert same(CODEC.decode(CODEC.encode(value)), value)


@given(st.binary())
def test_any_bytes_give_plain_data_or_an_error(data):
    with contextlib.suppress(WireError):
        CODEC.decode(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from("bltd"),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(st.integers(-2, 20), inner).map(list)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
)


@given(json_values, st.binary(max_size=9))
def test_any_json_gives_plain_data_or_an_error(value, blobs):
    head = json.dumps(value).encode()
    try:
        decoded = CODEC.decode(len(head).to_bytes(4, "little") + head + blobs)
    except WireError:
        return
    assert same(CODEC.decode(CODEC.encode(decoded)), decoded)


def frame(head, blobs=b""):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    return len(head).to_bytes(4, "little") + head + blobs


def tag(cls):
    value = Observation("", None) if cls is Observation else Colour.RED
    data = CODEC.encode(value)
    return json.loads(data[4:])[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (frame(["b", 3], b"ab"), "past the end"),
        (frame(["b", -1], b"ab"), "past the end"),
        (frame(1, b"left"), "left over"),
        (frame([]), "without a tag"),
        (frame({"a": 1}), "without a tag"),
        (frame(["x", 1]), "unknown tag"),
        (frame([True, 1]), "unknown tag"),
        (frame([999, 1]), "unknown tag"),
        (frame(["d", 1]), "unknown tag"),
        (frame(["d", ["l"], 1]), "unhashable"),
        (frame(b"[" * 100_000), "RecursionError"),
        (frame(b"1" * 5000), "ValueError"),
        (frame([tag(Observation), 5, None, None]), "Observation.name is of type int"),
        (frame([tag(Observation), "n", ["b", 0], None]), "Observation.value is of type bytes"),
        (frame([tag(Observation), "n", None]), "shorter"),
        (frame([tag(Observation), "n", None, None, None]), "longer"),
        (frame([tag(Colour), "blue"]), "not a valid Colour"),
        ((LARGEST_HEAD + 1).to_bytes(4, "little"), "too much JSON"),
        (pickle.dumps(print), "too much JSON|Error"),
    ],
)
def test_what_was_not_agreed_is_refused(data, message):
    with pytest.raises(WireError, match=message):
        CODEC.decode(data)


def test_numbers_of_numpy_travel_as_numbers():
    value = {"a": np.float32(0.5), "b": np.int64(3), "c": np.float64(0.1)}
    assert CODEC.decode(CODEC.encode(value)) == {"a": 0.5, "b": 3, "c": 0.1}


@pytest.mark.parametrize("value", [{1, 2}, object(), np.zeros(3), Codec, bytearray(2)])
def test_other_values_do_not_travel(value):
    with pytest.raises(TypeError, match="only plain data"):
        CODEC.encode(value)


def test_a_value_that_contains_itself_does_not_travel():
    value = []
    value.append(value)
    with pytest.raises(RecursionError):
        CODEC.encode(value)


def test_too_large_a_value_does_not_travel():
    with pytest.raises(ValueError, match="too large"):
        CODEC.encode("x" * LARGEST_HEAD)


@dataclass(frozen=True)
class Unclear:
    value: set[int]


@dataclass(frozen=True)
class Unresolved:
    value: Nowhere  # noqa: F821 - that is the point


@pytest.mark.parametrize("cls", [Unclear, Unresolved, int])
def test_classes_that_cannot_be_checked_are_refused_at_once(cls):
    with pytest.raises(TypeError, match=r"cannot be a result|neither a dataclass"):
        Codec((cls,))
