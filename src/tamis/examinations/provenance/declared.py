"""What a file says of itself, in short terms: the column ``declared`` of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tamis.model import Observation

_MAX_NAME = 64


def declared(observations: Iterable[Observation]) -> tuple[str, ...]:
    """Return the short terms, in a fixed order and each once.

    ``c2pa:STATE`` and ``c2pa:TERM`` (``c2pa`` alone where the manifest was not validated), then
    ``iptc:TERM``, ``aigc:LABEL``, ``generator:TOOL``, ``signature:SERVICE`` (a valid one over the
    pixels), ``watermark:NAME`` and ``camera:NAME``; ``iptc:unrecognised`` and
    ``generator:unrecognised`` where only that is known. Names from the file are cut at 64
    characters and escaped. A term is a claim of the file, not a finding.
    """
    values = {observation.name: observation.value for observation in observations}
    terms = _c2pa(values)
    terms += _iptc(values)
    terms += [f"aigc:{_name(label)}"] if isinstance(label := values.get("aigc.label"), str) else []
    terms += _generators(values)
    mark = values.get("watermark.mark")
    terms += [f"watermark:{_name(mark)}"] if isinstance(mark, str) else []
    terms += _camera(values)
    return tuple(dict.fromkeys(terms))


def _c2pa(values: Mapping[str, object]) -> list[str]:
    state = values.get("c2pa.state")
    if not isinstance(state, str):
        return ["c2pa"] if values.get("c2pa.present") else []
    types = [term for term in _list(values.get("c2pa.source_types")) if isinstance(term, str)]
    return [f"c2pa:{_name(term)}" for term in (state, *types)]


def _iptc(values: Mapping[str, object]) -> list[str]:
    names = [values.get("iptc.digital_source_type"), *_list(values.get("iptc.other_source_types"))]
    terms = [f"iptc:{_name(name)}" for name in names if isinstance(name, str)]
    return terms or (["iptc:unrecognised"] if values.get("iptc.unrecognised") else [])


def _generators(values: Mapping[str, object]) -> list[str]:
    tools = [values.get("generator.tool")]
    tools += [
        shape.get("tool")
        for shape in _list(values.get("generator.others"))
        if isinstance(shape, dict)
    ]
    tools += _list(values.get("c2pa.generators"))
    terms = [f"generator:{_name(tool)}" for tool in tools if isinstance(tool, str)]
    if values.get("generator.signature") == "valid":
        terms.append(f"signature:{_name(str(values.get('generator.signer')))}")
    return terms or (["generator:unrecognised"] if values.get("generator.unrecognised") else [])


def _camera(values: Mapping[str, object]) -> list[str]:
    """Return make and model as one name, without saying the make twice."""
    make, model = values.get("camera.make"), values.get("camera.model")
    if not isinstance(model, str):
        return [f"camera:{_name(make)}"] if isinstance(make, str) else []
    if isinstance(make, str) and make.split()[:1] and not _begins(model, make.split()[0]):
        return [f"camera:{_name(f'{make} {model}')}"]
    return [f"camera:{_name(model)}"]


def _begins(model: str, make: str) -> bool:
    return model.casefold().startswith(make.casefold())


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _name(text: str) -> str:
    # A semicolon separates terms where they stand in one cell: none may be made up.
    return printable(text[:_MAX_NAME]).replace(";", "\\x3b")
