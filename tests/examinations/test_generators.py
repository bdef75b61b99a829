"""One grammar after the other, in the forms that the programs' own sources write."""

from __future__ import annotations

import json

import pytest
from examined import examine
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.evidence import parse_json
from tamis.examinations.provenance.generator import READERS, GeneratorMetadata
from tamis.examinations.provenance.generators import keyed
from tamis.examinations.provenance.metadata import EmbeddedText

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def of_png(*texts: tuple[str, object]) -> dict[str, object]:
    pairs = [(key, text if isinstance(text, str) else json.dumps(text)) for key, text in texts]
    return _shape(specimens.png_with_text(*pairs))


def of_exif(comment: object = "", **tags: str) -> dict[str, object]:
    numbers = {"make": 0x010F, "software": 0x0131, "artist": 0x013B, "description": 0x010E}
    text = comment if isinstance(comment, str) else json.dumps(comment)
    block = specimens.exif(
        {numbers[name]: value for name, value in tags.items()},
        details={0x9286: specimens.user_comment(text)} if text else {},
    )
    return _shape(specimens.jpeg_with_exif(block))


def of_xmp(attributes: str) -> dict[str, object]:
    return _shape(specimens.jpeg_with_xmp(specimens.xmp_packet(attributes)))


def _shape(data: bytes) -> dict[str, object]:
    found = examine(GeneratorMetadata(), data)
    return {
        name.removeprefix("generator."): value
        for name, value in found.items()
        if name not in ("generator.texts", "generator.places")
    }


def test_invokeai_of_the_third_generation_on():
    document = {
        "app_version": "4.2.0",
        "generation_mode": "sdxl_img2img",
        "positive_prompt": "a harbour",
        "negative_prompt": "fog",
        "width": 1024,
        "height": 768,
        "seed": 7,
        "steps": 30,
        "cfg_scale": 6.5,
        "scheduler": "euler",
        "model": {"name": "example", "hash": "blake3:0"},
        "loras": [{"model": {"name": "sea"}, "weight": 0.7}, {"lora": {"model_name": "sky"}}],
        "init_image": "photo.png",
        "ipAdapters": [{"image": {"image_name": "other.png"}}],
    }
    assert of_png(("invokeai_metadata", document)) == {
        "tool": "InvokeAI",
        "model": "example",
        "loras": ["sea", "sky"],
        "prompt": "a harbour",
        "negative_prompt": "fog",
        "seed": "7",
        "sampler": "euler",
        "steps": 30,
        "cfg": 6.5,
        "size": "1024x768",
        "inputs": ["photo.png", "other.png"],
    }


def test_invokeai_of_the_second_generation():
    document = {
        "model": "stable diffusion",
        "model_weights": "stable-diffusion-1.5",
        "model_hash": "cc6cb27103",
        "app_version": "2.3.0",
        "image": {
            "type": "img2img",
            "prompt": [{"prompt": "a harbour [fog] at dusk", "weight": 1}],
            "steps": 50,
            "cfg_scale": 7.5,
            "sampler": "k_lms",
            "seed": 42,
            "width": 512,
            "height": 640,
            "init_image_path": "photo.jpg",
        },
    }
    assert of_png(("sd-metadata", document)) == {
        "tool": "InvokeAI",
        "model": "stable-diffusion-1.5",
        "model_hash": "cc6cb27103",
        "prompt": "a harbour at dusk",
        "negative_prompt": "fog",
        "seed": "42",
        "sampler": "k_lms",
        "steps": 50,
        "cfg": 7.5,
        "size": "512x640",
        "inputs": ["photo.jpg"],
    }


def test_invokeai_of_the_first_generation():
    line = '"a harbour [fog]" -s 50 -S 42 -W 512 -H 640 -C 7.5 -A k_lms -I photo.png'
    assert of_png(("Dream", line)) == {
        "tool": "InvokeAI",
        "prompt": "a harbour",
        "negative_prompt": "fog",
        "seed": "42",
        "sampler": "k_lms",
        "steps": 50,
        "cfg": 7.5,
        "size": "512x640",
        "inputs": ["photo.png"],
    }
    assert of_png(("Dream", "a dream about harbours")).keys() == {"unrecognised"}


