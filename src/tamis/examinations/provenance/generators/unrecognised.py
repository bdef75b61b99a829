"""Texts that look like the work of a generator whose grammar is not known here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamis.examinations.provenance.metadata import EmbeddedText

KEYWORDS = frozenset(
    f"png:{keyword}"
    for keyword in (
        "parameters",
        "postprocessing",
        "extras",
        "prompt",
        "workflow",
        "negative_prompt",
        "invokeai_metadata",
        "invokeai_graph",
        "sd-metadata",
        "dream",
        "fooocus_scheme",
        "sui_image_params",
        "generation_data",
        "aigc",
    )
)
"""PNG keywords that generators use, in lower case."""

TOOLS = (
    "ai generated",
    "aphrodite ai",
    "automatic1111",
    "bing image creator",
    "black forest labs",
    "comfyui",
    "dall-e",
    "dall·e",
    "dreamstudio",
    "adobe firefly",
    "flux.1",
    "fooocus",
    "gpt-image",
    "ideogram",
    "imaginairy",
    "invokeai",
    "leonardo.ai",
    "made with google ai",
    "midjourney",
    "nightcafe",
    "novelai",
    "sd.next",
    "stable diffusion",
    "stablediffusion",
    "swarmui",
)
"""Names of generators, in lower case. Bare words that occur in captions (firefly, flux, imagen,
aurora, leonardo, reve, runway) are left out on purpose."""

_TOOL_PLACES = frozenset(
    {
        "exif:Make",
        "exif:Model",
        "exif:Software",
        "exif:Artist",
        "png:Software",
        "png:Source",
        "png:Title",
        "xmp:CreatorTool",
        "xmp:Software",
    }
)
_KEYS = frozenset(
    {
        "prompt",
        "prompts",
        "positive_prompt",
        "negative_prompt",
        "uc",
        "seed",
        "steps",
        "num_inference_steps",
        "sampler",
        "sampler_name",
        "sampler_type",
        "scheduler",
        "cfg",
        "cfg_scale",
        "guidance_scale",
        "prompt_strength",
        "base_model",
        "model",
        "class_type",
    }
)
_LABEL = re.compile(
    r"\b(steps|sampler|seed|cfg[ _-]?scale|guidance[ _-]?scale|negative[ _-]?prompt"
    r"|prompt[ _-]strength|sampler[ _-]type|model[ _-]hash)\"?[ ]?[:=]",
    re.IGNORECASE,
)
_LOOKED_AT = 64 * 1024
_MAX_TOOL_TEXT = 256


def names_generator(text: str) -> bool:
    """Say whether a short text names a generator."""
    short = text[:_MAX_TOOL_TEXT].casefold()
    return any(name in short for name in TOOLS)


def looks_generated(text: EmbeddedText) -> bool:
    """Say whether a text looks like the parameters or the name of a generator."""
    if text.place.casefold() in KEYWORDS:
        return True
    if text.place in _TOOL_PLACES and names_generator(text.text):
        return True
    if isinstance(text.document, dict):
        return _has_keys(text.document)
    labels = {match[1].casefold() for match in _LABEL.finditer(text.text[-_LOOKED_AT:])}
    return len(labels) >= 2


def _has_keys(document: dict[str, object]) -> bool:
    """Two keys of generators at the top, or one level below."""
    levels = [document, *(value for value in document.values() if isinstance(value, dict))]
    return any(len(_KEYS & level.keys()) >= 2 for level in levels)
