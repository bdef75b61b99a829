"""Generator metadata: the grammars, their oddities, and what is none."""

from __future__ import annotations

import json

import pytest
from examined import examine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import evidence, specimens
from tamis.examinations.provenance.evidence import parse_json
from tamis.examinations.provenance.generator import GeneratorMetadata
from tamis.examinations.provenance.generators import automatic1111, comfyui
from tamis.examinations.provenance.generators.unrecognised import looks_generated
from tamis.examinations.provenance.metadata import EmbeddedText
from tamis.model import Content, MediaKind

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 42, Size: 512x768, Model: example"


@pytest.fixture
def generated():
    def run(*texts: tuple[str, str]) -> dict[str, object]:
        return examine(GeneratorMetadata(), specimens.png_with_text(*texts))

    return run


def test_automatic1111(generated):
    text = (
        "a lighthouse,\nat dusk <lora:harbour:0.8> <lyco:sea:1>\n"
        "Negative prompt: fog,\nrain\n"
        "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 42, Size: 512x768, Model hash: abcdef, "
        'Model: example, Lora hashes: "harbour: 12, storm: 34", Hires prompt: "a, b: \\"c\\"", '
        'Civitai resources: [{"type":"checkpoint","modelVersionId":1}], Version: v1.10.1'
    )
    assert generated(("parameters", text)) == {
        "generator.tool": "Automatic1111",
        "generator.places": ["png:parameters"],
        "generator.model": "example",
        "generator.model_hash": "abcdef",
        "generator.loras": ["harbour", "sea", "storm"],
        "generator.prompt": "a lighthouse,\nat dusk <lora:harbour:0.8> <lyco:sea:1>",
        "generator.negative_prompt": "fog,\nrain",
        "generator.seed": "42",
        "generator.sampler": "Euler a",
        "generator.steps": 20,
        "generator.cfg": 7.5,
        "generator.size": "512x768",
        "generator.texts": [
            {
                "place": "png:parameters",
                "text": text,
                "characters": len(text),
                "truncated": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("end", "tool"),
    [
        ("", "Automatic1111"),
        (", Version: v1.10.1", "Automatic1111"),
        (", Version: f2.0.1v1.10.1-previous-669", "Forge"),
        (", App: SD.Next, Version: b72abd9", "SD.Next"),
        (", Version: ComfyUI", "ComfyUI"),
        (", Version: Fooocus v2.5.5", "Fooocus"),
    ],
)
def test_programs_that_write_the_same_grammar(generated, end, tool):
    assert generated(("parameters", f"a lighthouse\n{SETTINGS}{end}"))["generator.tool"] == tool


def test_settings_with_commas_in_values():
    assert automatic1111.read_settings(
        'Steps: 2, Hires prompt: "a, b: \\"c\\"", List: [{"x": "1, 2"}, 3], Template: a\nEnd: b'
    ) == {
        "steps": "2",
        "hires prompt": 'a, b: "c"',
        "list": '[{"x": "1, 2"}, 3]',
        "template": "a",
        "end": "b",
    }


@pytest.mark.parametrize("line", ['Steps: 2, A: "open, B: c', "Steps: 2, A: [open, B: c"])
def test_settings_that_do_not_close(line):
    assert automatic1111.read_settings(line).keys() == {"steps", "a"}


def test_prompt_without_negative_and_none_at_all(generated):
    found = generated(("parameters", SETTINGS))
    assert "generator.prompt" not in found
    assert found["generator.steps"] == 20
    found = generated(("parameters", f"Negative prompt: fog\n{SETTINGS}"))
    assert "generator.prompt" not in found
    assert found["generator.negative_prompt"] == "fog"


def test_a_text_that_only_mentions_steps_is_kept_as_unrecognised(generated):
    found = generated(("parameters", "a staircase\nSteps: 20, made of stone"))
    assert found.keys() == {"generator.unrecognised"}


def test_comfyui_follows_the_links_to_the_right_prompt(generated):
    """As in a depth ControlNet: one node passes both sides on."""
    graph = {
        "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog"}},
        "4": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
        "5": {
            "class_type": "ControlNetApplyAdvanced",
            "inputs": {"positive": ["2", 0], "negative": ["3", 0], "image": ["4", 0]},
        },
        "6": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 18446744073709551615,
                "steps": 4,
                "cfg": 1.5,
                "sampler_name": "euler",
                "positive": ["5", 0],
                "negative": ["5", 1],
            },
        },
        "7": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 256}},
        "8": {"class_type": "PrimitiveString", "inputs": {"value": "a lighthouse"}},
        "9": {"class_type": "LoraLoader", "inputs": {"lora_name": "sea.safetensors"}},
    }
    found = generated(("prompt", json.dumps(graph)))
    del found["generator.texts"]
    assert found == {
        "generator.tool": "ComfyUI",
        "generator.places": ["png:prompt"],
        "generator.model": "flux.safetensors",
        "generator.loras": ["sea.safetensors"],
        "generator.prompt": "a lighthouse",
        "generator.negative_prompt": "fog",
        "generator.seed": "18446744073709551615",
        "generator.sampler": "euler",
        "generator.steps": 4,
        "generator.cfg": 1.5,
        "generator.size": "512x256",
        "generator.inputs": ["photo.jpg"],
    }


