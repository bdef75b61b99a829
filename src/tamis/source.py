"""Where evidence comes from: the interface every source implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from tamis.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.model import Locator, SourceEntry


class Source(ABC):
    """A place evidence is read from, never written to.

    A source is created from its location, is cheap to create and can be pickled: every worker opens
    its own. Register a class under the entry point group ``tamis.sources``.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    priority: ClassVar[int] = 0
    """Of the sources that accept a location, the one with the highest priority takes it."""

    def __init__(self, location: Path) -> None:
        self.location = location

    @classmethod
    @abstractmethod
    def accepts(cls, location: Path) -> bool:
        """Say whether this class can read `location`, by a look at its first bytes."""

    @abstractmethod
    def walk(self) -> Iterator[SourceEntry]:
        """Yield every thing there is, in an order that depends on the content alone.

        What cannot be opened is yielded too, with its state and reason. Archives are yielded as
        files; their members come from `expand`.

        Raises:
            SourceError: the source as a whole cannot be read.
        """

    @abstractmethod
    def open(self, locator: Locator) -> BinaryIO:
        """Open one file, or one archive member, read-only.

        Raises:
            OSError: it is gone, unreadable, or no regular file any more.
            DecodeError: the archive it lies in is broken or over the limits; reading the stream
                may raise it too, where damage shows later.
        """

    def expand(self, locator: Locator) -> Iterator[SourceEntry]:  # noqa: ARG002 - for subclasses
        """Yield the members of the archive at `locator`, over-limit ones with state and reason.

        Raises:
            DecodeError: it is no archive, is broken or is over the limits.
        """
        raise DecodeError("not_archive", f"a source of the kind {self.name} reads no archives")
