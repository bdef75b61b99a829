"""What the observations of a file come to as claims: of capture, of synthesis, of both at once.

The queue orders by these and the assessment weighs them. A claim is what the file says, true or
not; only those named ``signed`` rest on more than the file: on a signer whom the site trusts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tamis.model.origin import CAPTURES, HYBRIDS, SYNTHETICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamis.model import Observation

OBSERVATIONS = (
    "c2pa.present",
    "c2pa.state",
    "c2pa.source_types",
    "c2pa.trusted_source_types",
    "c2pa.generators",
    "c2pa.ingredients",
    "iptc.digital_source_type",
    "iptc.other_source_types",
    "iptc.unrecognised",
    "generator.tool",
    "generator.others",
    "generator.inputs",
    "generator.unrecognised",
    "generator.signature",
    "generator.signer",
    "watermark.mark",
    "jpeg.conclusion",
    "aigc.label",
    "camera.make",
    "camera.model",
    "camera.complete",
    "camera.serial",
    "camera.captured",
    "camera.exposure",
    "camera.from_xmp",
    "lineage.sources",
    "iptc.ai_credit",
    "c2pa.incomplete",
)
"""The observations that claims and the column ``declared`` are read from."""

_AGAINST_SYNTHESIS = frozenset(
    {
        "c2pa.incomplete",
        "c2pa.ingredients",
        "camera.captured",
        "camera.complete",
        "camera.exposure",
        "camera.from_xmp",
        "camera.make",
        "camera.model",
        "camera.serial",
        "iptc.ai_credit",
        "iptc.unrecognised",
        "lineage.sources",
    }
)
"""Observations any of which keeps a trusted claim of synthesis from lowering a picture."""

_INPUT = "inputTo"
_NO_PICTURES = ("application/octet-stream", "text/", "model/")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a file claims of its own making.

    Args:
        source_types: IPTC digital source types, in its metadata or in a C2PA manifest of any state.
        c2pa_state: ``trusted``, ``valid``, ``invalid``, ``unreadable``; empty without a manifest,
            ``present`` where it was never validated.
        c2pa_types: the source types in C2PA manifests.
        iptc_types: the source types in IPTC metadata.
        signed_types: the source types in the active manifest, where its signer is trusted.
        labelled: it carries a label, prescribed by law, that a model made it.
        generator: it carries the parameters of a generator.
        unrecognised_generator: or a text that looks like them.
        c2pa_generator: a C2PA manifest names a service that made it.
        signed_generator: the parameters bear a valid signature of the service over the pixels.
        watermark: its pixels carry the watermark of a generator.
        source_picture: a model made it from another picture.
        camera: it carries the whole metadata of a camera.
        untouched: the structure of the file is that of an untouched file of its camera.
        of_something: anything in the file speaks of a camera, of a source or of an edit, or of
            what cannot be told.
    """

    source_types: frozenset[str]
    c2pa_state: str
    c2pa_types: frozenset[str]
    iptc_types: frozenset[str]
    signed_types: frozenset[str]
    labelled: bool
    generator: bool
    unrecognised_generator: bool
    c2pa_generator: bool
    signed_generator: bool
    watermark: bool
    source_picture: bool
    camera: bool
    untouched: bool
    of_something: bool

    @property
    def of_generator(self) -> bool:
        """Anything in the file names a generator, or looks like one's."""
        return (
            self.generator or self.unrecognised_generator or self.c2pa_generator or self.watermark
        )

    @property
    def signed_capture(self) -> bool:
        """A trusted signer says that a camera captured it."""
        return not self.signed_types.isdisjoint(CAPTURES)

    @property
    def signed_synthetic(self) -> bool:
        """A trusted signer says that a model made it, and nothing in the file says from what.

        This alone may lower a picture. So whatever stands against it, or cannot be told, does.
        """
        said = self.signed_types | self.source_types
        return bool(self.signed_types) and said <= SYNTHETICS and not self.of_something


def claims(observations: Iterable[Observation]) -> Claims:
    """Return what the observations of one media come to."""
    values = {item.name: item.value for item in observations}
    c2pa = _terms(values.get("c2pa.source_types"))
    others = _items(values.get("iptc.other_source_types"))
    iptc = _terms([values.get("iptc.digital_source_type"), *others])
    state = values.get("c2pa.state") or ("present" if values.get("c2pa.present") else "")
    made_by_model = bool(values.get("c2pa.generators")) or not c2pa.isdisjoint(SYNTHETICS | HYBRIDS)
    conclusion = values.get("jpeg.conclusion")
    pictures = any(map(_is_picture, _items(values.get("c2pa.ingredients"))))
    untouched = isinstance(conclusion, dict) and conclusion.get("finding") == "untouched_camera"
    generations = [values.get("generator.inputs"), *_items(values.get("generator.others"))]
    inputs = any(map(_inputs, generations))
    edited = any(map(_edited, _items(values.get("iptc.ai_credit"))))
    return Claims(
        source_types=iptc | c2pa,
        c2pa_state=str(state),
        c2pa_types=c2pa,
        iptc_types=iptc,
        signed_types=_terms(values.get("c2pa.trusted_source_types")),
        labelled="aigc.label" in values,
        generator="generator.tool" in values,
        unrecognised_generator="generator.unrecognised" in values,
        c2pa_generator="c2pa.generators" in values,
        signed_generator=values.get("generator.signature") == "valid",
        watermark="watermark.mark" in values,
        source_picture=inputs or edited or (made_by_model and pictures),
        camera=values.get("camera.complete") is True,
        untouched=untouched,
        of_something=inputs or untouched or not values.keys().isdisjoint(_AGAINST_SYNTHESIS),
    )


def aged(said: Observation) -> Observation | None:
    """What an observation is worth that a version no longer in force made.

    Who is trusted is known only under the present list: a signer of an older one is one like any.
    """
    if said.name == "c2pa.trusted_source_types":
        return None
    if said.name == "c2pa.state" and said.value == "trusted":
        return replace(said, value="valid")
    return said


def _inputs(generation: object) -> bool:
    """Whether a generation began with a picture; the first one's are given as such."""
    return bool(generation.get("inputs") if isinstance(generation, dict) else generation)


def _edited(credit: object) -> bool:
    """Whether a credit says that AI edited a picture, which therefore was one before."""
    text = credit.get("text") if isinstance(credit, dict) else credit
    return str(text).strip().casefold().startswith("edited")


def _is_picture(ingredient: object) -> bool:
    """Whether an ingredient may be a picture: a model that was used is the only thing known not."""
    if not isinstance(ingredient, dict):
        return True
    kind = str(ingredient.get("format", ""))
    is_model = kind.startswith(_NO_PICTURES) and ingredient.get("relationship") == _INPUT
    return not is_model


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _terms(value: object) -> frozenset[str]:
    return frozenset(term for term in _items(value) if isinstance(term, str))
