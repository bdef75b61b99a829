"""The one shape into which the metadata of every generator is brought."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import MAX_TEXT, cut

if TYPE_CHECKING:
    from tamis.examinations.provenance.metadata import EmbeddedText
    from tamis.model.observation import JsonValue

MAX_NAMES = 64
_MAX_NAME = 512
_LONG = frozenset({"prompt", "negative_prompt"})


@dataclass(frozen=True, slots=True)
class Generation:
    """How a picture was generated, as its metadata declares. Empty or None: not declared.

    Args:
        tool: e.g. ``Automatic1111``, ``ComfyUI``.
        sources: the texts this was read from.
        model: name of the checkpoint.
        model_hash: as written by the tool; most write the first 10 digits of the SHA-256.
        loras: names of the fine-tunes applied to the model.
        prompt: what was asked for.
        negative_prompt: what was asked to be left out.
        seed: decimal digits.
        sampler: name of the sampler.
        steps: of the sampler.
        cfg: classifier-free guidance scale.
        size: in pixels, ``WIDTHxHEIGHT``.
        workflow: whether the whole workflow is embedded.
        inputs: names of pictures the generation started from: a real photo may lie beneath.
    """

    tool: str
    sources: tuple[EmbeddedText, ...]
    model: str = ""
    model_hash: str = ""
    loras: tuple[str, ...] = ()
    prompt: str = ""
    negative_prompt: str = ""
    seed: str = ""
    sampler: str = ""
    steps: int | None = None
    cfg: float | None = None
    size: str = ""
    workflow: bool = False
    inputs: tuple[str, ...] = ()

    def values(self) -> dict[str, JsonValue]:
        """Return what is declared, JSON-compatible; `truncated` names the fields that were cut."""
        values: dict[str, JsonValue] = {}
        truncated: list[object] = []
        for field in fields(self):
            value = getattr(self, field.name)
            limit = MAX_TEXT if field.name in _LONG else _MAX_NAME
            if field.name == "sources":
                values["places"] = [cut(text.place, 128) for text in value]
            elif isinstance(value, str) and value:
                values[field.name] = cut(value, limit)
                if len(value) > limit:
                    truncated.append(field.name)
            elif isinstance(value, tuple) and value:
                values[field.name] = [cut(name, limit) for name in value[:MAX_NAMES]]
                if len(value) > MAX_NAMES:
                    truncated.append(field.name)
            elif value is not None and not isinstance(value, (str, tuple)) and value is not False:
                values[field.name] = value
        if truncated:
            values["truncated"] = truncated
        return values
