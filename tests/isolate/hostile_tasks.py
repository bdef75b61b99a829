"""What the workers of the pool tests are made to do; light, since every worker imports it."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tamis.model import Observation


@dataclass(frozen=True, slots=True)
class Examined:
    """A result of the caller's own class."""

    path: str
    digest: bytes
    observations: tuple[Observation, ...]
    score: float | None = None


FAULTS = ("segv", "kill", "exit", "memory", "raise", "abort")
_HELD: list[bytes] = []


def double(item):
    return item * 2


def identity(item):
    return item


def pid(_item):
    return os.getpid()


def pid_then_hang(item):
    """Answer once, then never."""
    return _hang() if item else os.getpid()


def fault(item):
    """Do what `item` says; a plain number is doubled."""
    if isinstance(item, int):
        return item * 2
    name = item.split(":")[0]
    return _DEEDS[name]()


def _raise():
    raise ValueError("no\x1b[31m picture")


def _hang():
    while True:
        pass


def _hang_without_python():
    ctypes.CDLL(None).pause()


def _close_all():
    os.closerange(3, 256)
    time.sleep(60)


def _channel():
    return next(fd for fd in range(3, 256) if _is_socket(fd))


def _is_socket(fd):
    try:
        with socket.socket(fileno=os.dup(fd)):
            return True
    except OSError:
        return False


def _send_raw(number, status, payload, length=None):
    """Write a frame as a worker taken over might."""
    length = 9 + len(payload) if length is None else length
    head = length.to_bytes(4, "little") + number.to_bytes(8, "little") + bytes([status])
    os.write(_channel(), head + payload)
    time.sleep(60)


def _own_number():
    """The number of the item this worker is on: found in the frames of its callers."""
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_locals["number"]


def _garbage():
    os.write(_channel(), b"dddd" * 1024)
    time.sleep(60)


def _half_a_frame():
    os.write(_channel(), (100).to_bytes(4, "little") + b"half")
    time.sleep(60)


def _pickle():
    _send_raw(_own_number(), 0, pickle.dumps(_Evil()))


class _Evil:
    def __reduce__(self):
        return (os.system, ("true",))


def _eat():
    return len(bytearray(20 << 30))


def _leak():
    while True:
        _HELD.append(bytes(16 << 20))


_DEEDS = {
    "segv": lambda: ctypes.string_at(0),
    "hang": _hang,
    "pause": _hang_without_python,
    "memory": _eat,
    "leak": _leak,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "abort": lambda: ctypes.CDLL(None).abort(),
    "exit": lambda: os._exit(3),
    "exit255": lambda: os._exit(255),
    "sysexit": lambda: sys.exit(4),
    "raise": _raise,
    "object": threading.Lock,
    "huge": lambda: bytes(65 << 20),
    "big": lambda: bytes(5 << 20),
    "close": _close_all,
    "garbage": _garbage,
    "half": _half_a_frame,
    "stray": lambda: _send_raw(2**40, 0, b"\x02\x00\x00\x0010"),
    "claims": lambda: _send_raw(_own_number(), 3, b"it was another"),
    "pickle": _pickle,
    "examined": lambda: Examined("é", b"\x00\xff", (Observation("a.b", {"k": [1, None]}, 0.5),)),
    "mistyped": lambda: Examined(path=3, digest=b"", observations=()),
    "sleep": lambda: time.sleep(0.4),
}


def attempt(name):
    """Try to do what confinement forbids; return the name of the error, or the result."""
    try:
        return _ATTEMPTS[name.split("=")[0]](name.partition("=")[2])
    except OSError as error:
        return type(error).__name__


def _thread(_):
    results = []
    threads = [threading.Thread(target=lambda: results.append(sum(range(1000)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _append(path):
    with Path(path).open("ab") as file:
        return file.write(b"x")


def _run(_):
    return subprocess.run([sys.executable, "-c", ""]).returncode


def _clone(_):
    """A raw clone() without CLONE_THREAD: a new process."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    child = libc.syscall(number, signal.SIGCHLD, None, None, None, None)
    if child == 0:
        os._exit(0)
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return child


def _ptrace(_):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _raise_limit(_):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


_ATTEMPTS = {
    "read": lambda path: Path(path).read_bytes(),
    "list": lambda path: [entry.name for entry in Path(path).iterdir()],
    "append": _append,
    "create": lambda path: Path(path).write_bytes(b"x"),
    "mkdir": os.mkdir,
    "unlink": os.unlink,
    "rename": lambda path: Path(path).rename(path + "2"),
    "chmod": lambda path: Path(path).chmod(0o600),
    "utime": lambda path: os.utime(path, (0, 0)),
    "link": lambda path: Path(path).symlink_to("/"),
    "socket": lambda _: socket.socket().fileno(),
    "unix": lambda _: socket.socket(socket.AF_UNIX).fileno(),
    "udp": lambda _: socket.socket(type=socket.SOCK_DGRAM).fileno(),
    "fork": lambda _: os.fork(),
    "clone": _clone,
    "exec": lambda _: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "run": _run,
    "ptrace": _ptrace,
    "signal": lambda _: os.kill(os.getppid(), 0),
    "group": lambda _: os.killpg(0, 0),
    "chroot": lambda _: os.chroot("/"),
    "limit": _raise_limit,
    "thread": _thread,
    "mmap": lambda _: len(mmap.mmap(-1, 4096)),
    "import": lambda name: __import__(name).__name__,
    "poll": lambda _: len(select.select([], [], [], 0)),
    "descriptors": lambda _: [
        int(entry.name)
        for entry in Path("/proc/self/fd").iterdir()
        if int(entry.name) > 2 and _is_pipe_or_socket(entry)
    ],
    "standard": lambda _: [str(Path(f"/proc/self/fd/{fd}").readlink()) for fd in range(3)],
    "threads": lambda _: [os.environ.get("OMP_NUM_THREADS"), gc.isenabled()],
    "isatty": lambda _: [os.isatty(fd) for fd in range(3)],
}


def _is_pipe_or_socket(entry):
    try:
        return str(entry.readlink()).startswith(("pipe:", "socket:"))
    except OSError:
        return False


def fail_in_setup():
    raise RuntimeError("no model found")


def exit_in_setup():
    os._exit(9)
