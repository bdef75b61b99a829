"""Generator metadata: the parameters that image generators write into their files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from tamis.examination import OF_CONTAINERS, Examination, Example
from tamis.examinations.provenance import signature, specimens
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
from tamis.examinations.provenance.metadata import is_hidden, read_metadata, texts
from tamis.model import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText
    from tamis.examinations.provenance.signature import Signer
    from tamis.model import Content, MediaKind

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
_MAX_ROUNDS = 8

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
_SIGNED = json.dumps({"uc": "fog", "sampler": "k_euler", "steps": 28, "signed_hash": "AAAA"})
_OF_NOVELAI = {"tool", "places", "texts", "negative_prompt", "sampler", "steps"}


class GeneratorMetadata(Examination):
    """Tool, model, prompt and parameters of a generator, in one shape for all of them."""

    name: ClassVar[str] = "provenance.generator"
    kinds: ClassVar[frozenset[MediaKind]] = OF_CONTAINERS
    version: ClassVar[str] = "4"
    reference: ClassVar[str] = (
        "The sources of the programs, named in each module of generators/; IPTC Photo Metadata "
        "Standard 2025.1 (AI properties)"
    )
    conditions: ClassVar[str] = (
        "PNG text (also behind the pixels), EXIF of JPEG, PNG, WebP, HEIF, AVIF and TIFF, comments "
        "of JPEG and GIF, XMP. Grammars: docs/examinations.md has the table. What looks like "
        "another generator is kept as generator.unrecognised. Texts hidden in the lowest bits of "
        "the pixels, and signatures over them: lossless files (PNG, BMP, WebP, TIFF), 8 bits to a "
        "sample, in RGB, RGBA or grey with alpha, of up to 16 million pixels."
    )
    failures: ClassVar[str] = (
        "Anyone can write such a text into a real photo, so it never lowers a picture by itself. "
        "Any re-save strips it, so absence says nothing. Names of tools are as declared: programs "
        "imitate the grammar of Automatic1111. Prompts of ComfyUI graphs with custom nodes may be "
        "missed; the whole text is kept. A text hidden in the pixels ends with the first change of "
        "size or conversion to JPEG. A valid signature cannot be forged without the key of the "
        "service; but services also alter photos they are given, and sign those."
    )

    def __init__(self, signers: Sequence[Signer] | None = None) -> None:
        self._signers = signature.signers() if signers is None else signers

    def examine(self, content: Content) -> list[Observation]:
        """Return what the first generator declares, field by field; others in generator.others."""
        metadata = read_metadata(content)
        found = texts(metadata)
        generations = _generations(found)
        observations = _declared(generations)
        if metadata.stealth:
            places: list[object] = [hidden.place for hidden in metadata.stealth]
            observations.append(Observation("generator.hidden", places))
        checked = signature.check(found, content, self._signers)
        if checked is not None:
            observations.append(Observation("generator.signature", checked.state))
            if checked.signer:
                observations.append(Observation("generator.signer", checked.signer))
        rest = _unrecognised(found, generations)
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
            Example(
                "ComfyUI, MP4",
                lambda: specimens.mp4(
                    ("comment", json.dumps({"prompt": graph, "workflow": drawing}))
                ),
                comfyui_names,
            ),
            Example("ComfyUI, WebP", lambda: specimens.webp((b"EXIF", animation)), comfyui_names),
            Example(
                "Automatic1111, hidden in alpha",
                lambda: specimens.png_with_hidden_text(_TEXT, in_alpha=True),
                parameters | {"generator.hidden"},
            ),
            Example(
                "Automatic1111, hidden in the colours and compressed",
                lambda: specimens.png_with_hidden_text(_TEXT, in_alpha=False, compressed=True),
                parameters | {"generator.hidden"},
            ),
            Example(
                "NovelAI, with a signature that is not its own",
                lambda: specimens.png_with_text(("Software", "NovelAI"), ("Comment", _SIGNED)),
                frozenset(f"generator.{name}" for name in _OF_NOVELAI | {"signature"}),
            ),
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


def _generations(found: Sequence[EmbeddedText]) -> list[Generation]:
    """Every generation declared, each once.

    A reader takes one text of a kind. What it left is read again: a second text of the same name
    must not hide that the first one tells of a photograph.
    """
    generations: list[Generation] = []
    left = list(found)
    for _ in range(_MAX_ROUNDS):
        read = [reader(left) for reader in READERS] if left else []
        new = [generation for generation in read if generation is not None]
        if not new:
            break
        generations += new
        used = {source for generation in new for source in generation.sources}
        left = [text for text in left if text not in used]
    if len(generations) < 2:
        return generations
    told: dict[str, Generation] = {}
    for generation in generations:
        values = generation.values()
        values.pop("places")
        told.setdefault(json.dumps(values, sort_keys=True), generation)
    return list(told.values())


def _declared(generations: Sequence[Generation]) -> list[Observation]:
    """Return the fields of the first generation, the others, and the texts all were read from."""
    if not generations:
        return []
    first, *others = generations
    observations = [
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
    return observations


def _unrecognised(found: Sequence[EmbeddedText], generations: Sequence[Generation]) -> list[object]:
    """Return the texts that look like another generator; of hidden ones all but mere copies."""
    used = {source for generation in generations for source in generation.sources}
    read = {source.text for source in used}
    return [
        excerpt(text.place, text.text)
        for text in found
        if text not in used
        and (text.text not in read if is_hidden(text) else looks_generated(text))
    ]
