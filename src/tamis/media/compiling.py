"""Compiling inner loops with numba, for the types they are stated to take and no others.

A loop compiled on demand would compile once more for every new mixture of types and of read-only
arrays; in a confined worker that costs a second for the file at hand, and the worker may not write
the machine code to where it is kept. So all is compiled when the module is loaded, and workers are
forked from a process that has loaded it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba
from numba import types

if TYPE_CHECKING:
    from collections.abc import Callable

Loop = TypeVar("Loop", bound="Callable[..., Any]")

Type = Any
"""numba carries no types of its own."""


def taken(element: Type, dimensions: int) -> Type:
    """Return the type of a C-contiguous array that the loop reads; writable ones do as well."""
    return types.Array(element, dimensions, "C", readonly=True)


def compiled(*signatures: Type) -> Callable[[Loop], Loop]:
    """Compile a loop for these signatures now, and keep the machine code where that is possible.

    Without signatures, it becomes part of the compiled loops that call it.

    No fast-math: the order of every floating-point operation is the one written down, on every
    machine.
    """

    def compile_now(function: Loop) -> Loop:
        options = {"nogil": True, "error_model": "numpy"}
        loop: Loop
        try:
            loop = numba.njit(list(signatures) or None, cache=True, **options)(function)
        except (RuntimeError, OSError):  # a read-only installation, or a full disk
            loop = numba.njit(list(signatures) or None, **options)(function)
        return loop

    return compile_now
