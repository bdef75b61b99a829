"""The baseline that knows nothing but a picture's form: size, losslessness, tables and sampling.

A figure of the network counts where this is at chance, since then it cannot come from how the files
of the two classes happened to be stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tamis.training.cross import Scored

_WIDTH = 0.25
"""Of the kernel: a quarter of a doubling of the side or of the step."""
_APART = 4.0
"""Between one sampling and another, lossless and not: no neighbours."""
_FLOOR = 1e-3


def of_file(row: Scored) -> tuple[float, ...]:
    """Return the form of the file as it lies in the corpus."""
    life = (0.0, 0.0) if row.lossless else (np.log2(row.step + 1), _APART * row.sampling)
    return (np.log2(row.side), _APART * row.lossless, *life)


def of_life(row: Scored) -> tuple[float, ...]:
    """Return what is left of it in the protocol: the first life as JPEG, drawn or its own.

    The side and the file's format are the same for all, and what the condition adds is drawn alike.
    """
    return (np.log2(row.step + 1), _APART * row.sampling)


def baseline(
    rows: Sequence[Scored], form: Callable[[Scored], tuple[float, ...]] = of_life
) -> list[Scored]:
    """Return `rows` with scores that come from their form alone.

    The score is the logarithm of the ratio of two densities (Parzen windows) of the rows of the
    other parts. What the network had not seen either is left out of these: the pictures and the
    sources and generators that are new to the part.
    """
    forms = np.array([form(row) for row in rows], np.float64)
    scored: list[Scored] = []
    for part in sorted({row.part for row in rows}):
        mine = [index for index, row in enumerate(rows) if row.part == part]
        paths = {rows[index].path for index in mine}
        new = {rows[i].group for i in mine if rows[i].synthetic or rows[i].new_source}
        known = [
            index
            for index, row in enumerate(rows)
            if row.part != part and row.path not in paths and row.group not in new
        ]
        fake = np.array([rows[index].synthetic == 1 for index in known])
        ratios = _ratios(forms[mine], forms[known], fake)
        scored += [
            replace(rows[index], score=round(float(ratio), 5))
            for index, ratio in zip(mine, ratios, strict=True)
        ]
    return scored


def _ratios(
    asked: NDArray[np.float64], known: NDArray[np.float64], fake: NDArray[np.bool_]
) -> NDArray[np.float64]:
    apart = ((asked[:, None] - known[None]) ** 2).sum(2)
    near = np.exp(-apart / (2 * _WIDTH**2))
    ratios: NDArray[np.float64] = np.log(near[:, fake].mean(1) + _FLOOR) - np.log(
        near[:, ~fake].mean(1) + _FLOOR
    )
    return ratios
