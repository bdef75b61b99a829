"""What becomes of photographs: edits, re-saves, false and true declarations."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from tamis.demo.scenes.field import Array, grid, step
from tamis.demo.synthetic import StandIn, png, user_comment, xmp_packet
from tamis.model.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamis.demo.photographs import Photograph


def _opened(photograph: Photograph) -> Image.Image:
    """The picture of a photograph's file, upright."""
    picture = Image.open(io.BytesIO(photograph.data))
    return ImageOps.exif_transpose(picture)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture in a format of Pillow, without metadata."""
    out = io.BytesIO()
    bare = Image.fromarray(np.asarray(picture))
    bare.save(out, kind, **options)
    return out.getvalue()


def _reduced(picture: Image.Image, part: float) -> Image.Image:
    size = (max(16, round(picture.width * part)), max(16, round(picture.height * part)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _crop(picture: Image.Image, part: float) -> Image.Image:
    across, down = round(picture.width * part), round(picture.height * part)
    return picture.crop((across, down, picture.width - across // 2, picture.height - down // 2))


def resave(photograph: Photograph, quality: int = 68) -> bytes:
    """Return it compressed again, stripped of metadata."""
    return _saved(_opened(photograph), "JPEG", quality=quality)


def resize(photograph: Photograph, part: float = 0.6, quality: int = 82) -> bytes:
    """Return it reduced, as a forum does."""
    return _saved(_reduced(_opened(photograph), part), "JPEG", quality=quality)


def messenger(photograph: Photograph) -> bytes:
    """Return it as a messenger passes it on: reduced, WebP."""
    return _saved(_reduced(_opened(photograph), 0.75), "WEBP", quality=72, method=1)


EDITS: tuple[tuple[str, Callable[[Photograph], bytes]], ...] = (
    ("resaved.jpg", resave),
    ("small.jpg", resize),
    ("tiny.jpg", lambda p: resize(p, 0.3, 75)),
    (
        "turned.jpg",
        lambda p: _saved(_opened(p).transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90),
    ),
    ("mirrored.jpg", lambda p: _saved(ImageOps.mirror(_opened(p)), "JPEG", quality=90)),
    ("grey.jpg", lambda p: _saved(_opened(p).convert("L"), "JPEG", quality=88)),
    ("copy.png", lambda p: png(np.asarray(_opened(p)))),
    ("cropped.jpg", lambda p: _saved(_crop(_opened(p), 0.06), "JPEG", quality=90)),
    ("scan.tif", lambda p: _saved(_reduced(_opened(p), 0.5), "TIFF")),
    ("animation.gif", lambda p: _saved(_reduced(_opened(p), 0.4).quantize(128), "GIF")),
)
"""Edits by the ending of their names."""


def stamped_png(photograph: Photograph, stand_in: StandIn, seed: int) -> bytes:
    """Return a photograph that claims to be generated, by a copied `parameters` text.

    This is the attack called AI-washing: a real recording dressed up to be sorted away.
    """
    return png(np.asarray(_opened(photograph)), {"parameters": stand_in.parameters(seed)})


def stamped_jpeg(photograph: Photograph, stand_in: StandIn, seed: int) -> bytes:
    """Return the same lie as JPEG: the camera's tables stay, its EXIF is replaced."""
    picture = Image.open(io.BytesIO(photograph.data))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality="keep", exif=user_comment(stand_in.parameters(seed)))
    return out.getvalue()


def hybrid(photograph: Photograph, stand_in: StandIn, seed: int) -> bytes:
    """Return a photograph of which a part was replaced and which says so in its XMP."""
    picture = Image.open(io.BytesIO(photograph.data))
    pixels = np.asarray(picture, np.float32)
    height, width = pixels.shape[:2]
    other = Image.fromarray(stand_in.render(seed)).resize((width, height), Image.Resampling.BICUBIC)
    x, y = grid(width, height)
    centre = width / height * 0.3
    mask: Array = step(1.0, 0.8, np.hypot((x - centre) / 0.38, (y - 0.3) / 0.26))
    mixed = pixels + (np.asarray(other, np.float32) - pixels) * mask[..., None]
    out = io.BytesIO()
    Image.fromarray(np.clip(mixed + 0.5, 0, 255).astype(np.uint8)).save(
        out,
        "JPEG",
        quality=93,
        exif=picture.info["exif"],
        xmp=xmp_packet(Origin.COMPOSITE_WITH_TRAINED, "Painted Coast Retouch"),
    )
    return out.getvalue()
