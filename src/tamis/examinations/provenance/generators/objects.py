"""Generators that write one JSON object of their own: SwarmUI, Draw Things, MediaProvenance.

SwarmUI: ``sui_image_params`` in PNG text ``parameters`` or EXIF UserComment. Draw Things: ``c``,
``uc`` and others in XMP ``exif:UserComment``. MediaProvenance (Replicate): ``description``,
``provider``, ``model`` and ``input``. Sources: ``src/Utils/ImageMetadata.cs`` of SwarmUI; wiki of
Draw Things; zeke/media-provenance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.keyed import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText

_SWARM = {
    "model": ("model",),
    "prompt": ("prompt",),
    "negative_prompt": ("negativeprompt",),
    "seed": ("seed",),
    "sampler": ("sampler", "scheduler"),
    "steps": ("steps",),
    "cfg": ("cfgscale",),
    "width": ("width",),
    "height": ("height",),
    "loras": ("loras",),
    "inputs": ("initimage", "init_image"),
}
_DRAW_THINGS = {
    "model": ("model",),
    "prompt": ("c",),
    "negative_prompt": ("uc",),
    "seed": ("seed",),
    "sampler": ("sampler",),
    "steps": ("steps",),
    "cfg": ("scale",),
    "size": ("size",),
    "loras": ("lora",),
}
_PROVENANCE = {
    "model": ("model",),
    "prompt": ("prompt",),
    "negative_prompt": ("negative_prompt",),
    "seed": ("seed",),
    "steps": ("steps", "num_inference_steps"),
    "cfg": ("guidance_scale", "guidance"),
    "width": ("width",),
    "height": ("height",),
    "inputs": ("image", "input_image", "image_input"),
}


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation the first text of one of these forms declares."""
    for source in texts:
        if isinstance(source.document, dict):
            found = _of(source, source.document)
            if found is not None:
                return found
    return None


def _of(source: EmbeddedText, document: dict[str, object]) -> Generation | None:
    swarm = document.get("sui_image_params")
    if isinstance(swarm, dict):
        return generation("SwarmUI", (source,), swarm, _SWARM)
    if {"c", "uc", "model", "sampler"} <= document.keys():
        return generation("Draw Things", (source,), document, _DRAW_THINGS)
    described = document.get("description")
    if isinstance(described, str) and described.startswith("MediaProvenance"):
        inner = document.get("input")
        values = (inner if isinstance(inner, dict) else {}) | {"model": document.get("model")}
        provider = document.get("provider")
        tool = provider if isinstance(provider, str) and provider else "MediaProvenance"
        return generation(tool, (source,), values, _PROVENANCE)
    return None
