"""Embedded metadata: the blocks a media file carries beside its pixels, found without decoding it.

Only the container is read here. What the blocks mean is read by `tamis.media.exif`,
`tamis.media.xmp` and the provenance examinations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tamis.media.containers import gif, isobmff, jpeg, png, raf, riff, tiff
from tamis.media.containers.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Callable

    _Walker = Callable[[memoryview, Findings], None]

_TIFF = ("tiff", "dng", "cr2", "nef", "arw", "orf", "rw2", "pef", "srw", "kdc", "iiq")
_BOXES = ("heif", "avif", "jp2", "jxl", "cr3", "mp4", "mov", "m4v", "3gp")

_WALKERS: dict[str, _Walker] = {
    "jpeg": jpeg.walk,
    "png": png.walk,
    "webp": riff.walk,
    "gif": gif.walk,
    "raf": raf.walk,
    **dict.fromkeys(_TIFF, tiff.walk),
    **dict.fromkeys(_BOXES, isobmff.walk),
}


CONTAINERS = frozenset(_WALKERS)
"""Formats whose metadata blocks are found."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The metadata blocks of one file.

    Args:
        exif: a TIFF structure, without any prefix; of a TIFF file the file itself.
        exif_parts: directories of EXIF that are TIFF structures of their own, as in CR3 files:
            ``exif``, ``gps`` and ``maker_note``.
        xmp: XMP packets, extended ones put together, in the order of the file.
        texts: keyword and text of PNG text chunks, in the order of the file.
        tags: name and text of the tags of MP4 and MOV files, in the order of the file.
        comments: of JPEG and GIF.
        iptc: IPTC-IIM datasets.
        c2pa: where a C2PA manifest store lies, e.g. ``jpeg:APP11``; empty where there is none.
        problems: what was malformed or over a limit, and therefore not read.
    """

    exif: bytes | None = None
    exif_parts: dict[str, bytes] = field(default_factory=dict)
    xmp: tuple[bytes, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()
    iptc: bytes | None = None
    c2pa: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_embedded(content_format: str, data: bytes) -> Embedded:
    """Return the metadata blocks of a file; never raises on malformed data.

    The work is linear in the size of the file, and what is copied is bounded
    (`tamis.media.containers.findings`). What is malformed becomes a problem, all else is read.

    Args:
        content_format: as sniffed, e.g. ``jpeg``; one without metadata (``bmp``) gives nothing.
        data: the whole file.
    """
    walk = _WALKERS.get(content_format)
    found = Findings()
    if walk is not None:
        walk(memoryview(data), found)
    return Embedded(
        exif=found.exif,
        exif_parts=found.exif_parts,
        xmp=tuple(found.xmp),
        texts=tuple(found.texts),
        tags=tuple(found.tags),
        comments=tuple(found.comments),
        iptc=found.iptc,
        c2pa=tuple(found.c2pa),
        problems=tuple(found.problems),
    )


def trailing_bytes(content_format: str, data: bytes) -> int:
    """Return how many bytes follow the picture in a JPEG file; 0 for any other format."""
    end = jpeg.end_of_picture(data) if content_format == "jpeg" else None
    return 0 if end is None else len(data) - end
