"""The file a camera writes: JPEG with the maker's tables, EXIF and a thumbnail."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from tamis.demo.camera import SAMPLING, CameraUnit, Exposure

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

Base = ExifTags.Base


def camera_exif(
    unit: CameraUnit, exposure: Exposure, taken: datetime, *, orientation: int = 1
) -> Image.Exif:
    """Return the EXIF block of a picture (CIPA DC-008)."""
    model, stamp = unit.model, taken.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[Base.Make] = model.maker
    exif[Base.Model] = f"{model.maker} {model.name}"
    exif[Base.Orientation] = orientation
    exif[Base.XResolution] = IFDRational(72)
    exif[Base.YResolution] = IFDRational(72)
    exif[Base.ResolutionUnit] = 2
    exif[Base.Software] = "Ver.1.04"
    exif[Base.DateTime] = stamp
    exif[Base.YCbCrPositioning] = 2
    width, height = unit.size
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[Base.ExposureTime] = IFDRational(1, max(1, round(1 / exposure.seconds)))
    details[Base.FNumber] = IFDRational(round(model.aperture * 10), 10)
    details[Base.ExposureProgram] = 2
    details[Base.ISOSpeedRatings] = exposure.iso
    details[Base.ExifVersion] = b"0232"
    details[Base.DateTimeOriginal] = stamp
    details[Base.DateTimeDigitized] = stamp
    details[Base.OffsetTimeOriginal] = "+00:00"
    details[Base.ExposureBiasValue] = IFDRational(0, 3)
    details[Base.MeteringMode] = 5
    details[Base.Flash] = 16
    details[Base.FocalLength] = IFDRational(round(model.focal_mm * 10), 10)
    details[Base.ColorSpace] = 1
    details[Base.ExifImageWidth] = width
    details[Base.ExifImageHeight] = height
    details[Base.SensingMethod] = 2
    details[Base.BodySerialNumber] = unit.serial
    details[Base.LensModel] = f"{model.maker} {model.focal_mm:g} mm F{model.aperture:g}"
    return exif


def camera_jpeg(pixels: NDArray[np.uint8], unit: CameraUnit, exif: Image.Exif) -> bytes:
    """Return the file as the camera writes it: no JFIF header, EXIF first, its own tables."""
    picture = Image.fromarray(pixels)
    out = io.BytesIO()
    picture.save(
        out, "JPEG", qtables=list(unit.model.tables()), subsampling=SAMPLING[unit.model.sampling]
    )
    body = out.getvalue()
    jfif_end = 4 + struct.unpack(">H", body[4:6])[0]
    payload = _with_thumbnail(exif.tobytes(), picture)
    segment = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    return body[:2] + segment + body[jfif_end:]


def _with_thumbnail(block: bytes, picture: Image.Image) -> bytes:
    """Return an EXIF block with a second directory that holds a thumbnail.

    Pillow writes the first directory only; the link to the next one stands at its end.
    """
    small = picture.reduce(max(1, picture.width // 160))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    thumbnail = out.getvalue()
    tiff = block.removeprefix(b"Exif\0\0")
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    (entries,) = struct.unpack_from(order + "H", tiff, first)
    link = first + 2 + 12 * entries
    tiff += b"\0" * (len(tiff) % 2)
    start = len(tiff)
    data = start + 2 + 3 * 12 + 4
    directory = struct.pack(order + "H", 3)
    for tag, kind, value in (
        (Base.Compression, 3, 6),
        (Base.JpegIFOffset, 4, data),
        (Base.JpegIFByteCount, 4, len(thumbnail)),
    ):
        number = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
        directory += struct.pack(order + "HHI", tag, kind, 1) + number
    directory += struct.pack(order + "I", 0)
    linked = tiff[:link] + struct.pack(order + "I", start) + tiff[link + 4 :]
    return b"Exif\0\0" + linked + directory + thumbnail
