"""The inner loops of PDQ: compiled where numba is there, else in numpy.

They are found at first use: numba takes most of a second to import, and commands that hash nothing
need not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.fingerprints.plain import multiply, project, tent

__all__ = ["multiply", "project", "tent"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    try:
        engine = import_module("tamis.fingerprints.compiled")
    except ImportError:  # no numba on this platform
        engine = import_module("tamis.fingerprints.plain")
    globals()[name] = found = getattr(engine, name)
    return found
