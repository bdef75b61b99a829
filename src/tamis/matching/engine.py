"""Which engine searches: kernels compiled by numba, or numpy where numba is not to be had."""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any


@cache
def _load() -> Any:  # noqa: ANN401 - a module of compiled functions has no static type
    # Imported late: numba takes most of a second to import, and most commands search nothing.
    try:
        return importlib.import_module("tamis.matching.kernels")
    except ImportError:
        return None


def kernels() -> Any:  # noqa: ANN401 - as above
    """Return the module of compiled kernels, or None where numpy has to do.

    The environment variable ``TAMIS_MATCHING=numpy`` forces numpy.
    """
    return None if os.environ.get("TAMIS_MATCHING") == "numpy" else _load()


def engine_name() -> str:
    """``numba`` or ``numpy``: what searches on this machine."""
    return "numpy" if kernels() is None else "numba"
