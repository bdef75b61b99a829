from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tamis.model import Locator, printable, printable_path


def test_nothing_a_terminal_obeys_is_left() -> None:
    assert printable("a\x1b[31mb\n\u202ec") == "a\\x1b[31mb\\x0a\\u202ec"
    assert printable("déjà vu 漢字 🙂") == "déjà vu 漢字 🙂"


def test_bytes_that_are_not_utf8_are_shown_as_bytes() -> None:
    assert printable_path(b"\xff\xc3\xa9") == "\\xffé"


@given(st.binary())
def test_every_path_becomes_printable(path: bytes) -> None:
    assert printable_path(path).isprintable()


@given(st.binary(), st.binary())
def test_two_paths_never_look_the_same(one: bytes, two: bytes) -> None:
    if one != two:
        assert printable_path(one) != printable_path(two)


@given(st.lists(st.binary().filter(lambda part: b"\0" not in part), min_size=1))
def test_a_locator_survives_its_key(parts: list[bytes]) -> None:
    locator = Locator(tuple(parts))
    assert Locator.from_key(locator.key) == locator
