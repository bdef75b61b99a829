"""A source that holds no archives, as somebody's first plug-in may be."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from pictures import jpeg
from tamis.model import FileState, Locator, SourceEntry
from tamis.pipeline.take_in import Job, Limits, TakeIn
from tamis.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO


class Shelf(Source):
    """Two files held in memory."""

    name, version = "shelf", "1"

    @classmethod
    def accepts(cls, location: Path) -> bool:
        return True

    def walk(self) -> Iterator[SourceEntry]:
        yield from (SourceEntry(Locator((name,))) for name in self._files())

    def open(self, locator: Locator) -> BinaryIO:
        return io.BytesIO(self._files()[locator.parts[0]])

    def _files(self) -> dict[bytes, bytes]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.jpg", jpeg(2))
        return {b"one.jpg": jpeg(1), b"more.zip": packed.getvalue()}


def test_a_source_without_archives_says_so(tmp_path: Path) -> None:
    source = Shelf(tmp_path)
    take_in = TakeIn({1: source}, Limits(10**6, 10**6))
    one, more = (
        take_in(Job(number, 1, entry.locator, entry.size))
        for number, entry in enumerate(source.walk())
    )
    assert one.state is FileState.EXAMINED
    assert more.state is FileState.UNREADABLE
    assert more.reason == "not_archive: a source of the kind shelf reads no archives"
    assert more.digests is not None


def test_an_image_over_the_limit_is_digested_only(tmp_path: Path) -> None:
    take_in = TakeIn({1: Shelf(tmp_path)}, Limits(10**6, 100))
    taken = take_in(Job(1, 1, Locator((b"one.jpg",)), 0))
    assert taken.state is FileState.UNREADABLE
    assert taken.reason.startswith("too_large")
    assert taken.digests is not None
    small = TakeIn({1: Shelf(tmp_path)}, Limits(100, 10**6))
    assert small(Job(1, 1, Locator((b"one.jpg",)), 0)).reason.startswith("too_many_pixels")
