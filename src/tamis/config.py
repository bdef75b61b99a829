"""Settings: defaults, then ``tamis.toml`` of the site, then the environment (``TAMIS_...``)."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def home() -> Path:
    """The site's folder: settings, hash lists that serve all cases, keys (``TAMIS_HOME``)."""
    return Path(os.environ.get("TAMIS_HOME") or platformdirs.user_data_dir("tamis"))


class Settings(BaseSettings):
    """Every setting, with its default; ``docs/settings.md`` explains them."""

    model_config = SettingsConfigDict(env_prefix="TAMIS_", extra="ignore", frozen=True)

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
    policy: Path | None = Field(default=None, description="Triage policy instead of the default.")

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
        toml = TomlConfigSettingsSource(settings_cls, home() / "tamis.toml")
        return (init_settings, env_settings, toml)


@cache
def settings() -> Settings:
    """The settings in force, read once."""
    return Settings()
