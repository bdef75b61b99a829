"""The grammar of Automatic1111, which Forge, SD.Next and many others write too.

The prompt; a line ``Negative prompt: …``; a line ``Steps: N, Sampler: …, CFG scale: …, Seed: …``.
It is found in PNG text ``parameters`` and in EXIF UserComment of JPEG, WebP and AVIF.
Source: ``create_infotext`` and ``parse_generation_parameters`` of the web UI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import digits, number, whole
from tamis.examinations.provenance.generators.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText

_MAX_SETTINGS = 64 * 1024
_MAX_ITEMS = 512
_MAX_KEY = 64

_STEPS = "Steps: "
_NEGATIVE = "Negative prompt:"
_KNOWN = frozenset(
    {"sampler", "scheduler", "cfg scale", "seed", "size", "model", "model hash", "version"}
)
_END_OF_VALUE = re.compile(r"[,\n]")
_END_OF_QUOTE = re.compile(r'(?<!\\)"')
_BRACKET = re.compile(r"[\[\]{}]")
_LORA = re.compile(r"<(?:lora|lyco):([^:<>]{1,256})")
_SIZE = re.compile(r"[0-9]{1,6}x[0-9]{1,6}")
_FORGE = re.compile(r"f[0-9]")


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation the first text of this grammar declares."""
    for source in texts:
        generation = _parse(source)
        if generation is not None:
            return generation
    return None


def _parse(source: EmbeddedText) -> Generation | None:
    text = source.text.replace("\r\n", "\n")
    start = text.rfind("\n" + _STEPS) + 1
    if not text.startswith(_STEPS, start):
        return None
    settings = read_settings(text[start : start + _MAX_SETTINGS])
    if whole(settings.get("steps")) is None or len(_KNOWN & settings.keys()) < 2:
        return None
    head = "\n" + text[:start].removesuffix("\n")
    prompt, _, negative = head.partition("\n" + _NEGATIVE)
    names = [match[1] for match in _LORA.finditer(prompt)]
    names += [name.strip() for name in _named_hashes(settings.get("lora hashes", ""))]
    size = settings.get("size", "")
    return Generation(
        tool=_tool(settings),
        sources=(source,),
        model=settings.get("model", ""),
        model_hash=settings.get("model hash", ""),
        loras=tuple(dict.fromkeys(filter(None, names))),
        prompt=prompt.strip(),
        negative_prompt=negative.strip(),
        seed=digits(settings.get("seed")),
        sampler=settings.get("sampler") or settings.get("scheduler", ""),
        steps=whole(settings.get("steps")),
        cfg=number(settings.get("cfg scale")),
        size=size if _SIZE.fullmatch(size) else "",
    )


def read_settings(line: str) -> dict[str, str]:
    """Return the settings by their name in lower case; the first of a name counts.

    A value may be quoted or be JSON, and hold commas then. One pass, whatever the text.
    """
    settings: dict[str, str] = {}
    position = 0
    for _ in range(_MAX_ITEMS):
        colon = line.find(":", position)
        if colon < 0:
            break
        key = line[position:colon].rpartition("\n")[2].strip(" ,").casefold()
        start = colon + 1
        while line.startswith(" ", start):
            start += 1
        end = _end_of_value(line, start)
        if 0 < len(key) <= _MAX_KEY:
            settings.setdefault(key, _unquoted(line[start:end].strip()))
        position = end + 1
    return settings


def _end_of_value(line: str, start: int) -> int:
    if line.startswith('"', start):
        closing = _END_OF_QUOTE.search(line, start + 1)
        if closing is None:
            return len(line)
        start = closing.end()
    elif line.startswith(("[", "{"), start):
        depth = 0
        for bracket in _BRACKET.finditer(line, start):
            depth += 1 if bracket[0] in "[{" else -1
            if depth == 0:
                start = bracket.end()
                break
        else:
            return len(line)
    end = _END_OF_VALUE.search(line, start)
    return end.start() if end else len(line)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value


def _named_hashes(value: str) -> list[str]:
    """Return the names of ``name: hash, name: hash``."""
    return [item.partition(":")[0] for item in value.split(",")]


def _tool(settings: dict[str, str]) -> str:
    version = settings.get("version", "")
    if settings.get("app") == "SD.Next":
        return "SD.Next"
    for name in ("ComfyUI", "Fooocus"):
        if version.startswith(name):
            return name
    return "Forge" if _FORGE.match(version) else "Automatic1111"
