"""How sure a figure is: exact intervals of rates, and intervals by drawing pictures again.

Pictures of one camera or one generator resemble each other, so that a hundred of them say less than
a hundred of different ones. Where it is known what belongs together, whole groups are drawn.

Drawing again what was seen can never show an error that was not: a system that made none on thirty
pictures would be given an interval without width. So one further picture (or group) of each class
that looks like the other class may be drawn too. With no error among n this widens a rate to about
3 / n, as the exact interval does; `tamis.assess.calibration.elub` does the same for bounds.

Sources: C. Clopper and E. Pearson, The use of confidence or fiducial limits illustrated in the case
of the binomial, Biometrika 26(4), 1934; B. Efron, Bootstrap methods: another look at the jackknife,
Annals of Statistics 7(1), 1979; C. Field and A. Welsh, Bootstrapping clustered data, JRSS B 69(3),
2007 (drawing of groups). Pure: arrays in, numbers out; the same seed draws the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]
    Indices = NDArray[np.int64]

CONFIDENCE = 0.95
RESAMPLES = 1000
SEED = 20
LEAST_GROUPS = 5
"""Of fewer groups, drawing groups again says next to nothing of groups that were not seen."""
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its interval, or the reason why there is none.

    Args:
        value: None where there is none.
        low: of the interval of `CONFIDENCE`; None where there is none.
        high: likewise.
        absent: code of the reason; empty where there is a value.
        found: of a rate, how many were counted.
        of: of a rate, among how many.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    absent: str = ""
    found: int | None = None
    of: int | None = None


def clopper_pearson(found: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of a rate, both ends between 0 and 1.

    Args:
        found: how many were counted; from 0 to `of`.
        of: among how many, at least 1.
        confidence: between 0 and 1.

    Raises:
        ValueError: counts that cannot be.
    """
    if not 0 <= found <= of or of < 1:
        raise ValueError(f"{found} of {of} is no rate")
    tail = (1 - confidence) / 2
    low = 0.0 if found == 0 else _solved(lambda rate: _at_least(found, of, rate) < tail)
    high = 1.0 if found == of else _solved(lambda rate: _at_least(found + 1, of, rate) <= 1 - tail)
    return low, high


def _solved(below: Callable[[float], bool]) -> float:
    """Return where something that is true up to a rate stops being true."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _at_least(found: int, of: int, rate: float) -> float:
    """Return the probability of `found` or more in `of` trials."""
    if rate in (0.0, 1.0):
        return rate if found else 1.0
    counts = np.arange(found, of + 1)
    factorials = _log_factorials(of)
    ways = factorials[of] - factorials[counts] - factorials[of - counts]
    terms = ways + counts * math.log(rate) + (of - counts) * math.log1p(-rate)
    return float(min(1.0, np.exp(terms).sum()))


@lru_cache(maxsize=16)
def _log_factorials(of: int) -> Floats:
    logs = np.zeros(of + 1)
    logs[1:] = np.cumsum(np.log(np.arange(1, of + 1)))
    return logs


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is drawn again, of one class.

    Args:
        members: the indices of the pictures of each thing that is drawn as a whole; the last of
            them may stand for one that was not seen.
        draws: how many are drawn.
        by_group: these are groups; else single pictures.
        groups: how many groups there are; 0 where nobody said what belongs together.
    """

    members: tuple[Indices, ...]
    draws: int
    by_group: bool
    groups: int

    def draw(self, rng: np.random.Generator) -> Indices:
        """Return the indices of one drawing, with replacement."""
        chosen = rng.integers(0, len(self.members), self.draws)
        return np.concatenate([self.members[number] for number in chosen])


def sampling(
    indices: Indices, groups: Sequence[Hashable] | None, unseen: int | None = None
) -> Sampling:
    """Say what is drawn again: groups where there are enough of them, else pictures.

    Args:
        indices: of the pictures of the class, shape (n,), n at least 1.
        groups: what belongs together, one to each picture of *all* classes; None where not known.
        unseen: index of a picture that stands for those that were not seen, or None; a group of
            such pictures is as large as groups are in the mean.
    """
    by_name: dict[Hashable, list[int]] = {}
    if groups is not None:
        for index in indices.tolist():
            by_name.setdefault(groups[index], []).append(index)
    by_group = len(by_name) >= LEAST_GROUPS
    members = [np.array(found) for found in by_name.values()] if by_group else [*indices[:, None]]
    draws = len(members)
    if unseen is not None:
        members.append(np.full(max(1, round(len(indices) / draws)), unseen))
    return Sampling(tuple(members), draws, by_group, groups=len(by_name))


def drawings(samplings: Sequence[Sampling], number: int = RESAMPLES) -> Iterator[Indices]:
    """Yield the indices of so many drawings, of each class anew."""
    rng = np.random.default_rng(SEED)
    for _ in range(number):
        yield np.concatenate([each.draw(rng) for each in samplings])


def percentiles(values: Sequence[float] | Floats) -> tuple[float, float]:
    """Return the interval that holds the middle `CONFIDENCE` of what was drawn."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(np.asarray(values), [tail, 100 - tail])
    return float(low), float(high)


def rate(wrong: Labels, groups: Sequence[Hashable] | None = None) -> Figure:
    """Return how often something is so, with the wider of the exact and the drawn interval.

    The exact one alone takes pictures of one camera for independent.

    Args:
        wrong: of each picture, shape (n,).
        groups: what belongs together; None where not known.
    """
    of, found = len(wrong), int(wrong.sum())
    if not of:
        return Figure(None, absent="no_pictures", found=0, of=0)
    low, high = clopper_pearson(found, of)
    drawn_from = sampling(np.arange(of), groups)
    if drawn_from.by_group:
        counts = np.array([len(members) for members in drawn_from.members])
        errors = np.array([int(wrong[members].sum()) for members in drawn_from.members])
        size = round(counts.mean())
        low = min(low, percentiles(_drawn_rates(counts, errors, size, 0))[0])
        high = max(high, percentiles(_drawn_rates(counts, errors, size, size))[1])
    return Figure(found / of, low, high, found=found, of=of)


def _drawn_rates(counts: Indices, errors: Indices, size: int, wrong: int) -> Floats:
    """Return rates of drawn groups, one of them of `size` pictures, so many of which are wrong."""
    counts, errors = np.append(counts, size), np.append(errors, wrong)
    rng = np.random.default_rng(SEED)
    times = rng.multinomial(len(counts) - 1, np.full(len(counts), 1 / len(counts)), RESAMPLES)
    answer: Floats = (times @ errors) / (times @ counts)
    return answer
