"""Easy Diffusion: one PNG text for each parameter, or one JSON object of them in EXIF.

The keys are those of its requests (``use_stable_diffusion_model``), or, by its settings, in words
(``Stable Diffusion model``). Source: ``ui/easydiffusion/utils/save_utils.py`` of Easy Diffusion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.keyed import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText

_NAMES = {
    "model": ("use_stable_diffusion_model", "stable diffusion model"),
    "prompt": ("prompt",),
    "negative_prompt": ("negative_prompt", "negative prompt"),
    "seed": ("seed",),
    "sampler": ("sampler_name", "sampler"),
    "steps": ("num_inference_steps", "steps"),
    "cfg": ("guidance_scale", "guidance scale"),
    "width": ("width",),
    "height": ("height",),
    "loras": ("use_lora_model", "lora model"),
    "inputs": ("init_image", "initial image"),
}
_MARKS = frozenset(_NAMES["model"])
_KEYS = frozenset(key for keys in _NAMES.values() for key in keys)


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation, where the key of its model is among the texts or in an object."""
    chunks = {text.place.removeprefix("png:").casefold(): text for text in texts}
    if chunks.keys() & _MARKS:
        sources = tuple(text for key, text in chunks.items() if key in _KEYS)
        values = {key: text.text for key, text in chunks.items()}
        return generation("Easy Diffusion", sources, values, _NAMES)
    for source in texts:
        if isinstance(source.document, dict):
            document = {str(key).casefold(): value for key, value in source.document.items()}
            if document.keys() & _MARKS:
                return generation("Easy Diffusion", (source,), document, _NAMES)
    return None
