"""Stand-ins for generated pictures: no model made them, and none is in here.

They are rendered scenes that never saw a camera (no sensor, no colour filter array), smoothed like
a painting and enlarged by a step that leaves the periodic trace of transposed convolutions (Odena,
Dumoulin, Olah, *Deconvolution and checkerboard artifacts*, Distill, 2016). What they carry as
metadata has the form that the named programs write; models, prompts and seeds are invented.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from tamis.demo.scene import SCENES
from tamis.demo.scenes.field import Array, blur, step, stream
from tamis.model.origin import IPTC_BASE, Origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL = "paintedCoast_v2"
"""An invented checkpoint."""


class Declaration(StrEnum):
    """What a stand-in says of itself."""

    AUTOMATIC1111 = "automatic1111"
    AUTOMATIC1111_JPEG = "automatic1111-jpeg"
    COMFYUI = "comfyui"
    IPTC_JPEG = "iptc-jpeg"
    IPTC_WEBP = "iptc-webp"
    NONE_JPEG = "none-jpeg"
    NONE_PNG = "none-png"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in for a generated picture.

    Args:
        scene: name of the scene.
        variant: of the scene.
        width: in pixels, even.
        height: likewise.
    """

    scene: str
    variant: int
    width: int
    height: int

    def prompt(self) -> str:
        """Return the words such a picture would have been asked for with."""
        return f"{SCENES[self.scene].title}, highly detailed, soft light, 8k"

    def number(self, seed: int) -> int:
        """Return the seed such a picture would have been made with."""
        return crc32(f"{seed} {self.scene} {self.variant}".encode())

    def render(self, seed: int) -> NDArray[np.uint8]:
        """Return its pixels, 8-bit sRGB (h, w, 3)."""
        small = SCENES[self.scene].render(
            seed, self.width // 2, self.height // 2, variant=self.variant
        )
        return _enlarged(_painted(small), seed, self.number(seed))

    def parameters(self, seed: int) -> str:
        """Return the text that AUTOMATIC1111's web UI writes."""
        return (
            f"{self.prompt()}\n"
            "Negative prompt: blurry, lowres, watermark, text\n"
            f"Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, "
            f"Seed: {self.number(seed)}, Size: {self.width}x{self.height}, "
            f"Model hash: {crc32(MODEL.encode()):08x}f1, Model: {MODEL}, Version: v1.10.1"
        )


def _painted(scene: Array) -> Array:
    """Return the encoded picture without fine detail, flat parts flatter, colours stronger."""
    x = np.clip(scene, 0, None)
    x = x / (1 + 0.25 * x**2) * 1.12
    encoded = np.clip(x, 0, 1) ** np.float32(1 / 2.2)
    soft = blur(encoded, 2.5)
    detail = encoded - soft
    strength = np.abs(detail).mean(axis=2, keepdims=True)
    painted = soft + detail * step(0.006, 0.045, strength)
    grey = painted.mean(axis=2, keepdims=True)
    result: Array = np.clip(grey + (painted - grey) * np.float32(1.18), 0, 1)
    return result


