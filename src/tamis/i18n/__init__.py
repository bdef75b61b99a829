"""French and English: messages are written in English and looked up in a catalogue.

A catalogue is a TOML table ``"English" = "translation"``, so that translating needs no tool and
no build step. A test fails where a message of the code is missing from one.
"""

from __future__ import annotations

import locale
import os
import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "fr")
_current = "en"


def set_language(language: str) -> None:
    """Choose the language of all later messages, ``en`` or ``fr``."""
    global _current  # noqa: PLW0603 - the process speaks one language
    _current = language if language in LANGUAGES else "en"


def current_language() -> str:
    """The language in force."""
    return _current


def language_from_environment() -> str:
    """The language of the locale: ``LC_ALL``, ``LC_MESSAGES``, ``LANG``; else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "fr" if locale.normalize(value).lower().startswith("fr") else "en"
    return "en"


@cache
def catalogue(language: str) -> dict[str, str]:
    """The catalogue of `language`; empty for English."""
    if language == "en":
        return {}
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in tomllib.loads(text).items()}


def _(message: str, **values: object) -> str:
    """Return `message` in the language in force, with ``{name}`` fields filled in."""
    text = catalogue(_current).get(message, message)
    return text.format(**values) if values else text
