"""Services known to sign what their models made; `services.toml` is the list."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.credentials.manifests import Manifest


@dataclass(frozen=True, slots=True)
class Service:
    """A service that signs manifests.

    Args:
        name: as shown.
        synthetic: it makes nothing but generated media.
        pixels: the watermark it also puts into the pixels, where it is known to; else empty.
        names: by field (``signer``, ``program``, ``agent``), what its name begins with.
    """

    name: str
    synthetic: bool
    pixels: str
    names: dict[str, tuple[str, ...]]


def services(found: Sequence[Manifest]) -> tuple[Service, ...]:
    """Return the services that any of the manifests names, in the order of the list."""
    fields = [_fields(manifest) for manifest in found]
    return tuple(
        service
        for service in known()
        if any(_names(service, kind, text) for texts in fields for kind, text in texts)
    )


@cache
def known() -> tuple[Service, ...]:
    """The list, read once per process."""
    text = files(__package__).joinpath("services.toml").read_text("utf-8")
    kinds = ("signer", "program", "agent")
    return tuple(
        Service(
            row["name"],
            row["synthetic"],
            row.get("pixels", ""),
            {kind: tuple(row.get(kind, ())) for kind in kinds},
        )
        for row in tomllib.loads(text)["service"]
    )


def _fields(manifest: Manifest) -> list[tuple[str, str]]:
    actions = manifest.get("actions")
    agents = [action.get("agent", "") for action in actions] if isinstance(actions, list) else []
    program = str(manifest.get("claim_generator", "")).casefold()
    return [
        ("signer", str(manifest.get("signer", "")).casefold()),
        *(("program", part) for part in (program, program.partition(" ")[2]) if part),
        *(("agent", str(agent).casefold()) for agent in agents if agent),
    ]


def _names(service: Service, kind: str, text: str) -> bool:
    return bool(text) and text.startswith(service.names[kind])
