"""Likelihood ratios of declarations: how far a claim of the file supports what it claims.

Propositions: the picture is a camera capture; it was synthesised by a generative model. The table
`declarations.toml` is data: how often each claim was met among real and among generated files, the
cap, and the reason for it. From the counts the ratio follows, with Krichevsky and Trofimov's half
added to each (1981), so that a claim never met among real files does not prove anything; the cap
then holds it down to what can be defended. A claim that was never met among either has no counts
and no ratio of its own: the cap stands for it, as a judgement.

Declarations of one file depend on each other. They are therefore not multiplied: the strongest
that supports either proposition stands for the whole group.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from tamis.model.origin import CAPTURES, HYBRIDS, SYNTHETICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamis.examinations.provenance.claims import Claims


PROPOSITIONS = (
    "the picture is a camera capture",
    "the picture was synthesised by a generative model",
)
"""A log10 likelihood ratio above 0 supports the first, below 0 the second."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A row of the table.

    Args:
        name: of the claim.
        claims: ``capture``, ``synthesis`` or ``alteration`` (of a capture by a model).
        real: files of the corpus that make the claim, and all, among real ones; None where the
            corpus has no such file in either class.
        generated: the same among generated ones.
        cap: the ratio is never farther from 1 than this, either way.
        held_out: counted on files from which nothing was learned, not on the whole corpus.
        rests_on: the ``file`` alone, a ``signer`` of the site's trust list, or the ``key`` of a
            service.
        lowers: it may lower a media in the queue: it rests on more than the file.
        reason: for the cap, in English.
    """

    name: str
    claims: str
    real: tuple[int, int] | None
    generated: tuple[int, int] | None
    cap: float
    lowers: bool
    reason: str
    rests_on: str = "file"
    held_out: bool = False

    @property
    def measured(self) -> float | None:
        """log10 of P(claim | capture) / P(claim | synthesis), before the cap."""
        if self.real is None or self.generated is None:
            return None
        return _log_rate(*self.real) - _log_rate(*self.generated)

    @property
    def log10_lr(self) -> float:
        """The same within the cap; 0 for a claim of alteration, which is neither proposition."""
        limit = math.log10(self.cap)
        if self.claims == "alteration":
            return 0.0
        if self.measured is not None:
            return max(-limit, min(limit, self.measured))
        return limit if self.claims == "capture" else -limit


def weigh(claims: Claims) -> tuple[Declaration, ...]:
    """Return the rows of the table that apply to a file, in the order of the table.

    Where a file says that a model altered a picture, it says neither that a camera captured this
    one nor that it was synthesised: what would support synthesis then supports neither.
    """
    rows = [row for row in table() if _APPLIES[row.name](claims)]
    altered = any(row.claims == "alteration" for row in rows)
    return tuple(row for row in rows if not (altered and row.claims == "synthesis"))


@cache
def table() -> tuple[Declaration, ...]:
    """The whole table."""
    return tuple(
        Declaration(
            row["name"],
            row["claims"],
            _counts(row.get("real")),
            _counts(row.get("generated")),
            float(row["cap"]),
            row["lowers"],
            row["reason"],
            row.get("rests_on", "file"),
            row.get("held_out", False),
        )
        for row in tomllib.loads(_text().decode())["declaration"]
    )


@cache
def digest() -> str:
    """SHA-256 of the table, in hexadecimal."""
    return hashlib.sha256(_text()).hexdigest()


def _text() -> bytes:
    return files(__package__).joinpath("declarations.toml").read_bytes()


def _counts(given: list[int] | None) -> tuple[int, int] | None:
    return (given[0], given[1]) if given else None


def _log_rate(found: int, of: int) -> float:
    return math.log10((found + 0.5) / (of + 1))


def _unsigned(types: frozenset[str], wanted: frozenset[str]) -> bool:
    return not types.isdisjoint(wanted)


_INTACT = {"present", "valid", "expired", "trusted"}
"""States of a manifest that belongs to its file, as far as is known."""

_APPLIES: dict[str, Callable[[Claims], bool]] = {
    "c2pa_trusted_capture": lambda said: said.signed_capture,
    "c2pa_trusted_synthetic": lambda said: said.signed_synthetic,
    "c2pa_capture": lambda said: (
        _unsigned(said.c2pa_types, CAPTURES)
        and said.c2pa_state in _INTACT
        and not said.signed_capture
    ),
    "c2pa_synthetic": lambda said: (
        (_unsigned(said.c2pa_types, SYNTHETICS) or said.c2pa_generator)
        and said.c2pa_state in _INTACT
        and not said.signed_types
    ),
    "c2pa_trusted_in_doubt": lambda said: (
        _unsigned(said.signed_types, SYNTHETICS) and not said.signed_synthetic
    ),
    "iptc_capture": lambda said: _unsigned(said.iptc_types, CAPTURES),
    "iptc_synthetic": lambda said: _unsigned(said.iptc_types, SYNTHETICS),
    "hybrid": lambda said: _unsigned(said.source_types, HYBRIDS),
    "source_picture": lambda said: said.source_picture,
    "aigc_label": lambda said: said.labelled,
    "generator": lambda said: said.generator,
    "generator_signature": lambda said: said.signed_generator,
    "watermark": lambda said: said.watermark,
    "unrecognised_generator": lambda said: said.unrecognised_generator,
    "camera": lambda said: said.camera,
    "jpeg_untouched": lambda said: said.untouched,
}
"""Which claims of a file each row of the table stands for."""
