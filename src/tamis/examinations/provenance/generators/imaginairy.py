"""imaginAIry: EXIF, with the parameters as JSON under ``prompt`` in UserComment.

``Software`` is ``Imaginairy / Stable Diffusion …``, ImageDescription says the same in words.
Source: ``imaginairy/schema.py`` (``ImagineResult.metadata_dict``) of brycedrennan/imaginAIry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.keyed import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText

_NAMES = {
    "model": ("model", "model_weights", "declared_model"),
    "prompt": ("prompt", "prompts"),
    "negative_prompt": ("negative_prompt",),
    "seed": ("seed",),
    "sampler": ("solver_type", "sampler_type"),
    "steps": ("steps",),
    "cfg": ("prompt_strength",),
    "width": ("width",),
    "height": ("height",),
    "size": ("size",),
    "inputs": ("init_image",),
}
_NAME = "imaginairy"


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation, where the software names itself."""
    named = next((text for text in texts if _names_it(text)), None)
    if named is None:
        return None
    values: dict[str, object] = {"declared_model": named.text.partition("/")[2].strip()}
    sources = [named]
    for text in texts:
        inner = text.document.get("prompt") if isinstance(text.document, dict) else None
        if isinstance(inner, dict):
            values |= inner
            sources.append(text)
        elif text.place == "exif:ImageDescription":
            sources.append(text)
    return generation("imaginAIry", tuple(sources), values, _NAMES)


def _names_it(text: EmbeddedText) -> bool:
    return text.place == "exif:Software" and text.text.casefold().startswith(_NAME)
