"""Project VIC lists: VICS JSON 1.x and 2.0, cases as well as bare media.

There is no published schema; the shape and its many dialects are those of the programs that write
it. The file is read once, record by record, in the memory of one record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ijson

from tamis.exchange.hash_lists.list_file import Measured
from tamis.exchange.hash_lists.reading import short
from tamis.exchange.hash_lists.vics_media import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tamis.exchange.hash_lists.reading import Report
    from tamis.model import HashEntry

    Event = tuple[str, object]

_CONTEXT = re.compile(r"/DataModels/(\d+(?:\.\d+)*)\.xml(?:/([^/#$]+)/)?")
_CONTEXT_KEYS = ("@odata.context", "odata.metadata", "odata.context", "@odata.metadata")
_DEEPEST = 64
_ABSENT = object()


def read_vics(path: Path, report: Report) -> Iterator[HashEntry]:
    """Read a VICS list.

    Raises:
        HashListError: it is no JSON, cut off, or no VICS list.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        yield from _List(Measured(file, report), report).entries()


class _List:
    """One pass over a VICS file."""

    def __init__(self, file: Measured, report: Report) -> None:
        self._file = file
        self._report = report
        self._events: Iterator[Event] = self._all_events()
        self._number = 0
        self._path = ""
        self._has_value = False

    def entries(self) -> Iterator[HashEntry]:
        if self._next() != ("start_map", None):
            raise self._error("no JSON object: this is no VICS list")
        top: dict[str, object] = {}
        for event, key in self._events:
            if event == "end_map":
                break
            yield from self._top_level(str(key), top)
        for _ in self._events:  # to the end of the file, which may hold more than it should
            pass
        if not self._has_value:
            raise self._error("no list under 'value': this is no VICS list")
        self._note_context(top)

    def _top_level(self, key: str, top: dict[str, object]) -> Iterator[HashEntry]:
        event = self._next()
        if key != "value" or event[0] != "start_array":
            top[key] = self._build(event)
            return
        self._has_value = True
        for index, (kind, value) in enumerate(self._events):
            if kind == "end_array":
                return
            self._path = f"value[{index}]"
            if kind == "start_map":
                yield from self._case_or_media()
            else:
                self._build((kind, value))
                self._reject("not an object")

    def _case_or_media(self) -> Iterator[HashEntry]:
        """Read one record under 'value'; that it holds a list of media makes it a case."""
        fields: dict[str, object] = {}
        is_case = False
        path = self._path
        for event, key in self._events:
            if event == "end_map":
                break
            following = self._next()
            if key == "Media" and following[0] == "start_array":
                is_case = True
                yield from self._media_of_case(path)
            else:
                fields[str(key)] = self._build(following)
        if not is_case and not ("CaseID" in fields and "MD5" not in fields):
            self._path = path
            yield from self._entry(fields)

    def _media_of_case(self, path: str) -> Iterator[HashEntry]:
        for index, event in enumerate(self._events):
            if event[0] == "end_array":
                return
            self._path = f"{path}.Media[{index}]"
            record = self._build(event)
            if isinstance(record, dict):
                yield from self._entry(record)
            else:
                self._reject("not an object")

    def _entry(self, record: dict[str, object]) -> Iterator[HashEntry]:
        self._file.mark()
        self._number += 1
        place = f"record {self._number} ({self._path})"
        entry = entry_of(record, self._report, place)
        if entry is not None:
            yield entry

    def _reject(self, reason: str) -> None:
        self._file.mark()
        self._number += 1
        self._report.reject(f"record {self._number} ({self._path})", reason)

    def _build(self, event: Event) -> object:
        """Build the JSON value that begins with `event`."""
        if event[0] not in ("start_map", "start_array"):
            return event[1]
        outermost: dict[str, object] | list[object] = {} if event[0] == "start_map" else []
        stack = [outermost]
        key = ""
        for kind, value in self._events:
            if kind == "map_key":
                key = str(value)
                continue
            if kind in ("end_map", "end_array"):
                stack.pop()
                if not stack:
                    return outermost
                continue
            child: object = value
            if kind in ("start_map", "start_array"):
                child = {} if kind == "start_map" else []
            parent = stack[-1]
            if isinstance(parent, dict):
                parent[key] = child
            else:
                parent.append(child)
            if isinstance(child, dict | list):
                stack.append(child)
                if len(stack) > _DEEPEST:
                    raise self._error(f"nested more than {_DEEPEST} deep")
        raise self._error("the list is cut off")

    def _next(self) -> Event:
        event = next(self._events, None)
        if event is None:
            raise self._error("the list is cut off")
        return event

    def _all_events(self) -> Iterator[Event]:
        try:
            # use_float also bounds whole numbers to 64 bits: with Python's own, one of more digits
            # than Python converts crashes the process (ijson 3.6.0).
            yield from ijson.basic_parse(self._file, buf_size=1 << 16, use_float=True)
        except ijson.JSONError as error:
            raise self._error(_complaint(error)) from error

    def _error(self, reason: str) -> Exception:
        place = f"after record {self._number}" if self._number else "at the start"
        if self._path:
            place += f" ({self._path})"
        return self._report.error(f"{place}, before byte {self._file.position}", short(reason))

    def _note_context(self, top: dict[str, object]) -> None:
        context = next((top[key] for key in _CONTEXT_KEYS if key in top), _ABSENT)
        found = _CONTEXT.search(context) if isinstance(context, str) else None
        if found is None:
            shown = "none" if context is _ABSENT else short(str(context))
            self._report.warn(f"unknown data model, so the categories may mean anything: {shown}")
            return
        version, country = found[1], found[2] or ""
        self._report.scheme = f"Project VIC {version} {short(country)}".rstrip()
        if version.partition(".")[0] not in ("1", "2"):
            self._report.warn(f"VICS {version} is newer than what Tamis knows")


def _complaint(error: ijson.JSONError) -> str:
    """What the parser says, without the piece of the file it quotes."""
    words = error.args[0] if error.args else ""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    complaint = text.partition("\n")[0]
    return "the list is cut off" if "premature EOF" in complaint else f"damaged JSON: {complaint}"
