"""What somebody does to a file so that it is looked at later, or not at all.

Each attack takes the bytes of a real photograph (JPEG) and returns a file and the ending of its
name. `DECLARATIONS` leave every pixel as it is and only say something more; `REPLACED` take away
what the camera said as well; `PIXELS` change pixels; `CONTROL` is what all that are saved again
are to be held against. `camera` and `plain` are for synthetic pictures.
"""

from __future__ import annotations

import io
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import stamping  # noqa: E402 - the product stamps nothing, only the tests do
from signing import Authority  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    Attack = Callable[[bytes], tuple[bytes, str]]

_SOS, _EXIF = 0xDA, b"Exif\0\0"
_COMMENT = 0x9286
QUALITY = 92
SCREEN = (1080, 2340)
REGION = 256


def opened(data: bytes) -> Image.Image:
    """The picture upright, without metadata."""
    with Image.open(io.BytesIO(data)) as image:
        turned = ImageOps.exif_transpose(image).convert("RGB")
    return Image.fromarray(np.asarray(turned))


def jpeg(image: Image.Image, quality: int = QUALITY, exif: bytes = b"") -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return out.getvalue()


def segments(data: bytes) -> tuple[list[bytes], bytes]:
    """The segments of a JPEG file before its first scan, and the rest."""
    found, at = [], 2
    while data[at + 1] != _SOS:
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at : at + size])
        at += size
    return found, data[at:]


def _metadata(segment: bytes) -> bool:
    """Whether a segment says something that is not needed to decode."""
    return (0xE1 <= segment[1] <= 0xEF and segment[1] != 0xEE) or segment[1] == 0xFE


def stripped(data: bytes) -> bytes:
    """Without metadata; the compressed picture stays as it is."""
    found, rest = segments(data)
    return b"\xff\xd8" + b"".join(each for each in found if not _metadata(each)) + rest


def exif_segment(data: bytes) -> bytes:
    """The EXIF segment of a file, empty where it has none."""
    found = (each for each in segments(data)[0] if each[4:10] == _EXIF)
    return next(found, b"")


def with_segment(data: bytes, segment: bytes) -> bytes:
    return data[:2] + segment + data[2:]


def user_comment(data: bytes) -> bytes:
    """The text of a generator as EXIF UserComment, where the camera's EXIF was."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[_COMMENT] = b"UNICODE\0" + stamping.TEXT.encode("utf-16-be")
    body = exif.tobytes()
    body = body if body.startswith(_EXIF) else _EXIF + body
    return with_segment(stripped(data), b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body)


def png(data: bytes) -> bytes:
    """The pixels saved without loss, with the chunk in which generators write their settings."""
    text, out = PngInfo(), io.BytesIO()
    text.add_text("parameters", stamping.TEXT)
    opened(data).save(out, "PNG", pnginfo=text)
    return out.getvalue()


def upscaled(data: bytes) -> bytes:
    image = opened(data)
    return jpeg(image.resize((2 * image.width, 2 * image.height), Image.Resampling.LANCZOS))


def screenshot(data: bytes) -> bytes:
    """A telephone that shows the picture on black, below a line of status, above a row of keys."""
    screen = Image.new("RGB", SCREEN, "#000000")
    shown = ImageOps.contain(opened(data), (SCREEN[0], SCREEN[1] - 400), Image.Resampling.BILINEAR)
    screen.paste(shown, (0, (SCREEN[1] - shown.height) // 2))
    draw = ImageDraw.Draw(screen)
    draw.text((48, 32), "12:04", "#ffffff", font_size=44)
    draw.rectangle((940, 40, 1030, 76), outline="#ffffff", width=4)
    for number in range(4):
        left = 120 + 230 * number
        draw.ellipse((left, SCREEN[1] - 170, left + 90, SCREEN[1] - 80), outline="#dddddd", width=6)
    out = io.BytesIO()
    screen.save(out, "PNG")
    return out.getvalue()


def touched_up(data: bytes, weights: Path) -> bytes:
    """The middle through an autoencoder of a generator, blended in at its border; EXIF stays."""
    import torch

    from tamis.training.autoencoder import decoder, encoder

    image = opened(data)
    side = min(REGION, *(length // 8 * 8 for length in image.size))
    left, top = (image.width - side) // 16 * 8, (image.height - side) // 16 * 8
    box = (left, top, left + side, top + side)
    region = np.asarray(image.crop(box), np.float32) / 255
    with torch.no_grad():
        batch = torch.from_numpy(region).permute(2, 0, 1)[None]
        back = decoder(weights)(encoder(weights)(batch))[0].permute(1, 2, 0).clamp(0, 1)
    made = Image.fromarray(np.rint(back.numpy() * 255).astype(np.uint8))
    mask = Image.new("L", made.size, 0)
    mask.paste(255, (16, 16, side - 16, side - 16))
    image.paste(made, box[:2], mask.filter(ImageFilter.GaussianBlur(8)))
    body = exif_segment(data)[4:]
    return jpeg(image, 95, body)


def camera(data: bytes, exif: bytes) -> bytes:
    """A synthetic picture as JPEG with the EXIF segment of a photograph."""
    return with_segment(jpeg(opened(data), 95), exif)


def plain(data: bytes) -> bytes:
    """The same without."""
    return jpeg(opened(data), 95)


def _as(change: Callable[[bytes], bytes], ending: str) -> Attack:
    return lambda data: (change(data), ending)


_STRANGER = Authority("Somebody")
DECLARATIONS: dict[str, Attack] = {
    "generator's text in a comment": _as(stamping.parameters, ".jpg"),
    "IPTC source type": _as(stamping.source_type, ".jpg"),
    "AIGC label": _as(stamping.label, ".jpg"),
    "self-signed C2PA manifest": _as(partial(stamping.manifest, authority=_STRANGER), ".jpg"),
    "all four": _as(partial(stamping.everything, authority=_STRANGER), ".jpg"),
}
REPLACED: dict[str, Attack] = {
    "metadata stripped": _as(stripped, ".jpg"),
    "UserComment for the camera's EXIF": _as(user_comment, ".jpg"),
    "PNG with `parameters`, no EXIF": _as(png, ".png"),
}
PIXELS: dict[str, Attack] = {
    "watermark of Stable Diffusion, PNG, no EXIF": _as(stamping.watermark, ".png"),
    "upscaled 2x (Lanczos), no EXIF": _as(upscaled, ".jpg"),
    "screenshot, no EXIF": _as(screenshot, ".png"),
}
CONTROL: dict[str, Attack] = {
    "saved again (JPEG 92), no EXIF": _as(lambda data: jpeg(opened(data)), ".jpg")
}
