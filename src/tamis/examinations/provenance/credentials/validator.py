"""The validator: c2pa-rs through c2pa-python, kept off the network whatever a file asks for.

A manifest may live at an address that the file names, and a certificate may name a server that
knows whether it was revoked. Asking either would tell whoever made the file that it is being
examined, so both are switched off, and the workers have no network anyway.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tamis.examinations.provenance.evidence import cut

if TYPE_CHECKING:
    from c2pa import Context, Reader

_PURPOSES = (
    "1.3.6.1.5.5.7.3.4",  # e-mail protection
    "1.3.6.1.5.5.7.3.36",  # document signing
    "1.3.6.1.5.5.7.3.8",  # time stamping
    "1.3.6.1.5.5.7.3.9",  # OCSP signing
    "1.3.6.1.4.1.311.76.59.1.9",  # Microsoft, C2PA signing
    "1.3.6.1.4.1.62558.2.1",  # C2PA claim signing
)
"""Extended key usages a signer's certificate may have: those of the C2PA trust configuration."""

_EXPIRED = "signingCredential.expired"
_OF_CERTIFICATES = {_EXPIRED, "signingCredential.untrusted", "timeStamp.untrusted"}

_MAX_REASON = 512
_MAX_INFLATED_MIB = 32
_MAX_THUMBNAIL = 4 * 1024 * 1024
_MAX_THUMBNAILS = 32


@dataclass(frozen=True, slots=True)
class Validated:
    """What the validator made of a file.

    Args:
        state: ``trusted``, ``valid`` (the signer is not on the trust list), ``expired`` (so is the
            certificate, and no trusted time stamp tells when it signed), ``invalid``, or
            ``unreadable`` where no manifest store could be read.
        reason: why it could not be read.
        store: the manifest store as JSON, as c2pa-rs reports it; empty where unreadable.
        thumbnails: the pictures of ingredients in the store, by identifier.
    """

    state: str
    reason: str
    store: dict[str, Any]
    thumbnails: dict[str, bytes]


def validate(mime: str, data: bytes, trust_list: str) -> Validated:
    """Validate the manifest store embedded in a file.

    The validity of a certificate without a trusted time stamp is judged by the clock of the
    machine: the one thing that may change from one day to the next.

    Args:
        mime: IANA media type of the file.
        data: the whole file.
        trust_list: certificates in PEM of the authorities trusted; empty for none.
    """
    from c2pa import C2paError, Reader  # noqa: PLC0415 - loads a library of 23 MB

    made = _context(trust_list, os.getpid())
    try:
        with Reader(mime, io.BytesIO(data), context=made) as reader:
            store = json.loads(reader.json())
            return Validated(_state(store), "", store, _thumbnails(reader, store))
    except (C2paError, ValueError, RecursionError) as error:
        words = " ".join(str(error).split())
        return Validated("unreadable", cut(words, _MAX_REASON), {}, {})


def load() -> None:
    """Load the library; a confined process no longer can."""
    import c2pa  # noqa: F401, PLC0415 - loading it here, and not before, is all there is to do


@cache
def _context(trust_list: str, process: int) -> Context:  # noqa: ARG001 - part of the key
    """The validator's settings, made once per trust list and process: none survives a fork."""
    from c2pa import Context, Settings  # noqa: PLC0415 - loads a library of 23 MB

    trust = {"trust_config": "\n".join(_PURPOSES) + "\n"}
    if trust_list:
        trust["trust_anchors"] = trust_list
    return Context(
        Settings.from_dict(
            {
                "verify": {
                    "verify_trust": True,
                    "verify_timestamp_trust": True,
                    "remote_manifest_fetch": False,
                    "ocsp_fetch": False,
                },
                "core": {"max_decompressed_manifest_size_in_mb": _MAX_INFLATED_MIB},
                "trust": trust,
            }
        )
    )


def _state(store: dict[str, Any]) -> str:
    states = {"Trusted": "trusted", "Valid": "valid"}
    known = states.get(store.get("validation_state", ""))
    if known is not None:
        return known
    objections = store.get("validation_status") or []
    codes = {item.get("code") for item in objections if isinstance(item, dict)}
    return "expired" if _EXPIRED in codes and codes <= _OF_CERTIFICATES else "invalid"


def _thumbnails(reader: Reader, store: dict[str, Any]) -> dict[str, bytes]:
    """The thumbnails of ingredients, within limits of bytes and number for all of them."""
    found: dict[str, bytes] = {}
    left = _MAX_THUMBNAIL
    tried = 0
    for manifest in store.get("manifests", {}).values():
        for ingredient in manifest.get("ingredients") or ():
            identifier = (ingredient.get("thumbnail") or {}).get("identifier")
            if not isinstance(identifier, str) or identifier in found:
                continue
            tried += 1
            if tried > _MAX_THUMBNAILS or left <= 0:
                return found
            stream = io.BytesIO()
            if _copied(reader, identifier, stream) and stream.tell() <= left:
                found[identifier] = stream.getvalue()
                left -= len(found[identifier])
    return found


def _copied(reader: Reader, identifier: str, stream: io.BytesIO) -> bool:
    from c2pa import C2paError  # noqa: PLC0415 - loads a library of 23 MB

    try:
        reader.resource_to_stream(identifier, stream)
    except C2paError:  # the store refers to a picture it does not hold
        return False
    return True