NOVELAI = {"steps": 28, "sampler": "k_euler", "seed": 9, "scale": 5.0, "uc": "fog", "strength": 0.7}
OF_NOVELAI = {
    "tool": "NovelAI",
    "prompt": "a harbour",
    "negative_prompt": "fog",
    "seed": "9",
    "sampler": "k_euler",
    "steps": 28,
    "cfg": 5.0,
}


def test_novelai():
    texts = (
        ("Title", "NovelAI generated image"),
        ("Description", "a harbour"),
        ("Software", "NovelAI"),
        ("Source", "NovelAI Diffusion V4.5 4BDE2A90"),
        ("Comment", NOVELAI),
    )
    model = {"model": "NovelAI Diffusion V4.5 4BDE2A90"}
    assert of_png(*texts) == OF_NOVELAI | model
    assert (
        of_exif(NOVELAI, software="NovelAI Diffusion V4.5 4BDE2A90", description="a harbour")
        == OF_NOVELAI | model
    )
    assert of_png(("Title", "AI generated image")) == {"tool": "NovelAI"}
    assert of_png(("Description", "a picture like those of NovelAI")) == {}


FOOOCUS = {
    "prompt": "a harbour",
    "negative_prompt": "fog",
    "steps": 30,
    "resolution": "(1152, 896)",
    "guidance_scale": 4.0,
    "sharpness": 2.0,
    "base_model": "example",
    "base_model_hash": "aeb7e9e689",
    "refiner_model": "None",
    "loras": [["sea", 0.1, "4852686128"], ["sky", 1.0, "00"]],
    "sampler": "dpmpp_2m_sde_gpu",
    "seed": "6952411511246973023",
    "metadata_scheme": "fooocus",
    "version": "Fooocus v2.5.0",
}
OF_FOOOCUS = {
    "tool": "Fooocus",
    "model": "example",
    "model_hash": "aeb7e9e689",
    "loras": ["sea", "sky"],
    "prompt": "a harbour",
    "negative_prompt": "fog",
    "seed": "6952411511246973023",
    "sampler": "dpmpp_2m_sde_gpu",
    "steps": 30,
    "cfg": 4.0,
    "size": "1152x896",
}


def test_fooocus():
    assert of_png(("parameters", FOOOCUS), ("fooocus_scheme", "fooocus")) == OF_FOOOCUS
    assert of_exif(FOOOCUS, software="Fooocus v2.5.0") == OF_FOOOCUS
    ruined = {
        "Prompt": "a harbour",
        "Negative": "fog",
        "steps": 30,
        "cfg": 8,
        "width": 1152,
        "height": 896,
        "seed": 5,
        "sampler_name": "dpmpp",
        "base_model_name": "example.safetensors",
        "loras": "<lora:sea:1>",
        "software": "RuinedFooocus",
    }
    found = of_png(("parameters", ruined))
    assert (found["tool"], found["cfg"], found["size"]) == ("RuinedFooocus", 8.0, "1152x896")
    assert (found["prompt"], found["negative_prompt"]) == ("a harbour", "fog")
    older = {"prompt": "a harbour", "base_model": "x", "refiner_model": "y", "sharpness": 2}
    assert of_png(("Comment", older))["tool"] == "Fooocus"
    assert of_png(("Comment", older | {"software": "Fooocus-MRE"}))["tool"] == "FooocusMRE"


@pytest.mark.parametrize(
    "inner",
    [
        {
            "prompts": [[1, "a harbour"], [0.5, "at dusk"]],
            "negative_prompt": [[1, "fog"]],
            "sampler_type": "PLMS",
            "width": 512,
            "height": 512,
            "model": "SD-1.5",
        },
        {
            "prompt": [{"text": "a harbour", "weight": 1}, {"text": "at dusk", "weight": 0.5}],
            "negative_prompt": [{"text": "fog", "weight": 1}],
            "solver_type": "PLMS",
            "size": [512, 512],
            "model_weights": {"name": "SD-1.5", "aliases": ["sd15"]},
        },
    ],
)
def test_imaginairy(inner):
    inner |= {"prompt_strength": 7.5, "seed": 3, "steps": 40, "init_image": "photo.jpg"}
    assert of_exif({"prompt": inner}, software="Imaginairy / Stable Diffusion v1.5") == {
        "tool": "imaginAIry",
        "model": "SD-1.5",
        "prompt": "a harbour, at dusk",
        "negative_prompt": "fog",
        "seed": "3",
        "sampler": "PLMS",
        "steps": 40,
        "cfg": 7.5,
        "size": "512x512",
        "inputs": ["photo.jpg"],
    }


