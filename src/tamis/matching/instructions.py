"""Processor instructions the kernels need, as functions for numba to compile in.

numba notices that a kernel changed by the date of the kernel's own file: after a change here, touch
kernels.py, or machine code kept from before goes on being used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numba.extending
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
Untyped: TypeAlias = Any
"""numba and llvmlite carry no types."""

LANES: Final = 32
"""Entries tested at once by `near_lanes`."""

intrinsic: Callable[[Callable[..., Untyped]], Untyped] = numba.extending.intrinsic


def compiled(function: F) -> F:
    """Compile `function` on first use, and keep the machine code on disk where that is possible."""
    try:
        kernel: F = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        kernel = njit(nogil=True)(function)
    return kernel


@intrinsic
def popcount(_typing: Untyped, _word: Untyped) -> Untyped:
    """Count the bits set in an unsigned word of 64 bits."""

    def generate(
        _context: Untyped, builder: Untyped, _signature: Untyped, args: Untyped
    ) -> Untyped:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@intrinsic
def lowest_bit(_typing: Untyped, _mask: Untyped) -> Untyped:
    """Return the place of the lowest bit set in an unsigned number of 32 bits that is not 0."""

    def generate(
        _context: Untyped, builder: Untyped, _signature: Untyped, args: Untyped
    ) -> Untyped:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint32(types.uint32), generate


@intrinsic
def prefetch(_typing: Untyped, _address: Untyped) -> Untyped:
    """Ask the processor to fetch the cache line at an address."""

    def generate(context: Untyped, builder: Untyped, _signature: Untyped, args: Untyped) -> Untyped:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        read, keep, data = number(0), number(3), number(1)
        builder.call(function, [builder.inttoptr(args[0], pointer), read, keep, data])
        return context.get_dummy_value()

    return types.void(types.intp), generate


@intrinsic
def near_lanes(_typing: Untyped, _address: Untyped, _chunk: Untyped, _limit: Untyped) -> Untyped:
    """Test 32 entries of 16 bits: bit k of the result says that the k-th is near.

    Near is an entry that differs from the chunk in at most `limit` bits. Written as LLVM vectors,
    which become what the processor has: a few AVX-512 instructions, or more of AVX2, SSE or NEON.
    """
    vector = ir.VectorType(ir.IntType(16), LANES)
    lanes = ir.VectorType(ir.IntType(32), LANES)

    def generate(
        _context: Untyped, builder: Untyped, _signature: Untyped, args: Untyped
    ) -> Untyped:
        def everywhere(value: Untyped) -> Untyped:
            empty = ir.Constant(vector, ir.Undefined)
            one = builder.insert_element(empty, value, ir.IntType(32)(0))
            return builder.shuffle_vector(one, empty, ir.Constant(lanes, [0] * LANES))

        entries = builder.load(builder.inttoptr(args[0], vector.as_pointer()))
        entries.align = 2
        count = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector]), f"llvm.ctpop.v{LANES}i16"
        )
        apart = builder.call(count, [builder.xor(entries, everywhere(args[1]))])
        near = builder.icmp_unsigned("<=", apart, everywhere(args[2]))
        return builder.bitcast(near, ir.IntType(LANES))

    return types.uint32(types.intp, types.uint16, types.uint16), generate
