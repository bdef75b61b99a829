"""Signatures of services over their pictures; the key is of the test's own making."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from examined import content, examine
from PIL import Image, PngImagePlugin

from tamis.examinations.provenance import signature, specimens
from tamis.examinations.provenance.generator import GeneratorMetadata
from tamis.examinations.provenance.signature import Signer, signers

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OURS = (Signer("Test service", KEY.public_key().public_bytes_raw()),)
COMMENT = {"prompt": "a harbour, 港", "steps": 28, "scale": 5.0, "sampler": "k_euler", "uc": "fog"}
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
EXAMINATION = GeneratorMetadata(OURS)


def signed(pixels=PIXELS, comment=COMMENT):
    """The comment with its signature over the pixels, as NovelAI's own program checks it."""
    message = pixels[..., :3].tobytes() + json.dumps(comment).encode()
    return comment | {"signed_hash": base64.b64encode(KEY.sign(message)).decode()}


def png(comment, pixels=PIXELS, name="PNG", **options):
    out = io.BytesIO()
    if name == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Software", "NovelAI")
        texts.add_text("Comment", comment if isinstance(comment, str) else json.dumps(comment))
        options["pnginfo"] = texts
    else:
        text = specimens.user_comment(json.dumps(comment))
        block = specimens.exif({0x0131: "NovelAI"}, details={0x9286: text})
        options["exif"] = b"Exif\0\0" + block
    Image.fromarray(pixels).save(out, name, **options)
    return out.getvalue()


def state(data):
    found = examine(EXAMINATION, data)
    return found.get("generator.signature"), found.get("generator.signer")


def test_the_key_of_novelai():
    (novelai,) = signers()
    assert novelai.name == "NovelAI"
    assert len(novelai.key) == 32


def test_a_valid_signature():
    assert state(png(signed())) == ("valid", "Test service")
    assert state(png(signed(), name="WEBP", lossless=True)) == ("valid", "Test service")


def test_alpha_is_not_signed():
    with_alpha = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 254, np.uint8)])
    assert state(png(signed(), with_alpha)) == ("valid", "Test service")


def test_a_comment_within_a_comment():
    assert state(png({"Comment": json.dumps(signed())})) == ("valid", "Test service")


def test_a_signature_hidden_in_alpha():
    first = content(specimens.png_with_hidden_text("x", in_alpha=True, side=128)).pixels
    text = json.dumps({"Software": "NovelAI", "Comment": json.dumps(signed(first))})
    data = specimens.png_with_hidden_text(text, in_alpha=True, compressed=True, side=128)
    found = examine(EXAMINATION, data)
    assert found["generator.signature"] == "valid"
    assert found["generator.tool"] == "NovelAI"


def test_one_changed_pixel_or_word_makes_it_invalid():
    changed = PIXELS.copy()
    changed[3, 5, 1] ^= 1
    assert state(png(signed(), changed)) == ("invalid", None)
    assert state(png(signed() | {"prompt": "a castle"})) == ("invalid", None)
    assert state(png(signed(), PIXELS[:-1])) == ("invalid", None)


def test_a_signature_by_another_key_is_invalid():
    found = examine(GeneratorMetadata(), png(signed()))
    assert found["generator.signature"] == "invalid"
    assert "generator.signer" not in found


def test_a_file_without_pixels_to_check_is_unchecked():
    assert state(png(signed(), name="WEBP", quality=100)) == ("unchecked", None)
    assert state(png(signed(), name="JPEG")) == ("unchecked", None)


def test_nothing_signed_nothing_said():
    assert state(png(COMMENT)) == (None, None)
    assert state(png("signed_hash")) == (None, None)
    assert state(png(COMMENT | {"signed_hash": 7})) == (None, None)


@pytest.mark.parametrize(
    "comment",
    [
        COMMENT | {"signed_hash": ""},
        COMMENT | {"signed_hash": "AAAA"},
        COMMENT | {"signed_hash": "é"},
        COMMENT | {"signed_hash": "A" * 100_000},
        '{"uc": "", "sampler": "", "n": 1' + "0" * 400 + ', "signed_hash": "AAAA"}',
        '{"uc": "", "sampler": "", "n": 1e999, "signed_hash": "AAAA"}',
        '{"uc": "\\ud800", "sampler": "", "signed_hash": "AAAA"}',
        '{"signed_hash": "AAAA", "a": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_malformed_signatures_are_invalid(comment):
    assert state(png(comment)) == ("invalid", None)


def test_few_signatures_are_checked(monkeypatch):
    asked = []
    monkeypatch.setattr(signature, "_is_valid", lambda *arguments: bool(asked.append(arguments)))
    texts = [("Comment", json.dumps(COMMENT | {"n": n, "signed_hash": "AAAA"})) for n in range(20)]
    found = examine(EXAMINATION, specimens.png_with_text(*texts))
    assert found["generator.signature"] == "invalid"
    assert len(asked) == signature.MAX_CHECKED
