"""Services that write little more than their name: Midjourney, Grok, Google and others.

Midjourney writes its command line with a job number into the description; Grok a signature and a
number; the others only name themselves in fields meant for that. IPTC 2025.1 has properties for the
system used and what it was asked. A name in a caption is none of these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tamis.examinations.provenance.evidence import digits
from tamis.examinations.provenance.generators.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tamis.examinations.provenance.metadata import EmbeddedText

_DESCRIPTIONS = frozenset({"png:Description", "exif:ImageDescription", "xmp:description"})
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_JOB = "Job ID: "
_OPTION = re.compile(r"\s--(\w+)(?:\s+([^\s-]\S*))?")
_SIGNATURE = re.compile(r"Signature: [A-Za-z0-9+/=_-]{64,}")
_LONGEST = 64 * 1024

_GOOGLE = {"made with google ai": "Google AI", "edited with google ai": "Google AI"}
_NAMED = {
    "exif:Make": {"ideogram ai": "Ideogram", "aphrodite ai": "Aphrodite AI"},
    "exif:Software": {"reve.com": "Reve", "adobe firefly": "Adobe Firefly"},
    "xmp:CreatorTool": {"reve.com": "Reve", "adobe firefly": "Adobe Firefly"},
    "xmp:Credit": _GOOGLE,
    "iptc:Credit": _GOOGLE,
}
"""Place to the beginning of the text, in lower case, to the name of the tool."""


def read(texts: Sequence[EmbeddedText]) -> Generation | None:
    """Return what the first of these services declares."""
    return _midjourney(texts) or _grok(texts) or _system(texts) or _named(texts)


def _midjourney(texts: Sequence[EmbeddedText]) -> Generation | None:
    for source in texts:
        said, mark, job = source.text[:_LONGEST].partition(_JOB)
        if source.place not in _DESCRIPTIONS or not mark or not re.match(_UUID, job):
            continue
        prompt, _, rest = f" {said}".partition(" --")
        options = {key: value for key, value in _OPTION.findall(f" --{rest}") if value}
        version = next((f"{key} {options[key]}" for key in ("v", "niji") if key in options), "")
        author = tuple(text for text in texts if text.place == "png:Author")
        if said.strip() and not options and not author:  # other people number their jobs too
            continue
        return Generation(
            "Midjourney",
            (source, *author),
            model=version,
            prompt=prompt.strip(),
            seed=digits(options.get("seed")),
        )
    return None


def _grok(texts: Sequence[EmbeddedText]) -> Generation | None:
    signed = [
        text
        for text in texts
        if text.place == "exif:ImageDescription" and _SIGNATURE.fullmatch(text.text.strip())
    ]
    numbered = [
        text
        for text in texts
        if text.place == "exif:Artist" and re.fullmatch(_UUID, text.text.strip().casefold())
    ]
    return Generation("Grok", (signed[0], numbered[0])) if signed and numbered else None


def _system(texts: Sequence[EmbeddedText]) -> Generation | None:
    by_place = {text.place: text for text in reversed(texts)}
    used = by_place.get("xmp:AISystemUsed")
    if used is None or not used.text.strip():
        return None
    version = by_place.get("xmp:AISystemVersionUsed")
    prompt = by_place.get("xmp:AIPromptInformation")
    return Generation(
        used.text.strip(),
        tuple(text for text in (used, version, prompt) if text is not None),
        model=version.text if version else "",
        prompt=prompt.text if prompt else "",
    )


def _named(texts: Sequence[EmbeddedText]) -> Generation | None:
    for source in texts:
        said = source.text[:256].strip().casefold()
        for beginning, tool in _NAMED.get(source.place, {}).items():
            if said.startswith(beginning):
                return Generation(tool, (source,))
    return None
