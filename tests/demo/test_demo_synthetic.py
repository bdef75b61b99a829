"""Stand-ins for generated pictures."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import ExifTags, Image

from tamis.demo.scene import SCENES
from tamis.demo.synthetic import Declaration, StandIn, encode

STAND_IN = StandIn("reef", 0, 128, 96)


def _opened(declaration):
    data, extension = encode(STAND_IN, 1, declaration)
    return Image.open(io.BytesIO(data)), extension


@pytest.mark.parametrize("declaration", Declaration)
def test_every_stand_in_opens_as_its_name_says(declaration):
    picture, extension = _opened(declaration)
    picture.load()
    assert picture.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[extension]
    assert picture.size == (128, 96)


def test_automatic1111_text_has_the_grammar_of_that_program():
    picture, _ = _opened(Declaration.AUTOMATIC1111)
    prompt, negative, settings = picture.text["parameters"].split("\n")
    assert "coral reef" in prompt
    assert negative.startswith("Negative prompt: ")
    fields = dict(field.split(": ") for field in settings.split(", "))
    assert fields["Size"] == "128x96"
    assert int(fields["Steps"]) > 0
    assert {"Sampler", "CFG scale", "Seed", "Model hash", "Model"} <= set(fields)


def test_automatic1111_text_in_a_jpeg_is_a_unicode_user_comment():
    picture, _ = _opened(Declaration.AUTOMATIC1111_JPEG)
    comment = picture.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be") == STAND_IN.parameters(1)


def test_comfyui_embeds_a_prompt_and_a_workflow():
    picture, _ = _opened(Declaration.COMFYUI)
    prompt, workflow = (json.loads(picture.text[key]) for key in ("prompt", "workflow"))
    assert prompt["3"]["class_type"] == "KSampler"
    assert prompt["6"]["inputs"]["text"] == STAND_IN.prompt()
    assert {node["id"] for node in workflow["nodes"]} == {int(key) for key in prompt}


@pytest.mark.parametrize("declaration", [Declaration.IPTC_JPEG, Declaration.IPTC_WEBP])
def test_the_digital_source_type_is_in_the_xmp(declaration):
    picture, _ = _opened(declaration)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in picture.info["xmp"]


@pytest.mark.parametrize("declaration", [Declaration.NONE_JPEG, Declaration.NONE_PNG])
def test_a_stripped_stand_in_says_nothing(declaration):
    data, _ = encode(STAND_IN, 1, declaration)
    picture = Image.open(io.BytesIO(data))
    assert not picture.getexif()
    assert not {"xmp", "parameters", "prompt", "workflow"} & set(picture.info)


def _checkerboard(pixels):
    """The part of the mean that alternates with the fields of a checkerboard."""
    fields = np.indices(pixels.shape[:2]).sum(axis=0) % 2 * 2 - 1
    return abs((pixels.mean(axis=2) * fields).mean() / pixels.mean())


def test_the_enlargement_leaves_a_trace_of_period_two():
    plain = SCENES[STAND_IN.scene].render(1, 128, 96)
    assert _checkerboard(STAND_IN.render(1)) > 3 * _checkerboard(plain)
