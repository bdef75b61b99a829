"""Perceptual fingerprints: the interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tamis.model import Content, FingerprintValue


class Fingerprint(ABC):
    """One kind of perceptual fingerprint; register under ``tamis.fingerprints``."""

    name: ClassVar[str]
    version: ClassVar[str]
    reference: ClassVar[str]
    """The paper or standard that defines it."""

    @abstractmethod
    def compute(self, content: Content) -> FingerprintValue | None:
        """Return the fingerprint, or None where `content` has no decoded picture."""
