"""Confinement: what a worker may no longer do before it touches the first byte of evidence.

Best effort and never silent: what the kernel has is applied, and what came of it is reported.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.isolate import landlock, seccomp

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_READ_SEARCH = 2
_SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
    "/proc/self",
)
_PROBE_TIMEOUT_S = 60.0


class Level(StrEnum):
    """How far a worker is confined."""

    FULL = "full"
    """Landlock and seccomp: it reads the listed paths only, and neither writes, connects, starts
    programs nor touches other processes."""
    PARTIAL = "partial"
    """One of the two."""
    LIMITS = "limits"
    """Neither: limits of memory, file size and time only."""
    NONE = "none"
    """The work is done in the calling process itself."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What was applied to a worker.

    Args:
        level: the whole in one word.
        landlock: ABI of Landlock in use; 0 where it is not.
        seccomp: whether system calls are filtered.
        limits: which limits hold: ``memory``, ``core``, ``file_size``.
        reasons: why it is not more; one line each, empty at `Level.FULL`.
    """

    level: Level
    landlock: int = 0
    seccomp: bool = False
    limits: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"Landlock {self.landlock}"] if self.landlock else []
        parts += ["seccomp"] if self.seccomp else []
        parts += [f"limits of {', '.join(self.limits)}"] if self.limits else []
        return f"{self.level} ({'; '.join(parts)})" if parts else str(self.level)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, of process id `parent`, ends (Linux)."""
    if sys.platform == "linux":
        _prctl(_libc(), _PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above took hold
            os._exit(1)


def confine(memory: int, readable: Iterable[str]) -> Confinement:
    """Confine this process for good; call it before it starts any thread.

    Args:
        memory: limit of the address space in bytes.
        readable: files and folders it may read, besides what Python itself needs; those that are
            gone are passed over, and opening a file there fails by itself.

    """
    limits, reasons = _set_limits(memory)
    if sys.platform != "linux":
        return Confinement(Level.LIMITS, limits=limits, reasons=(*reasons, "not Linux"))
    libc = _libc()
    paths = [*map(os.fspath, readable), *runtime_paths()]
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    try:
        abi = landlock.restrict(libc, paths)
        if abi == 0:
            reasons += ("the kernel has no Landlock, or it is switched off",)
    except OSError as error:
        abi, reasons = 0, (*reasons, str(error.strerror))
    _drop_capabilities(libc)
    try:
        seccomp.restrict(libc)
        filtered = True
    except OSError as error:
        filtered, reasons = False, (*reasons, str(error.strerror))
    _prctl(libc, _PR_SET_DUMPABLE, 0)  # no other process of this user may look into the evidence
    return Confinement(_level(abi, filtered), abi, filtered, limits, reasons)


def runtime_paths() -> list[str]:
    """Return the existing paths Python needs to run and import, beyond evidence.

    The current folder and the home folder are left out even when Python would import from them:
    they hold more than modules.
    """
    places = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    places += [f"{sys.base_prefix}/lib", *sys.path, *_SYSTEM_PATHS]
    too_wide = {Path("/"), Path.cwd(), Path("~").expanduser().resolve()}
    real = {Path(place).resolve() for place in places if place and Path(place).is_absolute()}
    # What /proc/self resolves to is this very process, which is what is meant.
    return sorted(str(path) for path in real - too_wide if path.exists())


def probe() -> Confinement:
    """Confine a throw-away process and report how far it went and whether it holds."""
    script = "from tamis.isolate import confinement; confinement._report()"
    # -P: never import from the current folder, which may hold evidence.
    command = [sys.executable, "-P", "-c", script]
    try:
        answer = subprocess.run(  # noqa: S603 - our own interpreter and a constant
            command, capture_output=True, check=True, timeout=_PROBE_TIMEOUT_S
        )
        fields = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Confinement(Level.LIMITS, reasons=(f"the probe failed: {error}",))
    return Confinement(
        level=Level(fields["level"]),
        landlock=fields["landlock"],
        seccomp=fields["seccomp"],
        limits=tuple(fields["limits"]),
        reasons=tuple(fields["reasons"]),
    )


def _report() -> None:
    """Confine this process, try what is refused, and print what came of it (for `probe`)."""
    found = confine(memory=4 << 30, readable=())
    landlocked = found.landlock > 0 and _refused(lambda: os.listdir("/"))  # noqa: PTH208 - no Path
    filtered = found.seccomp and _refused(socket.socket)
    reasons = list(found.reasons)
    if found.landlock and not landlocked:
        reasons.append("Landlock was accepted but does not hold")
    if found.seccomp and not filtered:
        reasons.append("the seccomp filter was accepted but does not hold")
    abi = found.landlock if landlocked else 0
    level = _level(abi, filtered)
    checked = replace(found, level=level, landlock=abi, seccomp=filtered, reasons=tuple(reasons))
    sys.stdout.write(json.dumps(asdict(checked)))


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    return False


def _level(landlock_abi: int, filtered: bool) -> Level:
    return (Level.LIMITS, Level.PARTIAL, Level.FULL)[(landlock_abi > 0) + filtered]


def _set_limits(memory: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Set the limits there are; return their names, and why others are missing."""
    if sys.platform == "win32":
        return (), ("Windows has no limits of this kind",)
    wanted = (
        ("memory", resource.RLIMIT_AS, memory),
        ("core", resource.RLIMIT_CORE, 0),
        ("file_size", resource.RLIMIT_FSIZE, 0),
    )
    held, reasons = [], []
    for name, which, limit in wanted:
        _, hard = resource.getrlimit(which)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(which, (bound, bound))
            held.append(name)
        except (OSError, ValueError) as error:
            reasons.append(f"limit of {name}: {error}")
    return tuple(held), tuple(reasons)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    if libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up the powers of root, all but reading files whatever their mode."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: lower halves, then upper
    if libc.capget(header, sets) != 0:
        return
    kept = sets[1] & (1 << _CAP_DAC_READ_SEARCH)
    libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))