def test_imaginairy_without_a_source_picture():
    inner = {"prompts": [[1, "leaves"]], "init_image": "None"}
    found = of_exif({"prompt": inner}, software="imaginAIry / Stable Diffusion v1.4")
    assert found == {"tool": "imaginAIry", "model": "Stable Diffusion v1.4", "prompt": "leaves"}


SWARM = {
    "sui_image_params": {
        "prompt": "a harbour",
        "negativeprompt": "fog",
        "model": "example",
        "seed": 11,
        "steps": 20,
        "cfgscale": 7.0,
        "width": 1024,
        "height": 1024,
        "sampler": "euler",
        "loras": ["sea"],
        "swarm_version": "0.9.6.0",
    }
}


def test_swarmui():
    expected = {
        "tool": "SwarmUI",
        "model": "example",
        "loras": ["sea"],
        "prompt": "a harbour",
        "negative_prompt": "fog",
        "seed": "11",
        "sampler": "euler",
        "steps": 20,
        "cfg": 7.0,
        "size": "1024x1024",
    }
    assert of_png(("parameters", SWARM)) == expected
    assert of_exif(SWARM) == expected


def test_draw_things():
    document = {
        "c": "a harbour",
        "uc": "fog",
        "model": "example",
        "sampler": "Euler a",
        "seed": 12,
        "scale": 7.5,
        "steps": 20,
        "size": "512x768",
        "lora": [{"model": "sea", "weight": 0.6}],
    }
    quoted = json.dumps(document).replace('"', "&quot;")
    assert of_xmp(f'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:UserComment="{quoted}"') == {
        "tool": "Draw Things",
        "model": "example",
        "loras": ["sea"],
        "prompt": "a harbour",
        "negative_prompt": "fog",
        "seed": "12",
        "sampler": "Euler a",
        "steps": 20,
        "cfg": 7.5,
        "size": "512x768",
    }


EASY = {
    "prompt": "a harbour",
    "negative_prompt": "fog",
    "seed": 13,
    "use_stable_diffusion_model": "sd-v1-5",
    "sampler_name": "euler_a",
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "width": 512,
    "height": 512,
    "use_lora_model": "sea",
}
OF_EASY = {
    "tool": "Easy Diffusion",
    "model": "sd-v1-5",
    "loras": ["sea"],
    "prompt": "a harbour",
    "negative_prompt": "fog",
    "seed": "13",
    "sampler": "euler_a",
    "steps": 25,
    "cfg": 7.5,
    "size": "512x512",
}


def test_easy_diffusion():
    assert of_png(*((key, str(value)) for key, value in EASY.items())) == OF_EASY
    assert of_exif(EASY) == OF_EASY
    in_words = {
        "Prompt": "a harbour",
        "Negative Prompt": "fog",
        "Seed": "13",
        "Stable Diffusion model": "sd-v1-5",
        "Sampler": "euler_a",
        "Steps": "25",
        "Guidance Scale": "7.5",
        "Width": "512",
        "Height": "512",
        "LoRA model": "sea",
    }
    assert of_png(*in_words.items()) == OF_EASY


def test_media_provenance():
    document = {
        "description": "MediaProvenance (v1.0.0)",
        "provider": "Replicate",
        "model": "black-forest-labs/flux-schnell",
        "input": {"prompt": "a harbour", "seed": 3, "image": "https://example.org/photo.jpg"},
    }
    assert of_exif(document) == {
        "tool": "Replicate",
        "model": "black-forest-labs/flux-schnell",
        "prompt": "a harbour",
        "seed": "3",
        "inputs": ["https://example.org/photo.jpg"],
    }


def test_midjourney():
    text = f"a harbour at dusk, calm sea --ar 3:2 --v 6.1 --seed 14 Job ID: {ID}"
    expected = {
        "tool": "Midjourney",
        "model": "v 6.1",
        "prompt": "a harbour at dusk, calm sea",
        "seed": "14",
    }
    assert of_png(("Description", text), ("Author", "someone")) == expected
    assert of_exif(description=text) == expected
    assert of_png(("Description", f"Job ID: {ID}")) == {"tool": "Midjourney"}
    assert of_png(("Description", "a harbour. Job ID: 5")) == {}
    assert of_png(("Description", f"Photo for a client. Job ID: {ID}")) == {}


