"""The nouns of Tamis: frozen dataclasses without I/O."""

from __future__ import annotations

from tamis.model.content import Content
from tamis.model.fingerprint import Digests, FingerprintValue
from tamis.model.hash_list import HashEntry, ListKind
from tamis.model.media_file import FOLDER_UNREADABLE, FileState, Locator, MediaKind, SourceEntry
from tamis.model.observation import Observation
from tamis.model.origin import Origin
from tamis.model.prior import PriorUse
from tamis.model.resources import InstalledDetector, Resources
from tamis.model.taken import ExaminationResult, Taken
from tamis.model.text import printable, printable_path

__all__ = [
    "FOLDER_UNREADABLE",
    "Content",
    "Digests",
    "ExaminationResult",
    "FileState",
    "FingerprintValue",
    "HashEntry",
    "InstalledDetector",
    "ListKind",
    "Locator",
    "MediaKind",
    "Observation",
    "Origin",
    "PriorUse",
    "Resources",
    "SourceEntry",
    "Taken",
    "printable",
    "printable_path",
]
