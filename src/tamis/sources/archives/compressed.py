"""A single compressed file (gzip, bzip2, xz): an archive of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.sources.archives.member import Archive, Limits, Member, missing
from tamis.sources.archives.unpack import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamis.sources.archives.region import Region

_SUFFIXES = (b".gz", b".bz2", b".xz", b".z")


class CompressedFile(Archive):
    """A compressed file seen as an archive with one member, named like it without its suffix."""

    def __init__(self, region: Region, kind: str, file_name: bytes, limits: Limits) -> None:
        self._region = region
        self._kind = kind
        self._limits = limits
        stem, dot, suffix = file_name.rpartition(b".")
        self._name = stem if stem and dot + suffix.lower() in _SUFFIXES else file_name

    def members(self) -> Iterator[Member]:
        """Yield the one member; only gzip states a size (modulo 4 GiB)."""
        size = 0
        if self._kind == "gzip":
            size = int.from_bytes(self._region.read(self._region.size - 4, 4), "little")
        yield Member(self._name, size)

    def chunks(self, name: bytes) -> Iterator[bytes]:
        """Yield the content."""
        if name != self._name:
            raise missing(name)
        return unpacked(self._region, self._kind, self._limits)
