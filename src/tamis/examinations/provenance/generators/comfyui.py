"""ComfyUI: the graph it executed (``prompt``) and the graph as drawn (``workflow``), both JSON.

They are found in PNG text, in EXIF Make (``workflow:{…}``) and Model (``prompt:{…}``) of WebP, and
together in EXIF UserComment. Custom nodes may do anything, so names and texts are looked for by the
names of the inputs, and the JSON itself is kept. Source: ``nodes.py`` and
``comfy_extras/nodes_images.py`` of ComfyUI.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tamis.examinations.provenance.evidence import digits, number, parse_json, whole
from tamis.examinations.provenance.generators.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText

_Nodes = dict[str, dict[str, Any]]

_MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name")
_TEXT_INPUTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "string", "value", "prompt")
_LINKS = ("conditioning", "conditioning_1", "conditioning_2", "guider", *_TEXT_INPUTS)
_MODEL_SUFFIXES = (".safetensors", ".ckpt", ".gguf", ".sft", ".pt")


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation that the graphs found in `texts` declare."""
    nodes: _Nodes = {}
    drawn: list[dict[str, Any]] = []
    pictures: list[str] = []
    sources = []
    for source in texts:
        graphs = list(_graphs(source.document))
        for graph in graphs:
            if "nodes" in graph:
                drawn.extend(node for node in graph["nodes"] if isinstance(node, dict))
            else:
                executed = {key: node for key, node in graph.items() if _is_node(node)}
                nodes |= executed
                pictures += _pictures(executed)  # of every graph: nodes of two share numbers
        if graphs:
            sources.append(source)
    if not sources:
        return None
    if nodes:
        made = _from_nodes(nodes, tuple(sources), workflow=bool(drawn))
        return replace(made, inputs=tuple(dict.fromkeys(pictures)))
    return _from_drawing(drawn, tuple(sources))


def _graphs(document: object) -> Iterator[dict[str, Any]]:
    """Yield the graphs a JSON document is, or holds under ``prompt`` and ``workflow``."""
    if not isinstance(document, dict):
        return
    if _is_graph(document):
        yield document
        return
    for key in ("prompt", "workflow"):
        inner = document.get(key)
        if isinstance(inner, str):
            inner = parse_json(inner)
        if isinstance(inner, dict) and _is_graph(inner):
            yield inner


def _is_graph(document: dict[str, Any]) -> bool:
    nodes = document.get("nodes")
    if isinstance(nodes, list):
        return "links" in document or "last_node_id" in document
    return any(_is_node(node) for node in document.values())


def _is_node(node: object) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


def _from_nodes(nodes: _Nodes, sources: tuple[EmbeddedText, ...], *, workflow: bool) -> Generation:
    positive, negative = _prompts(nodes)
    latents = {key: node for key, node in nodes.items() if "Latent" in node["class_type"]}
    width, height = (whole(_first(latents, (key,))) for key in ("width", "height"))
    return Generation(
        tool="ComfyUI",
        sources=sources,
        model=_text(_first(nodes, _MODEL_INPUTS)),
        loras=tuple(dict.fromkeys(_strings(nodes, "lora_name"))),
        prompt=positive,
        negative_prompt=negative,
        seed=digits(_first(nodes, ("seed", "noise_seed"))),
        sampler=_text(_first(nodes, ("sampler_name",))),
        steps=whole(_first(nodes, ("steps",))),
        cfg=number(_first(nodes, ("cfg", "guidance"))),
        size=f"{width}x{height}" if width and height else "",
        workflow=workflow,
    )


def _pictures(nodes: _Nodes) -> list[str]:
    """The names of the pictures a graph loads."""
    loaded = (node for node in nodes.values() if "LoadImage" in node["class_type"])
    return [name for node in loaded if (name := _text(node["inputs"].get("image")))]


def _first(nodes: _Nodes, names: tuple[str, ...]) -> object | None:
    """Return the first input of one of these names that is a value, not a link to another node."""
    for name in names:
        for node in nodes.values():
            value = node["inputs"].get(name)
            if isinstance(value, (str, int, float)):
                return value
    return None


def _strings(nodes: _Nodes, name: str) -> Iterator[str]:
    for node in nodes.values():
        value = node["inputs"].get(name)
        if isinstance(value, str) and value:
            yield value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _prompts(nodes: _Nodes) -> tuple[str, str]:
    """Return the texts that reach a sampler as positive and as negative conditioning.

    A node that passes both sides on names them as the sampler does, so each is a start of its own.
    """
    found = {}
    for side in ("positive", "negative"):
        starts = [node["inputs"][side] for node in nodes.values() if side in node["inputs"]]
        if not starts and side == "positive":
            starts = [
                node["inputs"][name]
                for node in nodes.values()
                for name in ("conditioning", "guider")
                if name in node["inputs"]
            ]
        found[side] = _texts_behind(nodes, starts)
    if not found["positive"]:
        encoders = [node for node in nodes.values() if "TextEncode" in node["class_type"]]
        seen = (text for node in encoders for text in _own_texts(node["inputs"]))
        found["positive"] = [text for text in dict.fromkeys(seen) if text not in found["negative"]]
    return "\n".join(found["positive"]), "\n".join(found["negative"])


def _texts_behind(nodes: _Nodes, starts: list[object]) -> list[str]:
    """Follow the links back from `starts` to the texts; each node is looked at once."""
    queue = deque(starts)
    visited: set[str] = set()
    texts: dict[str, None] = {}
    while queue:
        link = queue.popleft()
        if not isinstance(link, list) or not link or str(link[0]) in visited:
            continue
        visited.add(str(link[0]))
        node = nodes.get(str(link[0]))
        if node is None:
            continue
        inputs = node["inputs"]
        texts |= dict.fromkeys(_own_texts(inputs))
        queue.extend(inputs[name] for name in _LINKS if name in inputs)
    return list(texts)


def _own_texts(inputs: dict[str, Any]) -> Iterator[str]:
    for name in _TEXT_INPUTS:
        value = inputs.get(name)
        if isinstance(value, str) and value.strip():
            yield value.strip()


def _from_drawing(drawn: list[dict[str, Any]], sources: tuple[EmbeddedText, ...]) -> Generation:
    """Read what a drawing tells without its graph: widgets have values, but no names."""
    prompts, models, loras, inputs = [], [], [], []
    for node in drawn:
        kind, widgets = node.get("type"), node.get("widgets_values")
        if not isinstance(kind, str) or not isinstance(widgets, list):
            continue
        words = [value for value in widgets if isinstance(value, str) and value.strip()]
        names = [word for word in words if word.endswith(_MODEL_SUFFIXES)]
        if "TextEncode" in kind:
            prompts += words[:1]
        elif "LoadImage" in kind:
            inputs += words[:1]
        elif "Lora" in kind:
            loras += names
        elif "Checkpoint" in kind or "UNET" in kind or "Unet" in kind:
            models += names
    return Generation(
        tool="ComfyUI",
        sources=sources,
        model=models[0] if models else "",
        loras=tuple(dict.fromkeys(loras)),
        prompt="\n".join(prompts),
        workflow=True,
        inputs=tuple(dict.fromkeys(inputs)),
    )
