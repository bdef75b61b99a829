"""Outcome: how one item ended; every item given to an executor ends in exactly one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Status(StrEnum):
    """How the work on one item ended."""

    OK = "ok"
    ERROR = "error"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item]):
    """What came of one item.

    Args:
        item: as it was handed out.
        status: `OK`; `ERROR` when the function raised; `MEMORY` when it ran into the memory limit;
            `TIMEOUT` when it passed its deadline; `CRASHED` when its worker died or answered
            something that cannot be taken.
        value: what the function returned; None unless `OK`.
        detail: the reason in one printable line, e.g. ``SIGSEGV`` or ``no answer in 30 s``.
    """

    item: Item
    status: Status
    value: object = None
    detail: str = ""
