"""The filter, run by an interpreter of classic BPF, and its tables, held against the headers."""

from __future__ import annotations

import errno
import os
import re
import struct
from pathlib import Path

import pytest

from tamis.isolate.seccomp import assemble
from tamis.isolate.syscalls import ABSENT, DENIED, EXAMINED, FIRST_UNKNOWN

PID = 4321
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
ALLOWED = {
    "x86_64": {"read": 0, "write": 1, "mmap": 9, "sendto": 44, "recvfrom": 45, "futex": 202},
    "aarch64": {"read": 63, "write": 64, "mmap": 222, "sendto": 206, "recvfrom": 207, "futex": 98},
}
HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}
both = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def verdict(machine, number, *arguments, architecture=None):
    """Return ``allow``, ``kill`` or the name of the error."""
    arguments = [argument % 2**64 for argument in (*arguments, 0, 0, 0, 0, 0, 0)][:6]
    data = struct.pack("<IIQ6Q", number, architecture or AUDIT[machine], 0, *arguments)
    program, at, accumulator = assemble(machine, PID), 0, 0
    while True:
        code, jump_true, jump_false, operand = program[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif code == 0x06:
            break
        else:
            test = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: accumulator & operand != 0,
            }[code]
            at += jump_true if test else jump_false
    if operand == 0x7FFF0000:
        return "allow"
    if operand == 0x80000000:
        return "kill"
    assert operand >> 16 == 5
    return errno.errorcode[operand & 0xFFFF]


@both
def test_table_is_refused_and_ordinary_calls_are_not(machine):
    for name, numbers in DENIED.items():
        if numbers[COLUMN[machine]] != ABSENT:
            assert verdict(machine, numbers[COLUMN[machine]]) == "EPERM", name
    for name, number in ALLOWED[machine].items():
        assert verdict(machine, number) == "allow", name


@both
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (0x3D0F00,), "allow"),  # the flags of a POSIX thread
        ("clone", (17,), "EPERM"),  # SIGCHLD: a fork
        ("clone", (0x4111,), "EPERM"),  # CLONE_VM | CLONE_VFORK | SIGCHLD: posix_spawn
        ("clone3", (), "ENOSYS"),
        ("openat2", (), "ENOSYS"),
        ("openat", (-100, 0, os.O_RDONLY | os.O_CLOEXEC), "allow"),
        ("openat", (-100, 0, os.O_WRONLY), "EPERM"),
        ("openat", (-100, 0, os.O_RDWR), "EPERM"),
        ("openat", (-100, 0, os.O_RDONLY | os.O_CREAT), "EPERM"),
        ("openat", (-100, 0, os.O_RDONLY | os.O_TRUNC), "EPERM"),
        ("kill", (PID, 9), "allow"),
        ("kill", (0, 9), "EPERM"),
        ("kill", (-1, 9), "EPERM"),
        ("kill", (1, 0), "EPERM"),
        ("tgkill", (PID, PID + 1, 6), "allow"),
        ("tgkill", (PID + 1, PID + 1, 6), "EPERM"),
        ("prlimit64", (0, 7, 0), "allow"),
        ("prlimit64", (0, 7, 0x7FFF_0000_0000), "EPERM"),
        ("prlimit64", (0, 7, 0x1000), "EPERM"),
        ("ioctl", (0, 0x5401), "allow"),
        ("ioctl", (0, 0x5451), "allow"),
        ("ioctl", (0, 0x5412), "EPERM"),  # TIOCSTI: typing into a terminal
        ("ioctl", (0, 0x40086602), "EPERM"),  # FS_IOC_SETFLAGS
    ],
)
def test_calls_judged_by_their_arguments(machine, name, arguments, expected):
    assert verdict(machine, EXAMINED[name][COLUMN[machine]], *arguments) == expected


def test_open_of_the_older_machine():
    assert verdict("x86_64", 2, 0, os.O_RDONLY) == "allow"
    assert verdict("x86_64", 2, 0, os.O_WRONLY) == "EPERM"


@both
def test_other_numberings_do_not_slip_past(machine):
    assert verdict(machine, 0, architecture=0x40000003) == "kill"  # 32-bit x86
    assert verdict(machine, FIRST_UNKNOWN) == "ENOSYS"
    assert verdict(machine, 0x40000000 + 59) == "ENOSYS"  # x32: execve


@both
def test_numbers_are_those_of_the_headers(machine):
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip(f"needs the kernel headers ({header})")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    for name, numbers in (DENIED | EXAMINED).items():
        number = numbers[COLUMN[machine]]
        if number < 451:  # newer ones than the headers of some systems
            assert found.get(name, str(ABSENT)) == str(number), name
