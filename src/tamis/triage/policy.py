"""The triage policy: what orders the queue, as data a site may replace."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.errors import PolicyError
from tamis.model.hash_list import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Path(__file__).with_name("policy.toml")


class Band(StrEnum):
    """Where a stack stands first of all; the policy puts them in order."""

    PROTECTED = "protected"
    OPEN = "open"
    ILLEGAL = "illegal"
    DECIDED = "decided"
    BENIGN = "benign"


@dataclass(frozen=True, slots=True)
class Policy:
    """A triage policy, checked.

    Args:
        bands: all bands, first to last.
        hidden: bands shown only on demand.
        identical: algorithms whose match proves two files identical.
        unknown: priority of a media of which nothing is known.
        generated: factor for media identical with listed generated ones.
        signed_synthetic: factor for media of which a trusted signer says that a model made them.
        camera_of_capture: how far a confirmed capture brings others of its camera towards 1.
        family_of_synthetic: what is left of what reasons added, for families confirmed synthetic.
        family_needs: judgements after which a family is confirmed.
        weights: reason to weight, in the order of the file.
        digest: SHA-256, in hexadecimal, of the default and the site's own file; for the record.
    """

    bands: tuple[Band, ...]
    hidden: frozenset[Band]
    identical: frozenset[str]
    unknown: float
    generated: float
    signed_synthetic: float
    camera_of_capture: float
    family_of_synthetic: float
    family_needs: int
    weights: Mapping[str, float]
    digest: str


def load_policy(path: Path | None = None) -> Policy:
    """Read the policy at `path`, completed from the default one, or the default itself.

    Raises:
        PolicyError: it cannot be read, or a key is unknown or has a value that cannot be.
    """
    chosen = path or DEFAULT
    default_data = DEFAULT.read_bytes()
    data = default_data if path is None else _read(path)
    default = tomllib.loads(default_data.decode())
    try:
        given = tomllib.loads(data.decode())
    except ValueError as error:  # not TOML, or not UTF-8
        raise PolicyError(f"{chosen}: not valid TOML: {error}") from error
    reader = _Reader(chosen, default, given)
    reader.refuse_unknown("", given, default)
    weights = reader.table("weights")
    reader.refuse_unknown("weights.", weights, default["weights"])
    bands = reader.words("bands", set(Band))
    if sorted(bands) != sorted(Band):
        raise reader.error("bands", f"must name each of {', '.join(Band)} once")
    if bands.index(Band.OPEN) > bands.index(Band.BENIGN):
        raise reader.error("bands", "open must come before benign")
    return Policy(
        bands=tuple(map(Band, bands)),
        hidden=frozenset(
            map(Band, reader.words("hidden", set(Band) - {Band.OPEN, Band.PROTECTED}))
        ),
        identical=frozenset(reader.words("identical", set(ALGORITHMS) - {"pdq"})),
        unknown=reader.share("unknown"),
        generated=reader.share("generated"),
        signed_synthetic=reader.share("signed_synthetic"),
        camera_of_capture=reader.share("camera_of_capture"),
        family_of_synthetic=reader.share("family_of_synthetic"),
        family_needs=reader.number("family_needs"),
        weights={
            name: reader.fraction(f"weights.{name}", weights.get(name, weight))
            for name, weight in default["weights"].items()
        },
        digest=hashlib.sha256(default_data if path is None else default_data + data).hexdigest(),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error


class _Reader:
    """Reads keys of a policy file and names file and key where one is wrong."""

    def __init__(
        self, path: Path, default: Mapping[str, object], given: Mapping[str, object]
    ) -> None:
        self._path = path
        self._default = default
        self._given = given

    def error(self, key: str, reason: str) -> PolicyError:
        return PolicyError(f"{self._path}: {key}: {reason}")

    def refuse_unknown(
        self, prefix: str, given: Mapping[str, object], known: Mapping[str, object]
    ) -> None:
        for key in given:
            if key not in known:
                raise self.error(f"{prefix}{key}", f"unknown; known are {', '.join(known)}")

    def table(self, key: str) -> Mapping[str, object]:
        value = self._given.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "must be a table")
        return value

    def words(self, key: str, allowed: set[str] | set[Band]) -> list[str]:
        value = self._given.get(key, self._default[key])
        if not isinstance(value, list):
            raise self.error(key, "must be a list of words")
        for word in value:
            if not isinstance(word, str) or word not in allowed:
                raise self.error(key, f"{word!r} is none of {', '.join(sorted(allowed))}")
        return value

    def number(self, key: str) -> int:
        value = self._given.get(key, self._default[key])
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.error(key, f"must be a whole number above 0, not {value!r}")
        return value

    def share(self, key: str) -> float:
        return self.fraction(key, self._given.get(key, self._default[key]))

    def fraction(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise self.error(key, f"must be a number from 0 to 1, not {value!r}")
        return float(value)
