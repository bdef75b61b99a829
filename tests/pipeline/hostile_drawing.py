"""What a worker that a file took over may do instead of drawing."""

from __future__ import annotations

import ctypes
import time

from tamis.pipeline.explain_worker import Answer, Drawn


def hang(job):
    time.sleep(600)


def crash(job):
    ctypes.string_at(0)


def _drawn(**changes):
    whole = {"view": "spectrum", "width": 2, "height": 2, "pixels": bytes(12), "numbers": {}}
    return Drawn(**(whole | changes))


def too_few_pixels(job):
    return Answer((_drawn(pixels=bytes(11)),))


def too_large(job):
    return Answer((_drawn(width=9000, height=1, pixels=bytes(27_000)),))


def another_name(job):
    return Answer((_drawn(view="../../etc/passwd"),))


def a_reason_of_its_own(job):
    return Answer((_drawn(refused="\x1b[2J"),))


def a_number_of_its_own(job):
    return Answer((_drawn(numbers={"\x1b[2J": 1}),))


def a_failure_with_escapes(job):
    return Answer(failure="\x1b[2Jnothing to see")


def nothing(job):
    return Answer()
