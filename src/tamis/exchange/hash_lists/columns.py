"""What the columns of a delimited hash list mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from tamis.exchange.hash_lists.values import algorithm, normal

_HASH = frozenset(
    ("hash", "hashvalue", "fingerprint", "digest", "signalstr", "signal", "indicator", "value")
)
_KIND = frozenset(
    ("type", "hashtype", "hashname", "hashalgorithm", "algorithm", "signaltype", "indicatortype")
)
_QUALITY = frozenset(("quality", "pdqquality", "hashquality"))
_CATEGORY = frozenset(("category", "cat", "categorycode", "categoryid", "classification"))

MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, by index.

    Args:
        width: number of columns.
        hashes: index to algorithm.
        any_hash: of a column whose algorithm another column or the length tells.
        kind: of the column that names the algorithm of `any_hash`.
        quality: of the PDQ quality.
        category: of the category.
        others: index to the name it was given, for all other columns.
    """

    width: int
    hashes: dict[int, str] = field(default_factory=dict)
    any_hash: int | None = None
    kind: int | None = None
    quality: int | None = None
    category: int | None = None
    others: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, header: list[str]) -> Columns | None:
        """Read a header; None if no column is named like a fingerprint.

        Raises:
            ValueError: two columns claim the same meaning.
        """
        names = [normal(name) for name in header]
        hashes: dict[int, str] = {}
        for index, name in enumerate(header):
            found = algorithm(name)
            if found is not None and found in hashes.values():
                raise ValueError(f"two columns for {found}")
            if found is not None:
                hashes[index] = found
        any_hash = None if hashes else _first(names, _HASH)
        if not hashes and any_hash is None:
            return None
        columns = cls(
            len(header),
            hashes,
            any_hash,
            _first(names, _KIND) if any_hash is not None else None,
            _first(names, _QUALITY),
            _first(names, _CATEGORY),
        )
        taken = {*hashes, any_hash, columns.kind, columns.quality, columns.category}
        for index, name in enumerate(header):
            if index not in taken:
                columns.others[index] = _unique(name.strip(), index, columns.others)
        return columns


def _first(names: list[str], wanted: frozenset[str]) -> int | None:
    return next((index for index, name in enumerate(names) if name in wanted), None)


def _unique(name: str, index: int, given: dict[int, str]) -> str:
    if name and name not in given.values():
        return name
    return f"{name} (column {index + 1})".strip()
