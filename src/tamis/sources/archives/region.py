"""A run of bytes that can be read at any offset: an archive file, or a part of one."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 18
"""Bytes read or unpacked at a time."""


class _Store(Protocol):
    def read(self, offset: int, size: int) -> bytes: ...


class _File:
    """Reads by offset, so that forks and threads may share the descriptor; closes it when done."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset)


class _Memory:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes ``[start, start + size)`` of a file or of memory.

    Args:
        store: what holds them.
        start: offset of the first byte in `store`.
        size: number of bytes.
    """

    store: _Store
    start: int
    size: int

    @classmethod
    def of_file(cls, descriptor: int) -> Region:
        """The whole of an open file; takes over the descriptor."""
        return cls(_File(descriptor), 0, os.fstat(descriptor).st_size)

    @classmethod
    def of_bytes(cls, data: bytes) -> Region:
        """The whole of `data`."""
        return cls(_Memory(data), 0, len(data))

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end.

        Raises:
            OSError: the medium cannot be read there.
        """
        size = min(size, self.size - offset)
        return self.store.read(self.start + offset, size) if size > 0 else b""

    def slice(self, offset: int, size: int) -> Region:
        """The part of at most `size` bytes from `offset` on, kept within this region."""
        offset = min(offset, self.size)
        return Region(self.store, self.start + offset, min(size, self.size - offset))

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes from first to last."""
        offset = 0
        while chunk := self.read(offset, CHUNK):
            yield chunk
            offset += len(chunk)
