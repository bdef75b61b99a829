"""Manifests in one shape: who signed, what was done, from what, and how it claims to have come.

Shapes of the claims: C2PA Technical Specification 2.1, sections 10 (claims), 18.9 (ingredients) and
18.15 (actions), as c2pa-rs reports them in JSON. Everything in them comes from the file: every type
is checked, every text and list is cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.examinations.provenance.evidence import cut
from tamis.examinations.provenance.iptc import source_type

if TYPE_CHECKING:
    from collections.abc import Iterator

Manifest = dict[str, object]

_MAX_NAME = 512
_MAX_MANIFESTS = 32
_MAX_ITEMS = 64
_SOFT_BINDING = "c2pa.soft-binding"
_ACTIONS = ("c2pa.actions", "c2pa.actions.v2")


def manifests(store: dict[str, Any]) -> list[Manifest]:
    """Return the manifests of a store: the active one, then its ingredients', then the rest.

    Keys of each, where the file gives them: ``label``, ``title``, ``claim_generator``, ``signer``
    (organisation), ``certificate`` (its common name), ``serial``, ``algorithm``, ``signed_at``,
    ``actions`` (``action``, ``when``, ``agent``, ``source_type``, ``description``),
    ``source_types``, ``ingredients`` (``title``, ``relationship``, ``format``, ``instance_id``,
    ``document_id``, ``manifest``, ``thumbnail``), ``assertions``, ``soft_bindings``.
    """
    found = _table(store.get("manifests"))
    order = list(dict.fromkeys(_chain(found, store.get("active_manifest"))))
    return [_manifest(label, _table(found[label])) for label in order[:_MAX_MANIFESTS]]


def incomplete(store: dict[str, Any]) -> bool:
    """Say whether a store holds more than `manifests` tells, or a source type nobody knows."""
    found = _table(store.get("manifests"))
    if len(found) > _MAX_MANIFESTS:
        return True
    for raw in map(_table, found.values()):
        assertions = raw.get("assertions")
        lists = [assertions, raw.get("ingredients")]
        actions = [
            _table(_table(item).get("data")).get("actions")
            for item in (assertions if isinstance(assertions, list) else [])
        ]
        if any(isinstance(item, list) and len(item) > _MAX_ITEMS for item in (*lists, *actions)):
            return True
        total = [action for listed in actions for action in _tables(listed)]
        types = [_declared(action) for action in total]
        if len(total) > _MAX_ITEMS or any(text and source_type(text) is None for text in types):
            return True
    return False


def problems(store: dict[str, Any]) -> list[object]:
    """Return what the validator objected to: ``code``, ``manifest``, ``explanation`` of each."""
    return [
        _without_empty(
            {
                "code": _text(item.get("code")),
                "manifest": _text(item.get("url")).removeprefix("self#jumbf=/c2pa/").split("/")[0],
                "explanation": _text(item.get("explanation")),
            }
        )
        for item in _tables(store.get("validation_status"))
    ]


def _chain(found: dict[str, Any], active: object) -> Iterator[str]:
    """Labels from the active manifest down, each possibly more than once."""
    waiting = [active] if isinstance(active, str) and active in found else []
    seen = set()
    while waiting:
        label = waiting.pop(0)
        if label in seen:
            continue
        seen.add(label)
        yield label
        ingredients = _tables(_table(found[label]).get("ingredients"))
        below = [item.get("active_manifest") for item in ingredients]
        waiting += [label for label in below if isinstance(label, str) and label in found]
    yield from sorted(found)


def _manifest(label: str, raw: dict[str, Any]) -> Manifest:
    signature = _table(raw.get("signature_info"))
    assertions = _tables(raw.get("assertions"))
    actions = [
        _action(action, _agents(assertion))
        for assertion in assertions
        if _text(assertion.get("label")).split("__")[0] in _ACTIONS
        for action in _tables(_table(assertion.get("data")).get("actions"))
    ][:_MAX_ITEMS]
    claimed = (source_type(str(action.get("source_type", ""))) for action in actions)
    types = dict.fromkeys(term for term in claimed if term)
    bindings = [
        _text(_table(assertion.get("data")).get("alg"))
        for assertion in assertions
        if _text(assertion.get("label")).startswith(_SOFT_BINDING)
    ]
    return _without_empty(
        {
            "label": cut(label, _MAX_NAME),
            "title": _text(raw.get("title")),
            "claim_generator": _generator(raw),
            "signer": _text(signature.get("issuer")),
            "certificate": _text(signature.get("common_name")),
            "serial": _text(signature.get("cert_serial_number")),
            "algorithm": _text(signature.get("alg")),
            "signed_at": _text(signature.get("time")),
            "actions": actions,
            "source_types": list(types),
            "ingredients": [_ingredient(item) for item in _tables(raw.get("ingredients"))],
            "assertions": [_text(item.get("label")) for item in assertions],
            "soft_bindings": [name for name in bindings if name],
        }
    )


def _generator(raw: dict[str, Any]) -> str:
    """The program that made the claim: the text of version 1, or the names of version 2."""
    names = [
        " ".join(filter(None, (_text(item.get("name")), _text(item.get("version")))))
        for item in _tables(raw.get("claim_generator_info"))
    ]
    return _text(raw.get("claim_generator")) or ", ".join(filter(None, names))


def _agents(assertion: dict[str, Any]) -> list[dict[str, Any]]:
    return _tables(_table(assertion.get("data")).get("softwareAgents"))


def _action(raw: dict[str, Any], agents: list[dict[str, Any]]) -> dict[str, object]:
    agent = raw.get("softwareAgent")
    index = raw.get("softwareAgentIndex")
    if agent is None and isinstance(index, int) and 0 <= index < len(agents):
        agent = agents[index]
    if isinstance(agent, dict):
        agent = " ".join(filter(None, (_text(agent.get("name")), _text(agent.get("version")))))
    parameters = _table(raw.get("parameters"))
    declared = _declared(raw)
    return _without_empty(
        {
            "action": _text(raw.get("action")),
            "when": _text(raw.get("when")),
            "agent": _text(agent),
            "source_type": source_type(declared) or declared,
            "description": _text(parameters.get("description")) or _text(parameters.get("name")),
        }
    )


def _declared(action: dict[str, Any]) -> str:
    """The source type an action states; whatever is no text stands for one nobody knows."""
    parameters = _table(action.get("parameters"))
    stated = action.get("digitalSourceType") or parameters.get("digitalSourceType") or ""
    return _text(stated) if isinstance(stated, str) else str(stated)[:_MAX_NAME]


def _ingredient(raw: dict[str, Any]) -> dict[str, object]:
    return _without_empty(
        {
            "title": _text(raw.get("title")),
            "relationship": _text(raw.get("relationship")),
            "format": _text(raw.get("format")),
            "instance_id": _text(raw.get("instance_id")),
            "document_id": _text(raw.get("document_id")),
            "manifest": _text(raw.get("active_manifest")),
            "thumbnail": _text(_table(raw.get("thumbnail")).get("identifier")),
        }
    )


def _without_empty(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in ("", [])}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items[:_MAX_ITEMS] if isinstance(item, dict)]


def _text(value: object) -> str:
    return cut(value, _MAX_NAME) if isinstance(value, str) else ""
