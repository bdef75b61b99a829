"""Resources: what a site gives its examinations beside the media."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resources:
    """Files of the site that examinations may use, read before any worker is confined.

    Args:
        c2pa_trust_list: certificates in PEM of the authorities whose C2PA signers the site trusts;
            empty where it trusts none.
    """

    c2pa_trust_list: str = ""

    @property
    def digest(self) -> str:
        """Short name of what was given, in hexadecimal; empty where nothing was."""
        given = self.c2pa_trust_list
        return hashlib.sha256(given.encode()).hexdigest()[:16] if given else ""
