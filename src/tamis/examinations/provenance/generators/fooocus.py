"""Fooocus and its relatives FooocusMRE and RuinedFooocus: one JSON object.

PNG text ``parameters`` beside ``fooocus_scheme``; in JPEG and WebP the EXIF UserComment; in older
ones the comment. With the scheme ``a1111`` it writes the grammar of Automatic1111, which is read
there. Source: ``modules/meta_parser.py`` and ``modules/private_logger.py`` of Fooocus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.keyed import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText

_NAMES = {
    "model": ("base_model", "base_model_name"),
    "model_hash": ("base_model_hash",),
    "prompt": ("prompt", "Prompt"),
    "negative_prompt": ("negative_prompt", "Negative"),
    "seed": ("seed",),
    "sampler": ("sampler", "sampler_name"),
    "steps": ("steps",),
    "cfg": ("guidance_scale", "cfg", "cfg_scale"),
    "width": ("width",),
    "height": ("height",),
    "size": ("resolution",),
    "loras": ("loras",),
}


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation the first text of this form declares."""
    for source in texts:
        document = source.document
        tool = _tool(document) if isinstance(document, dict) else ""
        if tool and isinstance(document, dict):
            marks = tuple(text for text in texts if _is_mark(text))
            return generation(tool, (source, *marks), document, _NAMES)
    return None


def _is_mark(text: EmbeddedText) -> bool:
    """The name of the scheme, or of the program."""
    return text.place == "png:fooocus_scheme" or (
        text.place == "exif:Software" and "ooocus" in text.text
    )


def _tool(document: dict[str, object]) -> str:
    said = f"{document.get('software', '')} {document.get('version', '')}"
    for name in ("RuinedFooocus", "Fooocus-MRE", "FooocusMRE"):
        if name in said:
            return name.replace("-", "")
    if said.strip().startswith("Fooocus") or document.get("metadata_scheme") == "fooocus":
        return "Fooocus"
    if {"base_model_name", "Prompt", "Negative"} <= document.keys():
        return "RuinedFooocus"
    if {"base_model", "refiner_model", "sharpness"} <= document.keys():
        return "Fooocus"
    return ""
