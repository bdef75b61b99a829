"""How long work tells where it is; the command line draws it, tests ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of phases and of steps within them."""

    def phase(self, name: str, total: int | None) -> None:
        """A phase begins; `total` steps, None where nobody knows."""

    def advance(self, steps: int, *, more: int = 0) -> None:
        """Some steps were made; `more` are to come that nobody knew of."""


class Silent:
    """Tells nobody."""

    def phase(self, name: str, total: int | None) -> None:
        """Do nothing."""

    def advance(self, steps: int, *, more: int = 0) -> None:
        """Do nothing."""
