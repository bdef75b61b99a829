"""How many real pictures are left among those nobody has looked at: bounds from a random sample.

Pure: counts in, bounds out. The population is a tail of the queue, `places` in number, fixed before
anything is drawn. Places are drawn at random without replacement, and of each a person says whether
its picture is real. Two upper bounds on the number of real ones in the whole tail follow:

- `most_real` holds at every size of the sample at once: whoever looks at it after each place, stops
  when it pleases and draws more when it does not, is still wrong in at most `1 - confidence` of all
  tests. It is the prior-posterior ratio of I. Waudby-Smith and A. Ramdas, "Confidence sequences for
  sampling without replacement", NeurIPS 2020, section 2, made one-sided.
- `most_real_stated` is the exact hypergeometric bound (Clopper and Pearson, "The use of confidence
  or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934, for a finite
  population). It is smaller, and holds only for a sample whose size was stated beforehand.

The one-sided ratio. Let P_K be the probability of what was seen in the order it was drawn, were K
of the places real, and w a prior over K. The evidence against K is the mean of P_J / P_K over the J
below K, weighted by w. Were K true, it would be a martingale that begins at 1, so that it reaches
1 / (1 - confidence) at any time with a probability of at most 1 - confidence (J. Ville, 1939). The
bound is the largest K whose evidence stays below. The guarantee needs nothing of the prior: a bad
one makes a larger bound, not a wrong one.

The prior is beta-binomial(1/4, 1): most weight on few real ones, since a tail where many are left
is found out soon. Its weights w_K fall like K^(-3/4), whatever the number of places, and add up in
closed form.

The largest K can be bisected, since the evidence E against K does not fall again in K once it has
reached 1. With r = w_K / W_K, where W_K is the weight below K, the evidence against K + 1 is at
least E where P_K / P_(K+1) >= 1 + r (E - 1) / (E + r). P is log-concave in K, so that its logarithm
falls from K to K + 1 by at least log(E) / K; w falls, so that r <= 1 / K; and log(E) >= 1 - 1 / E.
"""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_PRIOR = 0.25
_ROUNDING = 1e-9
"""Evidence this close to the threshold, as a logarithm, is not enough: rounding must not decide."""

_FIRST_WINDOW = 64


def seed_of_test(case_seed: bytes, number: int) -> bytes:
    """The seed, 32 bytes, of the test with this number, which does not give away that of the case.

    Args:
        case_seed: secret of the case.
        number: of the test in this case, from 1.
    """
    return hmac.digest(case_seed, b"tamis elusion %d" % number, "sha256")


def draw_order(seed: bytes, digests: Sequence[bytes]) -> list[int]:
    """Put the places of a tail in random order: a sample of n is the first n of it.

    By HMAC-SHA256(`seed`, SHA-256 of the media): everybody who has the seed finds the same order,
    and nobody who makes files without it can arrange what is drawn.

    Args:
        seed: of the test.
        digests: SHA-256 of the media at each place, all different.

    Returns:
        Indices into `digests`, in the order of drawing.
    """
    keys = [hmac.digest(seed, digest, "sha256") for digest in digests]
    return sorted(range(len(keys)), key=keys.__getitem__)


def most_real(places: int, looked_at: int, real: int, confidence: float = 0.95) -> int:
    """Upper bound on the real pictures in the whole tail, at whatever time one looks.

    Args:
        places: in the tail.
        looked_at: places drawn at random and judged.
        real: of these.
        confidence: above 0.5, below 1.

    Returns:
        The largest number that cannot be excluded, those found included; at most
        ``places - looked_at + real``, which says nothing.

    Raises:
        ValueError: counts that cannot be, or another confidence.
    """
    _check(places, looked_at, real, confidence)
    needed = _needed(confidence)
    top = places - (looked_at - real)
    last = min(real + _FIRST_WINDOW, top)
    while True:
        excluded = _evidence(places, looked_at, real, last) >= needed
        if excluded[-1]:
            return real + int(np.searchsorted(excluded, True)) - 1
        if last == top:
            return top
        last = min(2 * last, top)


