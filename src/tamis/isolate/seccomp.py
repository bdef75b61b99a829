"""A seccomp filter: the kernel refuses this process the system calls an attack would need.

Written as classic BPF for x86-64 and AArch64, without libseccomp;
https://docs.kernel.org/userspace-api/seccomp_filter.html. It refuses what is dangerous rather than
allowing what is known: numerical libraries differ too much between versions for the other way.
What it refuses fails with EPERM, as it would for lack of rights, so libraries cope.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

from tamis.isolate.syscalls import ABSENT, DENIED, EXAMINED, FIRST_UNKNOWN

Instruction = tuple[int, int, int, int]

# Opcodes: load a word of the call's data; jump if equal, greater or equal, any bit set; return.
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE = _ERRNO | errno.EPERM
_UNKNOWN = _ERRNO | errno.ENOSYS
# machine: (its column in the tables, AUDIT_ARCH_*, number of seccomp itself)
_MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_CLONE_THREAD = 0x10000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: is it a terminal, non-blocking, close on
# exec. All else is refused: ioctl also changes flags of files, and types into terminals.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def restrict(libc: ctypes.CDLL) -> None:
    """Filter the system calls of this process, for good, in all its threads.

    ``no_new_privs`` must be set.

    Args:
        libc: the C library, loaded with ``use_errno``.

    Raises:
        OSError: the kernel or the machine cannot do it.
    """
    machine = platform.machine()
    if machine not in _MACHINES or sys.byteorder != "little" or sys.maxsize < 2**32:
        raise OSError(errno.ENOSYS, f"seccomp: no filter for {machine}")
    program = assemble(machine, os.getpid())
    instructions = (_Instruction * len(program))(*[_Instruction(*each) for each in program])
    filter_ = _Program(len(program), instructions)
    result = libc.syscall(
        ctypes.c_long(_MACHINES[machine][2]),
        ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(_ALL_THREADS),
        ctypes.byref(filter_),
    )
    if result != 0:  # negative: an error; positive: a thread that could not be filtered
        code = ctypes.get_errno() if result < 0 else errno.EBUSY
        raise OSError(code, f"seccomp: {os.strerror(code)}")


def assemble(machine: str, pid: int) -> list[Instruction]:
    """Return the filter for `machine`, under which process `pid` may signal only itself."""
    column, architecture, _ = _MACHINES[machine]
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JEQ, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),  # another numbering could slip past this filter
        (_LOAD, 0, 0, _NUMBER),
        (_JGE, 0, 1, FIRST_UNKNOWN),
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    for name, numbers in EXAMINED.items():
        if numbers[column] != ABSENT:
            block = _examine(name, pid)
            program += [(_JEQ, 0, len(block), numbers[column]), *block]
    for numbers in DENIED.values():
        if numbers[column] != ABSENT:
            program += [(_JEQ, 0, 1, numbers[column]), (_RETURN, 0, 0, _REFUSE)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _examine(name: str, pid: int) -> list[Instruction]:
    """Return what decides, from its arguments, on the call `name`."""
    if name in ("clone3", "openat2"):  # arguments in memory; the C library falls back on the older
        return [(_RETURN, 0, 0, _UNKNOWN)]
    if name == "clone":  # a new thread, never a new process
        return [*_argument(0), (_JSET, 0, 1, _CLONE_THREAD), *_verdicts()]
    if name in ("open", "openat"):
        flags = _argument(1 if name == "open" else 2)
        return [*flags, (_JSET, 1, 0, _WRITING), *_verdicts()]
    if name == "prlimit64":  # asking for a limit, not setting one: the third argument is NULL
        low, high = _argument(2), _argument(2, high=True)
        return [*low, (_JEQ, 0, 3, 0), *high, (_JEQ, 0, 1, 0), *_verdicts()]
    if name == "ioctl":
        count = len(_IOCTLS)
        tests = [(_JEQ, count - 1 - at, at == count - 1, each) for at, each in enumerate(_IOCTLS)]
        return [*_argument(1), *tests, *_verdicts()]
    return [*_argument(0), (_JEQ, 0, 1, pid), *_verdicts()]  # kill, tkill, tgkill


def _argument(position: int, *, high: bool = False) -> list[Instruction]:
    """Load the lower (or upper) half of an argument."""
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * position + 4 * high)]


def _verdicts() -> list[Instruction]:
    """Allow, then refuse: a test jumps to the one or the other."""
    return [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
