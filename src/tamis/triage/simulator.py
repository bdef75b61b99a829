"""How soon an order of stacks shows the real pictures: budget curves, and what they say.

Pure: arrays in, numbers out. A stack is viewed through its representative, and costs one view
however many members it has; whoever views it has found all real pictures among its members. An
order is a key for each stack, the lowest first. Stacks with equal keys come in any order, each as
probable as the others: the curve is then the expectation, a straight line between the first and the
last of them. So an order that says nothing is the diagonal.

Intervals are of the bootstrap: whole groups (a camera, a generator) are drawn with replacement, as
many as there are, among those with real pictures and among the others apart. They say how far the
figures would differ with other groups of the same kind; with few groups they are too narrow (B.
Efron and R. Tibshirani, An introduction to the bootstrap, 1993, chapter 8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

BUDGETS = (0.05, 0.10, 0.20, 0.30)
"""Shares of the stacks viewed, for which the share found is told."""
TARGETS = (0.95, 0.99)
"""Shares of the real pictures found, for which the share to view is told."""
LEVEL = 0.95
"""Of all intervals."""
_EXACT = 1e-9


@dataclass(frozen=True)
class Curve:
    """Real pictures found against stacks viewed.

    Args:
        viewed: stacks viewed where the curve bends, from 0 to all; none are equal.
        found: real pictures found by then, expected, from 0 to all.
    """

    viewed: Floats
    found: Floats

    def share_found(self, budgets: ArrayLike) -> Floats:
        """Return the share of the real pictures found within shares of the stacks, whole stacks."""
        whole = np.floor(np.asarray(budgets, np.float64) * self.viewed[-1] + _EXACT)
        return self.at(whole / self.viewed[-1])

    def at(self, shares: ArrayLike) -> Floats:
        """Return the share of the real pictures found, straight between whole stacks."""
        viewed = np.asarray(shares, np.float64) * self.viewed[-1]
        answer: Floats = np.interp(viewed, self.viewed, self.found) / self.found[-1]
        return answer

    def share_to_view(self, target: float) -> float:
        """Return the share of the stacks to view until a share of the real pictures is found."""
        goal = target * self.found[-1] - _EXACT
        after = int(np.searchsorted(self.found, goal))
        if after == 0:
            return 0.0
        step = self.found[after] - self.found[after - 1]
        part = (goal - self.found[after - 1]) / step
        stacks = self.viewed[after - 1] + part * (self.viewed[after] - self.viewed[after - 1])
        return math.ceil(float(stacks) - _EXACT) / float(self.viewed[-1])

    @cached_property
    def area(self) -> float:
        """The area under the curve of shares: 0.5 for an order that says nothing."""
        under = float(np.trapezoid(self.found, self.viewed))
        return under / float(self.viewed[-1] * self.found[-1])


class Order:
    """Stacks in an order, ready to be weighted again and again.

    Args:
        keys: of each stack, lowest first, shape (n,); equal ones in any order.
        real: real pictures in each, shape (n,).

    Raises:
        ValueError: no stacks, or no real pictures, or a key that is no number.
    """

    def __init__(self, keys: ArrayLike, real: ArrayLike) -> None:
        given = np.asarray(keys, np.float64)
        self._real = np.asarray(real, np.float64)
        if given.ndim != 1 or given.shape != self._real.shape:
            raise ValueError(f"{given.shape} keys for {self._real.shape} stacks")
        if np.isnan(given).any() or not self._real.sum() > 0:
            raise ValueError("keys must be numbers, and there must be real pictures")
        self._sorted = np.argsort(given, kind="stable")
        ordered = given[self._sorted]
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def curve(self, weights: Integers | None = None) -> Curve:
        """Return the curve.

        Args:
            weights: how often each stack is there, shape (n,); once if None.
        """
        times = np.ones(len(self._real)) if weights is None else weights.astype(np.float64)
        viewed = np.cumsum(times[self._sorted])[self._ends]
        found = np.cumsum((times * self._real)[self._sorted])[self._ends]
        bends = np.append(True, np.diff(viewed) > 0) & (viewed > 0)
        return Curve(np.append(0.0, viewed[bends]), np.append(0.0, found[bends]))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its interval, at `LEVEL`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of an order.

    Args:
        area: under the curve.
        found: share of the real pictures found, one to each of `BUDGETS`.
        to_view: share of the stacks to view, one to each of `TARGETS`.
        curve: share found, one to each share of `grid`.
    """

    area: Figure
    found: tuple[Figure, ...]
    to_view: tuple[Figure, ...]
    curve: tuple[Figure, ...]


