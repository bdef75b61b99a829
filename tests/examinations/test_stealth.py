"""Texts hidden in the lowest bits of the pixels."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc

import numpy as np
import pytest
from examined import content, examine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tamis.examinations.provenance import specimens, stealth
from tamis.examinations.provenance.generator import GeneratorMetadata
from tamis.examinations.provenance.metadata import read_metadata, texts
from tamis.examinations.provenance.stealth import read_stealth

PARAMETERS = """a lighthouse at dusk
Negative prompt: fog
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Model: example"""
NOVELAI = {
    "Description": "a harbour",
    "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4.5 4BDE2A90",
    "Generation time": "5.1",
    "Comment": json.dumps({"uc": "fog", "sampler": "k_euler", "steps": 28, "seed": 9, "scale": 5}),
}
FORMS = {
    b"stealth_pnginfo": (True, False),
    b"stealth_pngcomp": (True, True),
    b"stealth_rgbinfo": (False, False),
    b"stealth_rgbcomp": (False, True),
}


def hidden(data):
    return list(read_stealth(content(data).pixels))


def saying(magic, length, body=b"", side=128):
    """A picture with a head and a body of one's own choice."""
    in_alpha, _ = FORMS[magic]
    raw = magic + length.to_bytes(4, "big") + body
    return specimens.png_with_hidden_bytes(raw, in_alpha=in_alpha, side=side)


def straight(pixels, in_alpha):
    """The lowest bits as bytes, pixel by pixel as in the programs' own readers."""
    bits = ""
    for x in range(pixels.shape[1]):
        for y in range(pixels.shape[0]):
            samples = pixels[y, x, 3:] if in_alpha else pixels[y, x, :3]
            bits += "".join(str(sample & 1) for sample in samples)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))


@pytest.mark.parametrize(("magic", "form"), FORMS.items())
@pytest.mark.parametrize("side", [64, 100, 129])
def test_each_form_is_read(magic, form, side):
    in_alpha, compressed = form
    text = "a harbour, ein Hafen, 港, 🏖"
    data = specimens.png_with_hidden_text(text, in_alpha=in_alpha, compressed=compressed, side=side)
    assert straight(content(data).pixels, in_alpha).startswith(magic)
    (found,) = hidden(data)
    assert (found.place, found.text, found.problem) == (
        "stealth:alpha" if in_alpha else "stealth:rgb",
        text,
        "",
    )


@pytest.mark.parametrize(("in_alpha", "place"), [(True, "stealth:alpha"), (False, "stealth:rgb")])
def test_a_hidden_text_is_read_as_any_other(in_alpha, place):
    data = specimens.png_with_hidden_text(PARAMETERS, in_alpha=in_alpha, compressed=True)
    found = examine(GeneratorMetadata(), data)
    assert found["generator.tool"] == "Automatic1111"
    assert found["generator.prompt"] == "a lighthouse at dusk"
    assert found["generator.places"] == found["generator.hidden"] == [place]
    assert "generator.unrecognised" not in found


@pytest.mark.parametrize("name", ["WEBP", "BMP", "TIFF"])
def test_other_lossless_formats(name):
    data = specimens.png_with_hidden_text(PARAMETERS, in_alpha=False)
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, name, **({"lossless": True} if name == "WEBP" else {}))
    assert examine(GeneratorMetadata(), out.getvalue())["generator.seed"] == "42"


def test_both_places_of_one_picture():
    alpha = content(specimens.png_with_hidden_text("in alpha", in_alpha=True)).pixels
    colours = content(specimens.png_with_hidden_text("in the colours", in_alpha=False)).pixels
    both = np.dstack([colours, alpha[..., 3]])
    assert [text.text for text in read_stealth(both)] == ["in alpha", "in the colours"]


def test_novelai_hidden_in_alpha():
    data = specimens.png_with_hidden_text(json.dumps(NOVELAI), in_alpha=True, compressed=True)
    found = examine(GeneratorMetadata(), data)
    assert found["generator.tool"] == "NovelAI"
    assert found["generator.prompt"] == "a harbour"
    assert found["generator.negative_prompt"] == "fog"
    assert found["generator.model"] == "NovelAI Diffusion V4.5 4BDE2A90"
    assert found["generator.steps"] == 28
    assert "stealth:alpha:Comment" in found["generator.places"]


def test_comfyui_hidden_in_alpha():
    graph = {"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse"}}}
    both = json.dumps({"prompt": json.dumps(graph), "workflow": '{"nodes": [], "links": []}'})
    data = specimens.png_with_hidden_text(both, in_alpha=True)
    assert examine(GeneratorMetadata(), data)["generator.tool"] == "ComfyUI"


