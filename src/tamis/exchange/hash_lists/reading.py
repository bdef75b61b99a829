"""What reading a hash list gives: its entries, then a summary of what was in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.errors import HashListError
from tamis.model import HashEntry, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SHOWN = 10
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that holds no fingerprint Tamis can use.

    Args:
        place: where it stands in the file.
        reason: why it was left out.
    """

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a hash list held.

    Args:
        format: as `detect` names it.
        scheme: category scheme the list follows, e.g. ``Project VIC US``; empty if it names none.
        entries: entries read.
        rejected: records left out.
        first_rejected: the first of them.
        algorithms: fingerprints by algorithm.
        warnings: what a person should know before relying on the list.
    """

    format: str
    scheme: str
    entries: int
    rejected: int
    first_rejected: tuple[Rejected, ...]
    algorithms: dict[str, int]
    warnings: tuple[str, ...]


class Report:
    """Where a reader notes what it meets; it becomes the summary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scheme = ""
        self.rejected = 0
        self.first_rejected: list[Rejected] = []
        self._warnings: Counter[str] = Counter()
        self._places: dict[str, str] = {}

    def reject(self, place: str, reason: str) -> None:
        """Note a record that is left out."""
        self.rejected += 1
        if len(self.first_rejected) < _SHOWN:
            self.first_rejected.append(Rejected(place, short(reason)))

    def warn(self, message: str, place: str = "") -> None:
        """Note something odd; the same message is shown once, with its first place."""
        if message in self._warnings or len(self._warnings) < _SHOWN:
            self._warnings[message] += 1
            self._places.setdefault(message, place)

    def error(self, place: str, reason: str) -> HashListError:
        """The error for a list that is broken at `place`."""
        name = printable(str(self.path))
        return HashListError(f"{name}: {place}: {reason}" if place else f"{name}: {reason}")

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, each with how often and where it first applied."""
        return tuple(self._shown(message, count) for message, count in self._warnings.items())

    def _shown(self, message: str, count: int) -> str:
        place = self._places[message]
        if not place:
            return message
        return f"{message} ({place}; {count} in all)" if count > 1 else f"{message} ({place})"


class Reading:
    """One pass over a hash list: iterate over its entries, then ask for the summary.

    Args:
        path: of the list.
        list_format: as `detect` names it.
        entries: makes the iterator over the entries; notes what it meets in the report.
    """

    def __init__(
        self,
        path: Path,
        list_format: str,
        entries: Callable[[Path, Report], Iterator[HashEntry]],
    ) -> None:
        self.path = path
        self.format = list_format
        self._report = Report(path)
        self._make = entries
        self._count = 0
        self._algorithms: Counter[str] = Counter()

    def __iter__(self) -> Iterator[HashEntry]:
        """Yield the entries in the order of the file.

        Raises:
            HashListError: the list is broken, cut off or holds nothing usable; then the entries
                yielded so far must not be kept.
        """
        self._report = report = Report(self.path)
        self._count = 0
        self._algorithms.clear()
        try:
            for entry in self._make(self.path, report):
                self._count += 1
                self._algorithms.update(entry.hashes.keys())
                yield entry
        except OSError as error:
            raise report.error("", f"cannot be read: {error.strerror or error}") from error
        if self._count == 0 and report.rejected:
            first = report.first_rejected[0]
            raise report.error(
                first.place,
                f"{first.reason}; none of its {report.rejected} records holds a usable fingerprint",
            )
        if self._count == 0:
            report.warn("the list holds no entry")

    @property
    def summary(self) -> Summary:
        """What was read so far; complete once the iteration has ended."""
        report = self._report
        return Summary(
            self.format,
            report.scheme,
            self._count,
            report.rejected,
            tuple(report.first_rejected),
            dict(sorted(self._algorithms.items())),
            report.warnings,
        )


def short(text: str) -> str:
    """Text from a list made fit for a message."""
    shown = printable(text[:_LONGEST_TEXT])
    return f"{shown}…" if len(text) > _LONGEST_TEXT else shown