def grid(points: int = 100) -> Floats:
    """Return shares of the stacks at which curves are told, from 0 to 1."""
    return np.arange(points + 1) / points


def best_keys(real: ArrayLike) -> Floats:
    """Return keys of the best order there could be: the stacks with most real pictures first."""
    answer: Floats = -np.asarray(real, np.float64)
    return answer


def replay(
    keys: ArrayLike, real: ArrayLike, groups: Sequence[Hashable], resamples: int = 1000
) -> Summary:
    """Tell of an order, with intervals of the bootstrap.

    Args:
        keys: as for `Order`.
        real: as for `Order`.
        groups: what belongs together, one to a stack.
        resamples: how often groups are drawn; 0 gives intervals without width.

    Raises:
        ValueError: as `Order`.
    """
    order = Order(keys, real)
    resampled = Resampling(groups, np.asarray(real) > 0)
    rng = np.random.default_rng(resamples)
    drawn = [_numbers(order.curve(resampled.weights(rng))) for _ in range(resamples)]
    return _summary(_numbers(order.curve()), drawn)


def by_chance(real: ArrayLike, shuffles: int = 1000) -> Summary:
    """Tell of the random order: what is expected, and between what shuffles of it lie.

    Args:
        real: real pictures in each stack, shape (n,).
        shuffles: at least 1; the same number, the same shuffles.

    Raises:
        ValueError: no stacks, or no real pictures.
    """
    counts = np.asarray(real, np.float64)
    stacks, holding = len(counts), np.flatnonzero(counts)
    expected = Order(np.zeros(stacks), counts).curve()
    rng = np.random.default_rng(shuffles)
    drawn = []
    for _ in range(shuffles):
        places = rng.permutation(stacks)[: len(holding)]
        drawn.append(_numbers(_of_places(places, counts[holding], stacks)))
    return _summary(_numbers(expected), drawn)


def _of_places(places: Integers, counts: Floats, stacks: int) -> Curve:
    """Return the curve where the stacks with real pictures stand at these places, from 0."""
    order = np.argsort(places)
    at, found = places[order].astype(np.float64), np.cumsum(counts[order])
    before = np.append(0.0, found[:-1])
    viewed = np.column_stack([at, at + 1]).ravel()
    reached = np.column_stack([before, found]).ravel()
    viewed, reached = np.append(viewed, stacks), np.append(reached, found[-1])
    viewed, reached = np.append(0.0, viewed), np.append(0.0, reached)
    last = np.append(np.diff(viewed) > 0, True)
    return Curve(viewed[last], reached[last])


class Resampling:
    """Draws groups with replacement: those with real pictures, and the others, apart.

    Args:
        groups: one to a stack.
        real: whether a stack holds real pictures, shape (n,).
    """

    def __init__(self, groups: Sequence[Hashable], real: NDArray[np.bool_]) -> None:
        if len(groups) != len(real):
            raise ValueError(f"{len(groups)} groups for {len(real)} stacks")
        numbers: dict[tuple[bool, Hashable], int] = {}
        keys: list[tuple[bool, Hashable]] = list(zip(real.tolist(), groups, strict=True))
        self._number = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
        found = list(numbers)
        self._classes = [
            np.array([numbers[key] for key in found if key[0] is side]) for side in (True, False)
        ]

    @property
    def sizes(self) -> tuple[int, int]:
        """Groups with real pictures, and others."""
        return len(self._classes[0]), len(self._classes[1])

    def weights(self, rng: np.random.Generator) -> Integers:
        """Return how often each stack is there in one drawing."""
        times = np.zeros(sum(self.sizes), np.int64)
        for groups in self._classes:
            if len(groups):
                np.add.at(times, rng.choice(groups, len(groups)), 1)
        answer: Integers = times[self._number]
        return answer


def _numbers(curve: Curve) -> Floats:
    """Return all that is told of a curve, in a row."""
    return np.concatenate(
        [
            [curve.area],
            curve.share_found(BUDGETS),
            [curve.share_to_view(target) for target in TARGETS],
            curve.at(grid()),
        ]
    )


def _summary(values: Floats, drawn: Sequence[Floats]) -> Summary:
    rest = (1 - LEVEL) / 2
    ends = np.quantile(drawn, [rest, 1 - rest], axis=0) if len(drawn) else np.array([values] * 2)
    figures = [Figure(*map(float, each)) for each in zip(values, *ends, strict=True)]
    ends_at = np.cumsum([1, len(BUDGETS), len(TARGETS)])
    area, found, to_view, curve = (
        tuple(figures[begin:end])
        for begin, end in zip((0, *ends_at), (*ends_at, len(figures)), strict=True)
    )
    return Summary(area[0], found, to_view, curve)
