"""Landlock: the kernel refuses this process every file that is not listed, and TCP.

Linux 5.13 and later; https://docs.kernel.org/userspace-api/landlock.html. Called by number, since
the C library has no functions for it; the numbers are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# Rights over files the kernel knows at each ABI: 13 at first, then refer, truncate, ioctl_dev.
# Executing is one of them and is granted nowhere: loading a library needs only reading.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST_KNOWN = 6
_TCP_BIND_AND_CONNECT = 0b11  # from ABI 4
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # from ABI 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi(libc: ctypes.CDLL) -> int:
    """Return the version of Landlock the kernel offers; 0 where it has none or it is off."""
    return max(0, _call(libc, _CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION, check=False))


def restrict(libc: ctypes.CDLL, readable: Iterable[str]) -> int:
    """Leave this process, for good, nothing but reading below the `readable` paths.

    ``no_new_privs`` must be set. Only this thread and those it starts are restricted.

    Args:
        libc: the C library, loaded with ``use_errno``.
        readable: files and folders; symbolic links are followed now. What cannot be opened is
            passed over, and stays closed.

    Returns:
        The ABI in use; 0 where there is none, and nothing is restricted.

    Raises:
        OSError: the kernel refuses.
    """
    version = abi(libc)
    if version == 0:
        return 0
    known = min(version, _NEWEST_KNOWN)
    attributes = _Ruleset(
        files=(1 << _FILE_RIGHTS[min(known, 5)]) - 1,
        network=_TCP_BIND_AND_CONNECT if known >= 4 else 0,
        scoped=_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if known >= 6 else 0,
    )
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = _call(libc, _CREATE_RULESET, ctypes.byref(attributes), size, 0)
    try:
        for path in readable:
            _allow_reading(libc, ruleset, path)
        _call(libc, _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        # The right to list a folder is refused (EINVAL) for anything that is none.
        folder = stat.S_ISDIR(os.fstat(parent).st_mode)
        rule = _PathBeneath(_READ_FILE | (_READ_DIR if folder else 0), parent)
        _call(libc, _ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _call(libc: ctypes.CDLL, number: int, *arguments: object, check: bool = True) -> int:
    # The variadic syscall() takes longs; a plain int would leave the upper half undefined.
    longs = [ctypes.c_long(part) if isinstance(part, int) else part for part in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *longs)
    if result < 0 and check:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
