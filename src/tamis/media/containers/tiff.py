"""TIFF and the raw formats built on it (DNG, NEF, …): metadata tags of the first directory.

The file itself is the EXIF block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.media.containers.ifd import Tiff
from tamis.media.containers.photoshop import read_resources

if TYPE_CHECKING:
    from tamis.media.containers.findings import Findings

_XMP, _IPTC, _PHOTOSHOP, _C2PA = 0x02BC, 0x83BB, 0x8649, 0xCD41


def walk(view: memoryview, found: Findings) -> None:
    """Collect the metadata tags of a TIFF file."""
    tiff = Tiff.open(view)
    if tiff is None:
        found.problem("tiff: no header")
        return
    # Not counted as a copy: it is the file as it lies in memory.
    found.exif = view.obj if isinstance(view.obj, bytes) else bytes(view)
    for entry in tiff.directory(tiff.first).entries:
        if entry.tag == _XMP:
            found.add_xmp(entry.value)
        elif entry.tag == _IPTC:
            found.add_iptc(entry.value)
        elif entry.tag == _PHOTOSHOP:
            read_resources(entry.value, found)
        elif entry.tag == _C2PA:
            found.add_c2pa("tiff:0xcd41", entry.value)
