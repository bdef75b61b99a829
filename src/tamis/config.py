"""Settings: defaults, then ``tamis.toml`` of the site, then the environment (``TAMIS_...``)."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import annotated_types
import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from tamis.errors import SettingsError
from tamis.i18n import _
from tamis.model import InstalledDetector, Resources

_PREFIX = "TAMIS_"
_NOT_SETTINGS = {"HOME", "MATCHING", "CORPUS"}
"""Variables with the same prefix that are read elsewhere."""


def home() -> Path:
    """The site's folder: settings, hash lists for all cases, detectors, keys (``TAMIS_HOME``)."""
    return Path(os.environ.get("TAMIS_HOME") or platformdirs.user_data_dir("tamis"))


def detectors_folder() -> Path:
    """Where the site's detectors are, each in a folder of its own; it need not exist."""
    return home() / "detectors"


def fit_file() -> Path:
    """Where the site's own fit of the pixel scores is; it need not exist."""
    return home() / "pixels.json"


class Settings(BaseSettings):
    """Every setting, with its default; ``docs/settings.md`` explains them."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    workers: int = Field(default=0, ge=0, description="Worker processes; 0: one per core.")
    timeout_s: float = Field(default=30.0, gt=0, description="Deadline of one file, in seconds.")
    worker_memory_mib: int = Field(
        default=2048, ge=512, description="Address space of one worker, in MiB."
    )
    max_pixels: int = Field(
        default=220_000_000, gt=0, description="Pictures with more pixels are not decoded."
    )
    max_image_mib: int = Field(
        default=512, gt=0, description="Image files larger than this are only digested."
    )
    archive_members: int = Field(
        default=1_000_000, gt=0, description="Members read of one archive; the rest is one entry."
    )
    archive_ratio: int = Field(
        default=200, gt=0, description="Unpacked to packed size above which a member is a bomb."
    )
    archive_depth: int = Field(default=2, ge=0, description="Archives in archives: 1 plus nested.")
    nested_archive_mib: int = Field(
        default=256, gt=0, description="Largest archive within an archive, in MiB."
    )
    pdq_distance: int = Field(
        default=31, ge=0, le=31, description="Bits by which a PDQ may differ and still match."
    )
    pdq_quality: int = Field(
        default=50, ge=0, le=100, description="PDQ fingerprints below this quality never match."
    )
    strict_pdq: bool = Field(
        default=False, description="Make PDQ by the reference route (slower, identical bits)."
    )
    prior_capture: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Probability of a camera capture before any evidence, for `p_capture`.",
    )
    policy: Path | None = Field(default=None, description="Triage policy instead of the default.")
    c2pa_trust_list: Path | None = Field(
        default=None,
        description="Authorities whose C2PA signers are trusted (PEM).",
    )

    def resources(self) -> Resources:
        """Read the files that examinations need.

        Raises:
            SettingsError: one cannot be read, or is not what it should be.
        """
        path = self.c2pa_trust_list
        return Resources(_certificates(path) if path else "", _detectors())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources of settings: arguments, environment, file."""
        from_file = InitSettingsSource(settings_cls, _read(settings_file()))
        return (init_settings, env_settings, from_file)


def settings_file() -> Path:
    """Where the site's settings are; it need not exist."""
    return home() / "tamis.toml"


@cache
def settings() -> Settings:
    """The settings in force, read once.

    Raises:
        SettingsError: the file cannot be read, or a key is unknown or has a value that cannot be.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise _explained(error) from error


def allowed(name: str) -> str:
    """What a setting may be, in words: ``a whole number, at least 512``."""
    field = Settings.model_fields[name]
    kinds: dict[object, str] = {
        int: _("a whole number"),
        float: _("a number"),
        bool: _("true or false"),
    }
    words = [kinds.get(field.annotation, _("a path"))]
    for limit in field.metadata:
        match limit:
            case annotated_types.Ge():
                words.append(_("at least {number}", number=limit.ge))
            case annotated_types.Gt():
                words.append(_("above {number}", number=limit.gt))
            case annotated_types.Lt():
                words.append(_("below {number}", number=limit.lt))
            case annotated_types.Le():
                words.append(_("at most {number}", number=limit.le))
    return ", ".join(words)


def meaningless_variables() -> list[str]:
    """Variables of the environment that look like settings and are none: perhaps misspelt."""
    known = {name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith(_PREFIX) and name.upper().removeprefix(_PREFIX) not in known
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            _("{file}: cannot be read: {reason}", file=path, reason=error.strerror)
        ) from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SettingsError(
            _("{file}: not valid TOML: {reason}", file=path, reason=error)
        ) from error
    for key in given:
        if key not in Settings.model_fields:
            known = ", ".join(Settings.model_fields)
            raise SettingsError(
                _("{file}: {key}: unknown; known are {known}", file=path, key=key, known=known)
            )
    for key in ("policy", "c2pa_trust_list"):
        if isinstance(name := given.get(key), str):
            # A site's files lie beside its settings, wherever commands are run.
            given[key] = path.parent / name if name else None
    return given


def _certificates(path: Path) -> str:
    """The text of a file of certificates in PEM."""
    # Loaded here: it takes every command 0.1 s, and few sites have a list.
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - see above
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - see above

    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            _("{file}: cannot be read: {reason}", file=path, reason=error.strerror)
        ) from error
    try:
        found = load_pem_x509_certificates(data)
    except ValueError as error:
        raise SettingsError(
            _("{file}: not a list of certificates in PEM: {reason}", file=path, reason=error)
        ) from error
    # Written anew: what else a text editor left in the file is nothing a validator understands.
    return "".join(item.public_bytes(Encoding.PEM).decode() for item in found)


def _detectors() -> tuple[InstalledDetector, ...]:
    """The detectors that were added to the site, by name."""
    found = []
    for path in sorted(detectors_folder().glob("*/card.json")):
        if path.parent.name.startswith("."):
            continue  # being added
        try:
            found.append(InstalledDetector(str(path.parent), path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(
                _("{file}: cannot be read: {reason}", file=path, reason=error.strerror)
            ) from error
        except ValueError as error:
            raise SettingsError(
                _("{file}: cannot be read: {reason}", file=path, reason=error)
            ) from error
    return tuple(found)


def _explained(error: ValidationError) -> SettingsError:
    wrong = error.errors(include_url=False)[0]
    key = str(wrong["loc"][0])
    variables = (name for name in os.environ if name.upper() == _PREFIX + key.upper())
    place = next(variables, f"{settings_file()}: {key}")
    return SettingsError(
        _(
            "{place}: must be {allowed}, not {value!r}",
            place=place,
            allowed=allowed(key),
            value=wrong["input"],
        )
    )
