"""Which fit of the pixel scores is in force: the site's own where there is one, else Tamis'."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tamis.assess import pixels
from tamis.config import fit_file
from tamis.detectors import builtin
from tamis.errors import CalibrationError
from tamis.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.assess.pixels import Fitted

_SHOWN = ("cllr", "cllr_min", "n_capture", "n_synthetic", "lower", "upper")
"""Of each stratum."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The fit that weighs.

    Args:
        fit: in force.
        site: it is the site's own.
        refused: why the site's own, which is there, is not; empty else.
    """

    fit: Fitted
    site: bool
    refused: str = ""


def in_force() -> InForce:
    """Return the fit in force.

    A site's fit for the logits of another network than the present one is not used: its numbers
    would mean nothing.

    Raises:
        CalibrationError: the site's fit cannot be read, or is none. Going on with another would
            change what is said without anybody's knowing.
    """
    own = site_fit()
    if own is None:
        return InForce(pixels.fitted(), site=False)
    present = builtin.card().version
    if own.network != present:
        refused = _(
            "the fit of this site is for version {own} of the network; in force is {present}",
            own=own.network,
            present=present,
        )
        return InForce(pixels.fitted(), site=False, refused=refused)
    return InForce(own, site=True)


def fitted() -> Fitted:
    """Return the fit in force; see `in_force`."""
    return in_force().fit


def site_fit() -> Fitted | None:
    """Return the site's own fit; None where there is none.

    Raises:
        CalibrationError: it cannot be read, or is none.
    """
    path = fit_file()
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CalibrationError(
            _("{file}: cannot be read: {reason}", file=path, reason=error.strerror)
        ) from error
    try:
        found = pixels.parsed(json.loads(text), hashlib.sha256(text).hexdigest())
        _check(found)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CalibrationError(
            _(
                "{file}: is no fit of pixel scores; `tamis calibrate --remove` takes it away",
                file=path,
            )
        ) from error
    return found


def _check(found: Fitted) -> None:
    """Refuse what `tamis calibrate` never writes."""
    if not (isinstance(found.version, str) and isinstance(found.network, str)):
        raise TypeError("versions")
    if set(found.strata) != set(pixels.STRATA):
        raise ValueError("strata")
    for stratum in found.strata.values():
        numbers = [stratum.bounds.lower, stratum.bounds.upper]
        for term in stratum.fusion.terms:
            numbers += [term.offset, term.slope]
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("not finite")
        if not stratum.bounds.lower <= 0 <= stratum.bounds.upper:
            raise ValueError("bounds")
        if not {term.name for term in stratum.fusion.terms} <= {pixels.NETWORK, pixels.LATTICE}:
            raise ValueError("terms")


def described(found: InForce) -> dict[str, Any]:
    """Return what is told of the fit in force; JSON-compatible."""
    facts: Mapping[str, Any] = found.fit.facts
    return {
        "version": found.fit.version,
        "sha256": found.fit.digest,
        "network": found.fit.network,
        "of_this_site": found.site,
        "date": facts.get("date"),
        "strata": {
            name: {key: item.get(key) for key in _SHOWN} for name, item in facts["strata"].items()
        },
        "refused": found.refused,
    }
