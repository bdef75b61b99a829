"""Bringing a JSON object of parameters into the one shape, by the names a tool uses for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import digits, number, whole
from tamis.examinations.provenance.generators.generation import MAX_NAMES, Generation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText

_MAX_DEPTH = 6
_NAME_KEYS = ("name", "model_name", "lora_name", "model", "lora", "image_name", "file", "image")


def generation(
    tool: str,
    sources: tuple[EmbeddedText, ...],
    values: Mapping[str, object],
    names: Mapping[str, Sequence[str]],
) -> Generation:
    """Return the generation that an object of parameters declares.

    Args:
        tool: that wrote it.
        sources: the texts it was read from.
        values: the object.
        names: field of `Generation` to the keys it may stand under; the first that says something
            counts.
    """

    def value(field: str) -> object:
        stated = (values.get(key) for key in names.get(field, ()))
        return next((found for found in stated if found not in (None, "", [], {})), None)

    return Generation(
        tool=tool,
        sources=sources,
        model=name_of(value("model")),
        model_hash=text_of(value("model_hash")),
        loras=tuple(dict.fromkeys(names_of(value("loras")))),
        prompt=text_of(value("prompt")),
        negative_prompt=text_of(value("negative_prompt")),
        seed=digits(value("seed")),
        sampler=text_of(value("sampler")),
        steps=whole(value("steps")),
        cfg=number(value("cfg")),
        size=size_of(value("width"), value("height")) or size_of(*_pair(value("size"))),
        inputs=tuple(name for name in names_of(value("inputs")) if name not in ("None", "null")),
    )


def text_of(value: object) -> str:
    """The text a value is: itself, or the parts of a weighted prompt joined by commas.

    Weighted prompts are lists of texts, of ``{"prompt" or "text": …, "weight": …}`` or of
    ``[weight, text]``.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    parts = [_part(item) for item in value[:MAX_NAMES]]
    return ", ".join(part for part in parts if part)


def _part(item: object) -> str:
    if isinstance(item, dict):
        item = item.get("text", item.get("prompt"))
    elif isinstance(item, list) and len(item) == 2:
        item = item[1]
    return item if isinstance(item, str) else ""


def name_of(value: object) -> str:
    """The name of a model: itself, or what an object or the first of a list says."""
    for _ in range(_MAX_DEPTH):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = next((value[key] for key in _NAME_KEYS if value.get(key)), None)
        else:
            break
    return value if isinstance(value, str) else ""


def names_of(value: object) -> list[str]:
    """The names in a list of names, or of objects or lists that begin with one; empty ones left."""
    items: Iterable[object] = value if isinstance(value, list) else [value]
    return [name for item in list(items)[: MAX_NAMES + 1] if (name := name_of(item))]


def size_of(width: object, height: object) -> str:
    """``WIDTHxHEIGHT`` in pixels; empty where either is no whole number above zero."""
    across, down = whole(width), whole(height)
    return f"{across}x{down}" if across and down else ""


def _pair(value: object) -> tuple[object, object]:
    """Two numbers of ``[w, h]``, ``"wxh"`` or ``"(w, h)"``."""
    if isinstance(value, str):
        value = value.strip("() ").replace("x", ",").split(",")
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1]
    return None, None
