"""Signatures with which a service proves that it generated a picture.

The comment of a picture by NovelAI is a JSON object; its ``signed_hash`` is an Ed25519 signature
(RFC 8032) in base64 over the red, green and blue bytes of all pixels, row by row, followed by the
comment without ``signed_hash``, written as Python's ``json.dumps`` does. Despite the name no hash
is signed. Source: NovelAI/novelai-image-metadata, ``nai_sig.py`` (MIT); nothing is copied.
"""

from __future__ import annotations

import base64
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tamis.examinations.provenance.evidence import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText
    from tamis.model import Content

DATA = Path(__file__).with_name("signers.toml")
MAX_CHECKED = 2
"""Signatures checked in one file: NovelAI writes one into the metadata and one into the pixels."""

_SIGNATURE = "signed_hash"
_NESTED = "Comment"


@dataclass(frozen=True, slots=True)
class Signer:
    """A service and its public key.

    Args:
        name: of the service.
        key: Ed25519, 32 bytes.
    """

    name: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of the signatures of a picture.

    Args:
        state: ``valid`` where one of them is, ``invalid`` where none is, ``unchecked`` where the
            file gives no pixels.
        signer: who signed; empty unless valid.
    """

    state: str
    signer: str = ""


@cache
def signers() -> tuple[Signer, ...]:
    """The known signers, read from the data of the package."""
    with DATA.open("rb") as file:
        entries = tomllib.load(file)["signers"]
    return tuple(Signer(entry["name"], base64.b64decode(entry["ed25519"])) for entry in entries)


def check(
    texts: Sequence[EmbeddedText], content: Content, known: Sequence[Signer]
) -> Checked | None:
    """Check the signatures a picture declares; None where it declares none.

    Args:
        texts: all texts of the file.
        content: whose pixels are signed.
        known: whose signatures are accepted.
    """
    signed = list(_signed(texts))[:MAX_CHECKED]
    if not signed:
        return None
    pixels = content.pixels
    if pixels is None:
        return Checked("unchecked")
    colours = pixels[..., :3].tobytes()
    for signature, comment in signed:
        for signer in known:
            if _is_valid(signer, signature, colours + comment):
                return Checked("valid", signer.name)
    return Checked("invalid")


def _signed(texts: Sequence[EmbeddedText]) -> Iterator[tuple[bytes, bytes]]:
    """Yield each signature with the comment it is over, each pair once."""
    pairs: dict[tuple[bytes, bytes], None] = {}
    for text in texts:
        document = text.document
        if isinstance(document, dict) and isinstance(nested := document.get(_NESTED), str):
            document = parse_json(nested)
        if not isinstance(document, dict) or not isinstance(document.get(_SIGNATURE), str):
            continue
        rest = {key: value for key, value in document.items() if key != _SIGNATURE}
        try:
            signature = base64.b64decode(document[_SIGNATURE])
            comment = json.dumps(rest).encode()
        except (ValueError, RecursionError):  # no base64, or numbers beyond Python's limit
            signature, comment = b"", b""
        pairs[signature, comment] = None
    yield from pairs


def _is_valid(signer: Signer, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(signer.key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