def test_grok():
    signature = "Signature: " + "Ab1+" * 24
    assert of_exif(description=signature, artist=ID) == {"tool": "Grok"}
    assert of_exif(description=signature, artist="A. Photographer") == {}
    assert of_exif(description="Signature: yes", artist=ID) == {}


@pytest.mark.parametrize(
    ("found", "tool"),
    [
        (lambda: of_exif(make="Ideogram AI"), "Ideogram"),
        (lambda: of_exif(software="reve.com"), "Reve"),
        (lambda: of_exif(software="Adobe Firefly 2"), "Adobe Firefly"),
        (
            lambda: of_xmp(
                'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
                'photoshop:Credit="Made with Google AI"'
            ),
            "Google AI",
        ),
        (
            lambda: _shape(specimens.jpeg_with_iptc({110: b"Edited with Google AI"})),
            "Google AI",
        ),
    ],
)
def test_services_that_only_name_themselves(found, tool):
    assert found() == {"tool": tool}


def test_a_name_in_a_caption_is_no_declaration():
    assert of_exif(description="Fireflies, made with Google AI in mind") == {}
    credit = 'photoshop:Credit="A. Photographer"'
    assert of_xmp(f'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" {credit}') == {}


def test_iptc_properties_of_an_ai_system():
    found = of_xmp(
        'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" i:AISystemUsed="Example Studio" '
        'i:AISystemVersionUsed="3" i:AIPromptInformation="a harbour"'
    )
    assert found == {"tool": "Example Studio", "model": "3", "prompt": "a harbour"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "prompt",
                    "uc",
                    "c",
                    "model",
                    "sampler",
                    "input",
                    "image",
                    "sui_image_params",
                    "description",
                    "invokeai_metadata",
                    "init_image",
                    "use_stable_diffusion_model",
                    "base_model_name",
                    "Prompt",
                    "Negative",
                    "loras",
                    "size",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
PLACES = st.sampled_from(
    [
        "png:invokeai_metadata", "png:sd-metadata", "png:Dream", "png:Comment", "png:parameters",
        "png:Software", "png:Description", "exif:UserComment", "exif:Software", "exif:Make",
        "exif:ImageDescription", "exif:Artist", "xmp:UserComment", "xmp:Credit", "comment",
        "png:use_stable_diffusion_model", "xmp:AISystemUsed",
    ]
)  # fmt: skip
SAYINGS = ["NovelAI", "imaginAIry / x", f"a --v 6 Job ID: {ID}", '"a [b]" -s 3', "Reve.com"]
TEXTS = JSON.map(json.dumps) | st.text(max_size=60) | st.sampled_from(SAYINGS)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(PLACES, TEXTS), max_size=6))
def test_no_text_upsets_a_reader(texts):
    found = [EmbeddedText(place, text, parse_json(text)) for place, text in texts]
    for reader in READERS:
        generation = reader(found)
        if generation is not None:
            assert generation.tool
            assert set(generation.sources) <= set(found)
            json.dumps(generation.values(), allow_nan=False)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "text",
    [
        "Job ID: " * 20_000,
        " " * 200_000 + "Job ID: ",
        '"' + "[" * 100_000 + '" -s 3',
        '"a"' + " -s" * 60_000,
        '"a" ' + "-" * 100_000,
        '{"prompt":' * 900 + "1" + "}" * 900,
    ],
    ids=range(6),
)
def test_long_texts_take_no_long_time(reader, text):
    """Milliseconds each; a reader that goes over a text again for every character takes minutes."""
    places = ("png:Dream", "png:Description", "exif:UserComment", "png:invokeai_metadata")
    reader([EmbeddedText(place, text, parse_json(text)) for place in places])


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("a", "a"),
        ({"name": "a"}, "a"),
        ([{"model": {"model_name": "a"}}, "b"], "a"),
        ([], ""),
        ({"weight": 1}, ""),
        (5, ""),
    ],
)
def test_names_of_models(value, name):
    assert keyed.name_of(value) == name


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(512, 768, "512x768"), ("512", "768", "512x768"), (0, 5, ""), (None, 5, ""), (1.5, 5, "")],
)
def test_sizes(width, height, size):
    assert keyed.size_of(width, height) == size
