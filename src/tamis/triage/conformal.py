"""The line below which few captures fall, whatever source they come from.

Scores here grow with what speaks for capture. A line is set on captures of known sources so that at
most a share *alpha* of captures falls below. Three of them, from what can be said to what cannot:

- `worst_line`: for each known source the line of split conformal prediction; the lowest holds for
  all of them. Of a new picture of any known source it is right with a probability of 1 - alpha.
- `new_source_line`: of a new picture of a *new* source, drawn as the known ones were. Each known
  source weighs the same, and so does the new one, all of whose captures may fall below; so no line
  keeps a promise smaller than 1 / (sources + 1), which is what `smallest_promise` says.
- `pooled_line`: all captures together, as if sources did not differ. For comparison: it is wrong.

The first also says something of new sources. The lines that sources would set for themselves are
exchangeable, so that the one of a new source is below the lowest of k known ones with a probability
of at most 1 / (k + 1).

Sources: R. Dunn, L. Wasserman and A. Ramdas, Distribution-free prediction sets for two-layer
hierarchical models, JASA 118(544), 2023; Y. Lee, R. F. Barber and R. Willett, Distribution-free
inference with hierarchical data, 2023 (arXiv 2306.06342), whose weights are those of
`new_source_line`. Pure: arrays in, numbers out. A line is information: nothing is dropped by it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Groups = Mapping[str, Floats]

_ROUNDING = 1e-12


def own_line(scores: Floats, alpha: float) -> float:
    """Return the line of one source: the score below which at most a share of captures falls.

    Args:
        scores: of its captures, infinity where a picture has none and is always looked at.
        alpha: above 0, below 1.

    Returns:
        minus infinity where there are fewer than 1 / alpha - 1 captures.

    Raises:
        ValueError: a score is not a number, or alpha is out of its range.
    """
    given = _checked({"": scores}, alpha)[""]
    below = math.floor(alpha * (len(given) + 1) + _ROUNDING)
    return float(np.sort(given)[below - 1]) if below else -math.inf


def worst_line(groups: Groups, alpha: float) -> float:
    """Return the lowest of the lines of all sources.

    Args:
        groups: scores of captures, by source.
        alpha: as for `own_line`.

    Returns:
        minus infinity where a source has too few captures, or there are none.
    """
    checked = _checked(groups, alpha)
    return min((own_line(scores, alpha) for scores in checked.values()), default=-math.inf)


def new_source_line(groups: Groups, alpha: float) -> float:
    """Return the line for a picture of a source that is not among the known ones.

    Args:
        groups: scores of captures, by source.
        alpha: as for `own_line`.

    Returns:
        minus infinity where `alpha` is below `smallest_promise`.
    """
    checked = [scores for scores in _checked(groups, alpha).values() if len(scores)]
    allowed = alpha - smallest_promise(len(checked)) + _ROUNDING
    if allowed < 0:
        return -math.inf
    values = np.concatenate(checked)
    weights = np.repeat(
        [1 / (len(scores) * (len(checked) + 1)) for scores in checked], [len(s) for s in checked]
    )
    order = np.argsort(values, kind="stable")
    # The first whose own weight is too much: what is below the line is below it strictly.
    beyond = np.flatnonzero(np.cumsum(weights[order]) > allowed)
    return float(values[order][beyond[0]]) if len(beyond) else math.inf


def pooled_line(groups: Groups, alpha: float) -> float:
    """Return the line of all captures together, as if they were of one source."""
    checked = _checked(groups, alpha)
    return own_line(np.concatenate([*checked.values(), np.empty(0)]), alpha)


def smallest_promise(sources: int) -> float:
    """Return the smallest alpha that can be promised for a new source."""
    return 1 / (sources + 1)


def missed(scores: Floats, line: float) -> float:
    """Return the share of pictures below a line; 0 where there are none."""
    return float(np.mean(scores < line)) if len(scores) else 0.0


def held_out(
    groups: Groups, alpha: float, line: Callable[[Groups, float], float]
) -> dict[str, float]:
    """Return what of each source falls below the line that the others set.

    Args:
        groups: scores of captures, by source; at least two.
        alpha: as for `own_line`.
        line: `worst_line`, `new_source_line` or `pooled_line`.
    """
    return {
        name: missed(
            scores, line({other: rest for other, rest in groups.items() if other != name}, alpha)
        )
        for name, scores in groups.items()
    }


def _checked(groups: Groups, alpha: float) -> dict[str, Floats]:
    if not 0 < alpha < 1:
        raise ValueError(f"a share lies between 0 and 1, not {alpha}")
    found = {name: np.asarray(scores, np.float64) for name, scores in groups.items()}
    for name, scores in found.items():
        if scores.ndim != 1 or np.isnan(scores).any():
            raise ValueError(f"{name or 'a source'}: scores are numbers in one row")
    return found
