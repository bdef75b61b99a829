"""Resources: what a site gives its examinations beside the media."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstalledDetector:
    """A detector that a person added to the site.

    Args:
        folder: where its model is.
        card: the text of its card, which names the digest of the model.
    """

    folder: str
    card: str


@dataclass(frozen=True, slots=True)
class Resources:
    """Files of the site that examinations may use, read before any worker is confined.

    Args:
        c2pa_trust_list: certificates in PEM of the authorities whose C2PA signers the site trusts;
            empty where it trusts none.
        detectors: installed, by name.
    """

    c2pa_trust_list: str = ""
    detectors: tuple[InstalledDetector, ...] = ()

    @property
    def trust_digest(self) -> str:
        """Short name of the trust list, in hexadecimal; empty where there is none."""
        return _short(self.c2pa_trust_list)

    @property
    def detectors_digest(self) -> str:
        """Short name of the cards of all detectors; empty where there is none.

        Where they lie does not count.
        """
        return _short("".join(_short(detector.card) for detector in self.detectors))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