def test_comfyui_with_a_guider(generated):
    graph = {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse"}},
        "2": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["1", 0]}},
        "3": {"class_type": "BasicGuider", "inputs": {"conditioning": ["2", 0]}},
        "4": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7}},
        "5": {"class_type": "SamplerCustomAdvanced", "inputs": {"guider": ["3", 0]}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "not used"}},
    }
    found = generated(("prompt", json.dumps(graph)))
    assert found["generator.prompt"] == "a lighthouse"
    assert found["generator.seed"] == "7"
    assert found["generator.cfg"] == 3.5


def test_comfyui_graph_that_runs_in_circles(generated):
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"positive": ["2", 0]}},
        "2": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["2", 0]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "found all the same"}},
    }
    assert generated(("prompt", json.dumps(graph)))["generator.prompt"] == "found all the same"


def test_comfyui_workflow_alone(generated):
    drawing = {
        "last_node_id": 4,
        "nodes": [
            {"type": "CheckpointLoaderSimple", "widgets_values": ["example.safetensors"]},
            {"type": "CLIPTextEncode", "widgets_values": ["a lighthouse"]},
            {"type": "LoadImage", "widgets_values": ["photo.jpg", "image"]},
            {"type": "LoraLoader", "widgets_values": ["sea.safetensors", 1.0, 1.0]},
            {"type": "Note"},
            "no node",
        ],
    }
    found = generated(("workflow", json.dumps(drawing)))
    del found["generator.texts"]
    assert found == {
        "generator.tool": "ComfyUI",
        "generator.places": ["png:workflow"],
        "generator.model": "example.safetensors",
        "generator.loras": ["sea.safetensors"],
        "generator.prompt": "a lighthouse",
        "generator.workflow": True,
        "generator.inputs": ["photo.jpg"],
    }


def test_comfyui_in_one_user_comment():
    graph = {"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse"}}}
    both = json.dumps({"prompt": json.dumps(graph), "workflow": {"nodes": [], "links": []}})
    block = specimens.exif(details={0x9286: specimens.user_comment(both)})
    found = examine(GeneratorMetadata(), specimens.jpeg_with_exif(block))
    assert found["generator.tool"] == "ComfyUI"
    assert found["generator.prompt"] == "a lighthouse"


def test_two_generators_in_one_file(generated):
    graph = {"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbour"}}}
    found = generated(
        ("parameters", f"a lighthouse\n{SETTINGS}"),
        ("prompt", json.dumps(graph)),
        ("Comment", json.dumps({"uc": "fog", "seed": 1})),
    )
    assert found["generator.tool"] == "Automatic1111"
    assert found["generator.others"] == [
        {"tool": "ComfyUI", "places": ["png:prompt"], "prompt": "a harbour"}
    ]
    assert [text["place"] for text in found["generator.texts"]] == ["png:parameters", "png:prompt"]
    assert [text["place"] for text in found["generator.unrecognised"]] == ["png:Comment"]


def test_texts_are_stored_whole_up_to_the_limit(generated):
    prompt = "a" * (evidence.MAX_TEXT + 10)
    found = generated(("parameters", f"{prompt}\n{SETTINGS}"))
    assert len(found["generator.prompt"]) == evidence.MAX_TEXT
    assert found["generator.truncated"] == ["prompt"]
    (text,) = found["generator.texts"]
    assert text["truncated"] is True
    assert text["characters"] == len(prompt) + 1 + len(SETTINGS)
    assert len(text["text"]) == evidence.MAX_TEXT


def test_control_characters_are_evidence_too(generated):
    prompt = "a \x1b[31mlighthouse\u202e <script>"
    assert generated(("parameters", f"{prompt}\n{SETTINGS}"))["generator.prompt"] == prompt


