"""Generator metadata: the parameters that image generators write into their files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from tamis.examination import Examination, Example
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.evidence import excerpt
from tamis.examinations.provenance.generators import (
    automatic1111,
    comfyui,
    easydiffusion,
    fooocus,
    imaginairy,
    invokeai,
    novelai,
    objects,
    services,
)
from tamis.examinations.provenance.generators.unrecognised import looks_generated
from tamis.examinations.provenance.metadata import read_metadata, texts
from tamis.model import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText
    from tamis.model import Content

READERS: tuple[Callable[[Sequence[EmbeddedText]], Generation | None], ...] = (
    automatic1111.read,
    comfyui.read,
    invokeai.read,
    novelai.read,
    fooocus.read,
    imaginairy.read,
    easydiffusion.read,
    objects.read,
    services.read,
)
"""One per grammar, those that say most first; each may recognise some of the texts of a file."""

_MAX_TEXTS = 32

_TEXT = """a lighthouse at dusk <lora:harbour:0.8>
Negative prompt: fog
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: 0123456789, \
Model: example, Version: v1.10.1"""

_GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "example.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["1", 1]}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["1", 1]}},
    "4": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
    "5": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 42,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "euler",
            "positive": ["2", 0],
            "negative": ["3", 0],
        },
    },
}
_DRAWING = {"last_node_id": 5, "nodes": [{"id": 1, "type": "CheckpointLoaderSimple"}], "links": []}
_COMMON = {"tool", "places", "texts", "model", "prompt", "negative_prompt", "seed", "sampler"}
_COMMON |= {"steps", "cfg"}


class GeneratorMetadata(Examination):
    """Tool, model, prompt and parameters of a generator, in one shape for all of them."""

    name: ClassVar[str] = "provenance.generator"
    version: ClassVar[str] = "3"
    reference: ClassVar[str] = (
        "The sources of the programs, named in each module of generators/; IPTC Photo Metadata "
        "Standard 2025.1 (AI properties)"
    )
    conditions: ClassVar[str] = (
        "PNG text (also behind the pixels), EXIF of JPEG, PNG, WebP, HEIF, AVIF and TIFF, comments "
        "of JPEG and GIF, XMP. Grammars: docs/examinations.md has the table. What looks like "
        "another generator is kept as generator.unrecognised."
    )
    failures: ClassVar[str] = (
        "Anyone can write such a text into a real photo, so it never lowers a picture by itself. "
        "Any re-save strips it, so absence says nothing. Names of tools are as declared: programs "
        "imitate the grammar of Automatic1111. Prompts of ComfyUI graphs with custom nodes may be "
        "missed; the whole text is kept. Texts hidden in the pixels are not looked for."
    )

    def examine(self, content: Content) -> list[Observation]:
        """Return what the first generator declares, field by field; others in generator.others."""
        found = texts(read_metadata(content))
        if not found:
            return []
        read = [reader(found) for reader in READERS]
        generations = [generation for generation in read if generation is not None]
        used = {source for generation in generations for source in generation.sources}
        observations: list[Observation] = []
        if generations:
            first, *others = generations
            observations += [
                Observation(f"generator.{name}", value) for name, value in first.values().items()
            ]
            if others:
                shapes: list[object] = [generation.values() for generation in others]
                observations.append(Observation("generator.others", shapes))
            sources: list[object] = [
                excerpt(source.place, source.text)
                for generation in generations
                for source in generation.sources
            ]
            observations.append(Observation("generator.texts", sources[:_MAX_TEXTS]))
        rest: list[object] = [
            excerpt(text.place, text.text)
            for text in found
            if text not in used and looks_generated(text)
        ]
        if rest:
            observations.append(Observation("generator.unrecognised", rest[:_MAX_TEXTS]))
        return observations

    @classmethod
    def examples(cls) -> list[Example]:
        """Return each grammar in each container it occurs in."""
        graph, drawing = json.dumps(_GRAPH), json.dumps(_DRAWING)
        parameters = frozenset(
            f"generator.{name}" for name in _COMMON | {"model_hash", "loras", "size"}
        )
        comfyui_names = frozenset(f"generator.{name}" for name in _COMMON | {"workflow", "inputs"})
        comment = specimens.exif(details={0x9286: specimens.user_comment(_TEXT)})
        animation = specimens.exif({0x010F: f"workflow:{drawing}", 0x0110: f"prompt:{graph}"})
        foreign = json.dumps({"prompt": "a lighthouse", "seed": 1, "steps": 20})
        return [
            Example(
                "Automatic1111, PNG",
                lambda: specimens.png_with_text(("parameters", _TEXT)),
                parameters,
            ),
            Example(
                "Automatic1111, text behind the pixels",
                lambda: specimens.png_with_text(("parameters", _TEXT), after_pixels=True),
                parameters,
            ),
            Example("Automatic1111, JPEG", lambda: specimens.jpeg_with_exif(comment), parameters),
            Example("Automatic1111, WebP", lambda: specimens.webp((b"EXIF", comment)), parameters),
            Example(
                "ComfyUI, PNG",
                lambda: specimens.png_with_text(("prompt", graph), ("workflow", drawing)),
                comfyui_names,
            ),
            Example("ComfyUI, WebP", lambda: specimens.webp((b"EXIF", animation)), comfyui_names),
            Example(
                "an unknown generator",
                lambda: specimens.png_with_text(("Comment", foreign)),
                frozenset({"generator.unrecognised"}),
            ),
            Example(
                "a caption that names no parameters",
                lambda: specimens.png_with_text(("Description", "Steps: of the lighthouse")),
                frozenset(),
            ),
        ]
