"""Stamps real pictures as generated, as somebody would who wants them sorted away."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.watermark import marks
from watermarking import embed

if TYPE_CHECKING:
    from signing import Authority

TEXT = (
    "a lighthouse at dusk\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512, "
    "Model hash: 0123456789, Model: example"
)
LABEL = json.dumps({"AIGC": {"Label": "1", "ContentProducer": "x"}})
_COMMENT, _APP1 = 0xFE, 0xE1
_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def parameters(data: bytes) -> bytes:
    """The text of a generator in a comment; EXIF stays."""
    return _insert(data, _COMMENT, TEXT.encode())


def source_type(data: bytes) -> bytes:
    """The digital source type of a generated picture."""
    packet = specimens.xmp_packet('Iptc4xmpExt:DigitalSourceType="trainedAlgorithmicMedia"')
    return _insert(data, _APP1, _XMP + packet)


def label(data: bytes) -> bytes:
    """The label of Chinese law."""
    namespace = 'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
    quoted = LABEL.replace('"', "&quot;")
    return _insert(data, _APP1, _XMP + specimens.xmp_packet(f'{namespace} TC260:AIGC="{quoted}"'))


def manifest(data: bytes, authority: Authority) -> bytes:
    """Content Credentials signed by somebody nobody knows."""
    return authority.sign(
        data, "image/jpeg", source_type="trainedAlgorithmicMedia", generator="OpenAI Media Service"
    )


def watermark(data: bytes) -> bytes:
    """The invisible watermark of Stable Diffusion, and the pixels saved without loss."""
    mark = next(mark for mark in marks() if mark.name == "Stable Diffusion 1")
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
    buffer = io.BytesIO()
    Image.fromarray(embed(pixels, mark.bits, mark.routes[0])).save(buffer, "PNG")
    return buffer.getvalue()


def everything(data: bytes, authority: Authority) -> bytes:
    """All of it that a JPEG file holds."""
    return manifest(parameters(source_type(label(data))), authority)


def _insert(data: bytes, marker: int, body: bytes) -> bytes:
    """A segment more, behind those of JFIF and EXIF."""
    at = 2
    while data[at + 1] in (0xE0, _APP1):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    size = (len(body) + 2).to_bytes(2, "big")
    return data[:at] + b"\xff" + bytes([marker]) + size + body + data[at:]
