from __future__ import annotations

import hashlib
import io

import pytest

from tamis.fingerprints.cryptographic import digest


class _Unseekable(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe or an archive member may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 1000))


def test_known_digests_of_abc():
    digests, data = digest(io.BytesIO(b"abc"), keep=10)
    assert digests.md5.hex() == "900150983cd24fb0d6963f7d28e17f72"
    assert digests.sha1.hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert digests.sha256.hex().startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
    assert (digests.size, data) == (3, b"abc")


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_001])
def test_any_size_in_chunks(size):
    content = bytes(i * i % 251 for i in range(1000)) * (size // 1000 + 1)
    content = content[:size]
    digests, data = digest(io.BytesIO(content), keep=size)
    assert digests.sha256 == hashlib.sha256(content).digest()
    assert digests.size == size
    assert data == content


def test_more_than_keep_is_digested_but_not_kept():
    content = b"x" * 2_500_000
    digests, data = digest(io.BytesIO(content), keep=2_499_999)
    assert data is None
    assert digests.md5 == hashlib.md5(content).digest()


def test_short_reads_and_no_seeking():
    content = bytes(range(256)) * 40
    digests, data = digest(_Unseekable(content), keep=1 << 20)
    assert data == content
    assert digests.sha1 == hashlib.sha1(content).digest()