def _enlarged(small: Array, seed: int, number: int) -> NDArray[np.uint8]:
    """Enlarge twice; the four phases are weighed a little unequally, as a trained kernel does."""
    height, width = small.shape[:2]
    rng = stream(seed, "enlarged", str(number))
    p = np.pad(small, ((1, 1), (1, 1), (0, 0)), mode="edge")
    centre = p[1:-1, 1:-1]
    out = np.empty((2 * height, 2 * width, 3), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            beside = p[1:-1, 2 * right : 2 * right + width]
            above = p[2 * down : 2 * down + height, 1:-1]
            corner = p[2 * down : 2 * down + height, 2 * right : 2 * right + width]
            gain, own = 1 + rng.normal(0, 0.006), 9 + rng.normal(0, 1.5)
            mean = np.float32(own) * centre + 3 * (beside + above) + corner
            out[down::2, right::2] = mean * np.float32(gain / (own + 7))
    return np.clip(out * 255 + np.float32(0.5), 0, 255).astype(np.uint8)


def xmp_packet(source_type: Origin, tool: str) -> bytes:
    """Return an XMP packet that declares an IPTC digital source type."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmp:CreatorTool="{tool}"'
        f' Iptc4xmpExt:DigitalSourceType="{IPTC_BASE}{source_type}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _comfyui(stand_in: StandIn, seed: int) -> tuple[str, str]:
    """Return the prompt and the workflow that ComfyUI embeds, as JSON."""
    size = {"width": stand_in.width, "height": stand_in.height, "batch_size": 1}
    sampler = {
        "seed": stand_in.number(seed), "steps": 24, "cfg": 6.5, "sampler_name": "dpmpp_2m",
        "scheduler": "karras", "denoise": 1.0, "model": ["4", 0], "positive": ["6", 0],
        "negative": ["7", 0], "latent_image": ["5", 0],
    }  # fmt: skip
    graph: dict[str, tuple[str, dict[str, object]]] = {
        "3": ("KSampler", sampler),
        "4": ("CheckpointLoaderSimple", {"ckpt_name": f"{MODEL}.safetensors"}),
        "5": ("EmptyLatentImage", {**size}),
        "6": ("CLIPTextEncode", {"text": stand_in.prompt(), "clip": ["4", 1]}),
        "7": ("CLIPTextEncode", {"text": "blurry, text, watermark", "clip": ["4", 1]}),
        "8": ("VAEDecode", {"samples": ["3", 0], "vae": ["4", 2]}),
        "9": ("SaveImage", {"filename_prefix": "ComfyUI", "images": ["8", 0]}),
    }
    prompt = {key: {"inputs": inputs, "class_type": node} for key, (node, inputs) in graph.items()}
    nodes = [
        {"id": int(key), "type": node, "pos": [120 * i, 80], "order": i, "mode": 0}
        for i, (key, (node, _)) in enumerate(graph.items())
    ]
    workflow = {
        "last_node_id": 9, "last_link_id": 0, "nodes": nodes, "links": [], "groups": [],
        "config": {}, "extra": {}, "version": 0.4,
    }  # fmt: skip
    return json.dumps(prompt), json.dumps(workflow)


def user_comment(text: str) -> bytes:
    """Return an EXIF block whose UserComment is `text`, as web UIs write it into JPEG files."""
    exif = Image.Exif()
    comment = b"UNICODE\0" + text.encode("utf-16-be")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return exif.tobytes()


def png(pixels: NDArray[np.uint8], texts: dict[str, str] | None = None) -> bytes:
    """Return a PNG file with text chunks."""
    info = PngImagePlugin.PngInfo()
    for key, text in (texts or {}).items():
        info.add_text(key, text)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", pnginfo=info, compress_level=1)
    return out.getvalue()


def encode(stand_in: StandIn, seed: int, declaration: Declaration) -> tuple[bytes, str]:
    """Return the file of a stand-in, and the extension of its name."""
    pixels = stand_in.render(seed)
    packet = xmp_packet(Origin.TRAINED_ALGORITHMIC_MEDIA, "Painted Coast Studio")
    match declaration:
        case Declaration.AUTOMATIC1111:
            return png(pixels, {"parameters": stand_in.parameters(seed)}), "png"
        case Declaration.COMFYUI:
            prompt, workflow = _comfyui(stand_in, seed)
            return png(pixels, {"prompt": prompt, "workflow": workflow}), "png"
        case Declaration.NONE_PNG:
            return png(pixels), "png"
        case _:
            pass
    out = io.BytesIO()
    picture = Image.fromarray(pixels)
    match declaration:
        case Declaration.IPTC_WEBP:
            picture.save(out, "WEBP", quality=88, method=1, xmp=packet)
            return out.getvalue(), "webp"
        case Declaration.IPTC_JPEG:
            picture.save(out, "JPEG", quality=92, xmp=packet)
        case Declaration.AUTOMATIC1111_JPEG:
            text = user_comment(stand_in.parameters(seed))
            picture.save(out, "JPEG", quality=90, exif=text)
        case _:
            picture.save(out, "JPEG", quality=90)
    return out.getvalue(), "jpg"
