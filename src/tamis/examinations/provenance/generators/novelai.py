"""NovelAI: PNG text, EXIF in WebP, or hidden in alpha, with the parameters as JSON in a comment.

``Title`` is ``AI generated image`` or ``NovelAI generated image``, ``Software`` ``NovelAI``,
``Source`` the model, ``Description`` the prompt, ``Comment`` the JSON. In EXIF the software's name
stands in another tag than the model's, so all that is looked for is the name itself. Source:
NovelAI/novelai-image-metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamis.examinations.provenance.generators.keyed import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.generators.generation import Generation
    from tamis.examinations.provenance.metadata import EmbeddedText

_NAMES = {
    "model": ("source",),
    "prompt": ("prompt", "description"),
    "negative_prompt": ("uc",),
    "seed": ("seed",),
    "sampler": ("sampler",),
    "steps": ("steps",),
    "cfg": ("scale",),
    "width": ("width",),
    "height": ("height",),
}
_COMMENTS = frozenset({"png:comment", "exif:usercomment", "comment", "stealth:alpha:comment"})
_DESCRIPTIONS = frozenset({"png:description", "exif:imagedescription", "stealth:alpha:description"})
_TITLES = frozenset({"ai generated image", "novelai generated image"})
_MODELS = ("novelai diffusion", "stable diffusion")


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return the generation, where a text names NovelAI or a comment has its parameters."""
    short = [text for text in texts if len(text.text) <= 256]
    named = [text for text in short if _names_it(text.text)]
    comment = next((text for text in texts if _is_comment(text)), None)
    if not named:
        return None
    model = next((text for text in short if text.text.casefold().startswith(_MODELS)), None)
    described = next((text for text in texts if text.place.casefold() in _DESCRIPTIONS), None)
    document = comment.document if comment else None
    values: dict[str, object] = dict(document) if isinstance(document, dict) else {}
    values["source"] = model.text if model else ""
    values["description"] = described.text if described else ""
    used = (*named, model, described, comment)
    sources = tuple(dict.fromkeys(text for text in used if text is not None))
    return generation("NovelAI", sources, values, _NAMES)


def _names_it(text: str) -> bool:
    words = text.strip().casefold()
    return words == "novelai" or words.startswith("novelai diffusion") or words in _TITLES


def _is_comment(text: EmbeddedText) -> bool:
    return (
        text.place.casefold() in _COMMENTS
        and isinstance(text.document, dict)
        and {"uc", "sampler"} <= text.document.keys()
    )
