"""Cards for the models of `models`."""

from __future__ import annotations

import base64
import copy
import hashlib
import io

from tamis.detectors.card import Card

PLAIN = {
    "schema_version": 1,
    "id": "gradient",
    "version": "1",
    "title": "Mean gradient",
    "licence": "CC0-1.0",
    "url": "https://example.org/gradient",
    "input": {
        "layout": "NCHW",
        "dtype": "float32",
        "upright": True,
        "views": [{"resize": {"mode": "none"}, "crop": "centre", "size": 64}],
        "normalisation": {"divisor": 255.0},
    },
    "output": {"name": "logit", "kind": "logit", "positive": "synthetic"},
    "aggregation": {"kind": "logit_mean"},
    "min_side": 64,
    "training": {"sources": [], "generators": []},
}


def changed(**changes: object) -> dict:
    """The plain card with other values; ``input__dtype`` stands for a key within another."""
    card = copy.deepcopy(PLAIN)
    for key, value in changes.items():
        *path, last = key.split("__")
        place = card
        for part in path:
            place = place[part]
        place[last] = value
    return card


def card(**changes: object) -> Card:
    """The same, as a card."""
    return Card.model_validate_json(_json(changed(**changes)))


def with_views(*views: dict, **changes: object) -> Card:
    """A card with these views."""
    return card(input__views=list(views), **changes)


def published(model: bytes, pictures: list, logits: list[float], **changes: object) -> dict:
    """A card as an author publishes it: with the digest of the model and a self-test."""
    return changed(
        sha256=hashlib.sha256(model).hexdigest(),
        self_test={
            "origin": "author",
            "tolerance": 0.01,
            "pictures": [
                {"title": f"picture {number}", "png": png(image), "logit": logit}
                for number, (image, logit) in enumerate(zip(pictures, logits, strict=True))
            ],
        },
        **changes,
    )


def png(image) -> str:
    """A Pillow picture as PNG in base64."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _json(value: object) -> str:
    import json

    return json.dumps(value)
