"""Writing a tree of evidence, with the truth about every picture in it."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamis.model import Locator

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture really is: a row of a truth file.

    Args:
        origin: ``capture``, ``synthetic``, ``hybrid`` or ``graphic``.
        group: the camera or the generator.
    """

    origin: str
    group: str


@dataclass
class Tree:
    """A folder that is being filled with evidence.

    Args:
        root: the folder; it is created.
        counts: files written, by kind.
        rows: shown paths of the pictures, with the truth about them.
    """

    root: Path
    counts: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, Truth]] = field(default_factory=list)

    def write(
        self, name: str | bytes, data: bytes, kind: str, when: datetime, truth: Truth | None = None
    ) -> None:
        """Write one file, dated `when`, and note what it is.

        Args:
            name: path within the tree, `/` between its parts.
            data: the bytes of the file.
            kind: what is counted.
            when: its modification time.
            truth: for pictures.
        """
        raw = name if isinstance(name, bytes) else os.fsencode(name)
        path = self.root / os.fsdecode(raw)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        moment = int(when.timestamp()) * 1_000_000_000
        os.utime(path, ns=(moment, moment))
        self.counts[kind] += 1
        if truth:
            self.rows.append((str(Locator((raw,))), truth))

    def note_member(self, archive: str, *members: str, truth: Truth) -> None:
        """Note the truth about a picture within an archive."""
        parts = (archive, *members)
        self.rows.append((str(Locator(tuple(os.fsencode(part) for part in parts))), truth))

    def write_truth(self, path: Path) -> None:
        """Write the truth file: columns path, origin, group."""
        with path.open("w", newline="", encoding="utf-8") as target:
            rows = csv.writer(target, lineterminator="\n")
            rows.writerow(("path", "origin", "group"))
            for name, truth in sorted(self.rows, key=lambda row: row[0]):
                rows.writerow((name, truth.origin, truth.group))
