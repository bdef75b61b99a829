"""Examinations: ways of looking at a media. *Examiner* always means a person."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tamis.model import MediaKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from tamis.model import Content, Observation, Resources


OF_CONTAINERS = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
"""What an examination looks at that needs no pixels."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example that documents and tests an examination.

    Args:
        title: what it shows.
        build: makes the bytes of a benign file.
        expected: names of the observations that must come out of it.
    """

    title: str
    build: Callable[[], bytes]
    expected: frozenset[str]


class Examination(ABC):
    """One way of looking at a media; register under ``tamis.examinations``.

    An examination is pure: it sees a `Content`, and returns observations. It reads no clock, no
    file and no network. What it returns is stored under (media, name, stored version): change
    `version` whenever the same media may give other observations.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[MediaKind]] = frozenset({MediaKind.IMAGE})
    """What it looks at; of a video there are no pixels, only the container."""
    version: ClassVar[str]
    reference: ClassVar[str]
    """The paper or standard it follows."""
    conditions: ClassVar[str]
    """Where it is valid."""
    failures: ClassVar[str]
    """How it is known to fail or to be fooled."""

    @classmethod
    def equipped(cls, resources: Resources) -> Self:  # noqa: ARG003 - most need none
        """Return the examination as the site's resources make it."""
        return cls()

    @property
    def stored_version(self) -> str:
        """`version`, and of the resources what the observations depend on."""
        return self.version

    def prepare(self) -> None:  # noqa: B027 - most have nothing to load
        """Load what `examine` needs from disk; called in a worker before it is confined."""

    @abstractmethod
    def examine(self, content: Content) -> list[Observation]:
        """Return what is observed; an empty list where there is nothing to say.

        Raises:
            DecodeError: the media is malformed in a way that stopped this examination; the media
                then is *partly examined* and the reason is listed.
        """

    @classmethod
    def examples(cls) -> list[Example]:
        """Return examples, used by the tests and the documentation."""
        return []
