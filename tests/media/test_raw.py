from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tamis.errors import DecodeError
from tamis.media import raw
from tamis.media.decode import decode
from tamis.media.sniff import Sniffed, sniff
from tamis.model import MediaKind

NEF = Sniffed("nef", "image/x-nikon-nef", MediaKind.IMAGE)


class Negative:
    """Stands for what ``rawpy.imread`` returns."""

    def __init__(self, width, height, flip=0, value=90):
        self.sizes = SimpleNamespace(width=width, height=height, flip=flip)
        self.value = value

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None

    def postprocess(self, *, half_size, **options):
        assert options["user_flip"] == 0
        step = 2 if half_size else 1
        height, width = -(-self.sizes.height // step), -(-self.sizes.width // step)
        return np.full((height, width, 3), self.value, np.uint8)


@pytest.fixture
def develop(monkeypatch):
    def make(*args, **options):
        module = ModuleType("rawpy")
        module.imread = lambda stream: Negative(*args, **options)
        monkeypatch.setitem(sys.modules, "rawpy", module)
        return decode(b"II*\0", NEF, max_pixels=50_000_000)

    return make


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(DecodeError, match=r"tamis\[raw\]") as caught:
        decode(b"II*\0", NEF, max_pixels=1000)
    assert caught.value.code == "no_decoder"


def test_a_large_negative_is_developed_at_half_size(develop):
    content = develop(601, 512)
    assert (content.width, content.height, content.scale) == (601, 512, 2)
    assert content.luma.shape == (256, 301)
    assert not content.truncated


def test_a_small_one_in_full(develop):
    content = develop(300, 200)
    assert (content.width, content.scale, content.luma.shape) == (300, 1, (200, 300))


@pytest.mark.parametrize(("flip", "orientation"), [(0, 1), (3, 3), (5, 8), (6, 6), (99, 1)])
def test_flip_is_the_orientation(develop, flip, orientation):
    assert develop(300, 200, flip=flip).orientation == orientation


def test_nothing_but_zeros_is_a_file_cut_off(develop):
    assert develop(300, 200, value=0).truncated


def test_the_cap_holds(develop):
    with pytest.raises(DecodeError) as caught:
        develop(10_000, 6000)
    assert caught.value.code == "too_many_pixels"
    with pytest.raises(DecodeError) as caught:
        develop(0, 6000)
    assert caught.value.code == "empty_picture"


@pytest.mark.corpus
def test_raw_files_of_the_corpus(corpus):
    pytest.importorskip("rawpy", reason="needs the extra 'raw'")
    scales = {}
    for path in sorted((corpus / "formats").iterdir()):
        data = path.read_bytes()
        sniffed = sniff(data[:65536])
        if sniffed.format in raw.FORMATS:
            try:
                scales[path.suffix] = decode(data, sniffed, max_pixels=50_000_000).scale
            except DecodeError as error:
                assert error.code == "broken"  # noqa: PT017 - which code matters here
    assert scales[".CRW"] == 2