def test_lone_surrogates_can_be_stored(generated):
    text = '{"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "\\ud800"}}}'
    found = generated(("prompt", text))
    assert found["generator.prompt"] == "\\ud800"
    json.dumps(found).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        EmbeddedText("png:Dream", '"a lighthouse" -s 30 -S 42'),
        EmbeddedText("png:Software", "NovelAI"),
        EmbeddedText("exif:Make", "Ideogram AI"),
        EmbeddedText("xmp:CreatorTool", "Adobe Firefly"),
        EmbeddedText("exif:ImageDescription", "a dog seed:1 prompt-strength:7.5 steps:50"),
        EmbeddedText("exif:UserComment", "{}", {"prompt": {"seed": 1, "steps": 2}}),
    ],
)
def test_what_looks_like_a_generator(text):
    assert looks_generated(text)


@pytest.mark.parametrize(
    "text",
    [
        EmbeddedText("png:Comment", "Created with GIMP"),
        EmbeddedText("png:Software", "Adobe ImageReady"),
        EmbeddedText("png:Description", "Three steps: cut, glue, dry"),
        EmbeddedText("exif:ImageDescription", "A firefly over the lake; the aurora; Leonardo"),
        EmbeddedText("exif:ImageDescription", "the first midjourney exhibition"),
        EmbeddedText("exif:Software", "Adobe Photoshop Lightroom 5.3"),
        EmbeddedText("exif:UserComment", "{}", {"model": "X100", "lens": "23mm"}),
        EmbeddedText("comment", "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90"),
    ],
)
def test_what_does_not(text):
    assert not looks_generated(text)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, '{"seed":' + "9" * 10_000 + "}", "{", "no JSON", "1"]
)
def test_hostile_json_is_no_document(text):
    assert parse_json(text) is None


def test_json_over_the_limit(monkeypatch):
    monkeypatch.setattr(evidence, "MAX_JSON", 10)
    assert parse_json('{"a": "bcdef"}') is None
    assert parse_json('{"a": NaN}') == {"a": None}


@pytest.mark.parametrize(
    ("value", "number", "whole", "digits"),
    [
        (20, 20.0, 20, "20"),
        ("20", 20.0, 20, "20"),
        (7.5, 7.5, None, ""),
        ("inf", None, None, ""),
        (float("nan"), None, None, ""),
        ("9" * 400, None, None, ""),
        (10**400, None, None, ""),
        (-1, -1.0, None, "-1"),
        (True, None, None, ""),
        (None, None, None, ""),
        (["4", 0], None, None, ""),
        ("٢٠", 20.0, 20, ""),
    ],
)
def test_numbers_from_evidence(value, number, whole, digits):
    assert evidence.number(value) == number
    assert evidence.whole(value) == whole
    assert evidence.digits(value) == digits


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@example('Steps: 1, a: "\\')
@example("\nSteps: 1, Seed: 1, Model: [[[{")
@settings(max_examples=200, deadline=None)
def test_any_text_in_any_place_never_raises(text):
    for data in (
        specimens.png_with_text(("parameters", text), ("prompt", text)),
        specimens.png_with_text(("parameters", f"{text}\n{SETTINGS}{text}")),
    ):
        GeneratorMetadata().examine(Content(data, "png", "image/png", MediaKind.IMAGE))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["1", "2", "inputs", "class_type", "text", "positive", "nodes", "prompt"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
@settings(max_examples=300, deadline=None)
def test_any_graph_never_raises(document):
    node = {"class_type": "KSampler", "inputs": document if isinstance(document, dict) else {}}
    for graph in (document, {"1": node, "2": document}, {"nodes": [document], "links": document}):
        generation = comfyui.read([EmbeddedText("png:prompt", "", graph)])
        if generation is not None:
            json.dumps(generation.values(), allow_nan=False).encode("utf-8")


prompt_text = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=60
).map(str.strip)


@given(prompt_text, prompt_text, st.integers(0, 2**64 - 1), st.integers(1, 150))
@settings(deadline=None)
def test_the_grammar_round_trips(prompt, negative, seed, steps):
    if prompt.startswith(("Steps:", "Negative prompt:")) or negative.startswith("Steps:"):
        return
    text = f"{prompt}\nNegative prompt: {negative}\nSteps: {steps}, Sampler: DDIM, Seed: {seed}"
    generation = automatic1111.read([EmbeddedText("png:parameters", text)])
    assert generation is not None
    assert generation.prompt == prompt
    assert generation.negative_prompt == negative
    assert (generation.seed, generation.steps) == (str(seed), steps)
