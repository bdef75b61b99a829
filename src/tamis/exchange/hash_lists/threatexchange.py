"""PDQ lists as the programs around ThreatExchange write them.

``threatexchange dataset -P --csv`` writes ``collab,signal_type,signal_str,category,tags``; the
reference hasher ``pdq-photo-hasher`` writes ``hash,quality,file`` without a header; the Graph API
knows ``id,indicator,type``. 64 hex digits that nothing else names are a PDQ here, not a SHA-256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.exchange.hash_lists.delimited import Rules, read_delimited
from tamis.exchange.hash_lists.values import normal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.exchange.hash_lists.reading import Report
    from tamis.model import HashEntry

_RULES = Rules(
    of_64_digits="pdq",
    no_match=frozenset(("negativeclass", "nonmalicious")),
    scheme="ThreatExchange",
)
_HEADERS = ({"signaltype", "signalstr"}, {"indicator", "type"}, {"hash", "quality"})


def is_threatexchange(header: list[str]) -> bool:
    """Say whether a list with these columns is one of this kind."""
    names = {normal(name) for name in header}
    return any(wanted <= names for wanted in _HEADERS)


def read_threatexchange(path: Path, report: Report) -> Iterator[HashEntry]:
    """Read the list; raises as `read_delimited` does.

    Signals that are no fingerprint of a file (a URL, a text) and those the exchange marks as no
    match are noted as left out.
    """
    return read_delimited(path, report, _RULES)