def test_a_copy_of_what_stands_in_the_file_is_not_told_twice():
    data = specimens.png_with_hidden_text(PARAMETERS, in_alpha=True)
    out = io.BytesIO()
    info = specimens.png_with_text(("parameters", PARAMETERS))[33:]
    end = info.index(b"IDAT") - 4
    out.write(data[:33] + info[:end] + data[33:])
    found = examine(GeneratorMetadata(), out.getvalue())
    assert found["generator.places"] == ["png:parameters"]
    assert found["generator.hidden"] == ["stealth:alpha"]
    assert "generator.unrecognised" not in found


@pytest.mark.parametrize("text", ["see you at the harbour", "[]", "{}", '{"a": 1, "b": "c"}', ""])
def test_a_hidden_text_that_no_grammar_reads_is_kept(text):
    data = specimens.png_with_hidden_text(text, in_alpha=True)
    found = examine(GeneratorMetadata(), data)
    assert found.keys() == {"generator.hidden", "generator.unrecognised"}
    (kept,) = found["generator.unrecognised"]
    assert (kept["place"], kept["text"]) == ("stealth:alpha", text)


# --- hostile


@pytest.mark.parametrize("magic", FORMS)
@pytest.mark.parametrize("length", [2**32 - 1, 128 * 128 * 3, 128 * 128 * 3 - 151])
def test_a_length_beyond_the_picture_is_refused(magic, length):
    (found,) = hidden(saying(magic, length))
    assert "not read" in found.problem
    assert not found.text
    media = content(saying(magic, length))
    assert found.problem in read_metadata(media).problems
    assert texts(read_metadata(media)) == ()


def test_a_length_that_just_fits():
    (found,) = hidden(saying(b"stealth_pnginfo", 128 * 128 - 152))
    assert not found.problem
    assert len(found.text) == (128 * 128 - 152) // 8


@pytest.mark.parametrize("length", [0, 7, 8, 15])
def test_lengths_that_are_no_whole_bytes(length):
    (found,) = hidden(saying(b"stealth_rgbinfo", length, b"abc"))
    assert found.text == "abc"[: length // 8]


def test_a_bomb_is_not_inflated(monkeypatch):
    monkeypatch.setattr(stealth, "MAX_BLOCK", 10_000)
    body = gzip.compress(bytes(10_001))
    (found,) = hidden(saying(b"stealth_pngcomp", 8 * len(body), body))
    assert "inflates to more than 10000 bytes" in found.problem
    body = gzip.compress(bytes(10_000))
    (found,) = hidden(saying(b"stealth_pngcomp", 8 * len(body), body))
    assert not found.problem


def test_a_bomb_costs_little():
    outer = gzip.compress(bytes(40 << 20), 9)
    data = saying(b"stealth_rgbcomp", 8 * len(outer), outer, side=400)
    tracemalloc.start()
    (found,) = hidden(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "inflates to more than" in found.problem
    assert peak < 40 << 20


@pytest.mark.parametrize("body", [b"", b"no gzip", gzip.compress(b"a harbour", mtime=0)[:-9]])
def test_damaged_gzip(body):
    (found,) = hidden(saying(b"stealth_pngcomp", 8 * len(body), body))
    assert found.problem.startswith("stealth:alpha: ")


def test_text_that_is_no_utf8_is_kept():
    (found,) = hidden(saying(b"stealth_pnginfo", 32, b"caf\xe9"))
    assert found.text == "café"


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (1, 151, 4), (50, 1, 3), (19, 2, 4)])
def test_small_pictures_hide_nothing(shape):
    assert list(read_stealth(np.zeros(shape, np.uint8))) == []


@pytest.mark.parametrize("shape", [(1, 400, 4), (400, 1, 4), (1, 152, 4), (7, 60, 3)])
def test_narrow_pictures_can(shape):
    head = b"stealth_pnginfo" if shape[2] == 4 else b"stealth_rgbinfo"
    bits = np.unpackbits(np.frombuffer(head + bytes(4), np.uint8))
    height, width, _ = shape
    each = 1 if shape[2] == 4 else 3
    samples = np.zeros(height * width * each, np.uint8)
    samples[: bits.size] = bits
    pixels = np.zeros(shape, np.uint8)
    columns = samples.reshape(width, height, each).transpose(1, 0, 2)
    pixels[..., shape[2] - each :] = columns
    (found,) = read_stealth(pixels)
    assert (found.text, found.problem) == ("", "")


@given(
    st.sampled_from(list(FORMS)),
    st.integers(0, 2**32 - 1) | st.integers(0, 5000),
    st.binary(max_size=200),
    st.booleans(),
)
@example(b"stealth_rgbcomp", 8 * 20, gzip.compress(b"")[:10], True)
@settings(max_examples=60, deadline=None)
def test_whatever_is_hidden_is_read_or_refused(magic, length, body, packed):
    body = gzip.compress(body) if packed else body
    for found in hidden(saying(magic, length, body, side=48)):
        assert not (found.text and found.problem)


def test_a_picture_without_hides_nothing():
    pixels = np.random.default_rng(0).integers(0, 256, (2048, 2048, 4), np.uint8)
    assert list(read_stealth(pixels)) == []
