"""InvokeAI: JSON of its third generation on, of its second, and the command line of the first.

PNG text ``invokeai_metadata`` (3 and later), ``sd-metadata`` (2) and ``Dream`` (1 and 2), which
reads ``"prompt [negative]" -s 30 -S 42 -W 512 -H 512 -C 7.5 -A k_lms``. Source: ``invokeai/app``
(metadata) and ``ldm/invoke/args.py`` of InvokeAI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tamis.examinations.provenance.evidence import digits, number, whole
from tamis.examinations.provenance.generators.generation import MAX_NAMES, Generation
from tamis.examinations.provenance.generators.keyed import generation, size_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText

_TOOL = "InvokeAI"
_NAMES = {
    "model": ("model",),
    "prompt": ("positive_prompt", "prompt"),
    "negative_prompt": ("negative_prompt",),
    "seed": ("seed",),
    "sampler": ("scheduler", "sampler"),
    "steps": ("steps",),
    "cfg": ("cfg_scale", "guidance"),
    "width": ("width",),
    "height": ("height",),
    "loras": ("loras",),
}
_PICTURES = frozenset({"init_image", "image_name", "init_image_path", "init_img"})
_DREAM = re.compile(r'"(?P<prompt>[^"]*)"(?P<options>(?: +-\S+(?: +[^-\s]\S*)?)+)\s*')
_OPTION = re.compile(r"(?:^| )-(\w)\s*(\S+)")
_NEGATIVE = re.compile(r"\[([^\[\]]*)\]")
_LONGEST_DREAM = 64 * 1024
_MAX_DEPTH = 8


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation of the newest of the forms that is there."""
    by_place = {text.place.casefold(): text for text in texts}
    for place, parse in (
        ("png:invokeai_metadata", _metadata),
        ("png:sd-metadata", _second),
        ("png:dream", _dream),
    ):
        source = by_place.get(place)
        found = parse(source) if source else None
        if found is not None:
            return found
    return None


def _metadata(source: EmbeddedText) -> Generation | None:
    document = source.document
    if not isinstance(document, dict):
        return None
    values = document | {"pictures": list(_pictures(document))}
    return generation(_TOOL, (source,), values, _NAMES | {"inputs": ("pictures",)})


def _second(source: EmbeddedText) -> Generation | None:
    document = source.document
    image = document.get("image") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(image, dict):
        return None
    prompt, negative = _split(text_of(image.get("prompt")))
    values: dict[str, Any] = image | {
        "prompt": prompt,
        "negative_prompt": negative,
        "model": document.get("model_weights") or document.get("model"),
        "model_hash": document.get("model_hash"),
        "pictures": list(_pictures(image)),
    }
    names = _NAMES | {"model_hash": ("model_hash",), "inputs": ("pictures",)}
    return generation(_TOOL, (source,), values, names | {"sampler": ("sampler",)})


def _dream(source: EmbeddedText) -> Generation | None:
    found = _DREAM.fullmatch(source.text.strip()[:_LONGEST_DREAM])
    if found is None:
        return None
    options = dict(_OPTION.findall(found["options"]))
    prompt, negative = _split(found["prompt"])
    return Generation(
        _TOOL,
        (source,),
        prompt=prompt,
        negative_prompt=negative,
        seed=digits(options.get("S")),
        sampler=options.get("A", ""),
        steps=whole(options.get("s")),
        cfg=number(options.get("C")),
        size=size_of(options.get("W"), options.get("H")),
        inputs=tuple(options[key] for key in ("I",) if key in options),
    )


def _split(prompt: str) -> tuple[str, str]:
    """Take what stands in square brackets, the negative prompt of old, out of a prompt."""
    negative = ", ".join(part.strip() for part in _NEGATIVE.findall(prompt))
    return " ".join(_NEGATIVE.sub(" ", prompt).split()), negative


def _pictures(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the names of pictures the generation started from, wherever they stand."""
    if depth > _MAX_DEPTH:
        return
    inner = value.items() if isinstance(value, dict) else ()
    for key, item in inner:
        if key in _PICTURES and isinstance(item, str) and item:
            yield item
        else:
            yield from _pictures(item, depth + 1)
    if isinstance(value, list):
        for item in value[:MAX_NAMES]:
            yield from _pictures(item, depth + 1)