def most_real_stated(places: int, looked_at: int, real: int, confidence: float = 0.95) -> int:
    """Upper bound on the real pictures in the whole tail, for a size of the sample stated before.

    It does not hold for a sample that was enlarged, or left unfinished, because of what it showed.

    Args:
        places: in the tail.
        looked_at: places drawn at random and judged: as many as were stated.
        real: of these.
        confidence: above 0.5, below 1.

    Returns:
        The largest number of which it is more probable than ``1 - confidence`` to find no more than
        `real`; those found included.

    Raises:
        ValueError: counts that cannot be, or another confidence.
    """
    _check(places, looked_at, real, confidence)
    least = math.log1p(-confidence) - _ROUNDING
    top = places - (looked_at - real)
    return _first(
        real,
        top,
        lambda total: total == top or _log_at_most(places, looked_at, real, total + 1) <= least,
    )


def sample_size(
    places: int, looked_at: int, real: int, fewer_than: int, confidence: float = 0.95
) -> int:
    """How many places must have been looked at for `most_real` to come below a number.

    Args:
        places: in the tail.
        looked_at: places already counted.
        real: found by then; none are found among those still to come.
        fewer_than: the number, those found included; above `real`.
        confidence: above 0.5, below 1.

    Returns:
        The size of the sample, from `looked_at` to `places`: every further place that is not real
        adds to the evidence, so that the smallest one can be bisected.

    Raises:
        ValueError: counts that cannot be, a number that cannot be reached, another confidence.
    """
    _check(places, looked_at, real, confidence)
    if fewer_than <= real:
        raise ValueError(f"{real} real ones were found: fewer than {fewer_than} cannot be")
    needed = _needed(confidence)

    def reached(size: int) -> bool:
        if fewer_than > places - (size - real):
            return True
        return bool(_evidence(places, size, real, fewer_than)[-1] >= needed)

    return _first(looked_at, places, reached)


def _check(places: int, looked_at: int, real: int, confidence: float) -> None:
    if not 0 <= real <= looked_at <= places:
        raise ValueError(f"{real} real of {looked_at} looked at of {places} cannot be")
    if not 0.5 < confidence < 1:
        raise ValueError(f"a confidence lies between 0.5 and 1, not {confidence}")


def _needed(confidence: float) -> float:
    """Logarithm of the evidence that excludes."""
    return -math.log1p(-confidence) + _ROUNDING


def _evidence(places: int, looked_at: int, real: int, last: int) -> NDArray[np.float64]:
    """Logarithm of the evidence against each total from `real` to `last`, shape (totals,).

    Args:
        places: in the tail.
        looked_at: of these.
        real: of these.
        last: at most ``places - (looked_at - real)``; larger totals are impossible.
    """
    totals = np.arange(real, last, dtype=np.float64)
    not_real = looked_at - real
    # Of each total against the one before: probability, and weight of the prior.
    likelier = np.log1p(real / (totals + 1 - real)) + np.log1p(-not_real / (places - totals))
    heavier = np.log((totals + _PRIOR) / (totals + 1))
    likelihood = np.concatenate(([0.0], np.cumsum(likelier)))
    prior = np.concatenate(([0.0], np.cumsum(heavier)))
    # The weights below K add up to gamma(K + a) / (gamma(a + 1) gamma(K)) = w_K K / a.
    evidence = np.full(len(totals) + 1, -np.inf)
    smaller = np.logaddexp.accumulate((prior + likelihood)[:-1])
    below = prior[1:] + np.log((totals + 1) / _PRIOR)
    evidence[1:] = smaller - below - likelihood[1:]
    return evidence


def _log_at_most(places: int, looked_at: int, real: int, total: int) -> float:
    """Logarithm of the probability to find at most `real`, were `total` of the places real."""
    least = max(0, looked_at - (places - total))
    if real < least:
        return -math.inf
    first = (
        _log_choose(total, real)
        + _log_choose(places - total, looked_at - real)
        - _log_choose(places, looked_at)
    )
    found = np.arange(real, least, -1, dtype=np.float64)
    one_less = np.log(found * (places - total - looked_at + found)) - np.log(
        (total - found + 1) * (looked_at - found + 1)
    )
    terms = np.concatenate(([0.0], np.cumsum(one_less)))
    return first + float(np.logaddexp.reduce(terms))


def _log_choose(number: int, chosen: int) -> float:
    return math.lgamma(number + 1) - math.lgamma(chosen + 1) - math.lgamma(number - chosen + 1)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number from `low` to `high` where `holds`, which it does at `high` and stays so."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
