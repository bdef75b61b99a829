"""``tamis doctor``."""

from __future__ import annotations

import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer

from tamis import __version__, registry
from tamis.cli.output import as_json, say
from tamis.cli.site import site_folder
from tamis.config import detectors_folder, home, meaningless_variables, settings, settings_file
from tamis.errors import TamisError
from tamis.i18n import _, current_language

LIBRARIES = (
    "numpy",
    "numba",
    "onnxruntime",
    "pillow",
    "pillow-heif",
    "simplejpeg",
    "sqlalchemy",
    "cryptography",
)


def doctor(
    json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Say what works on this machine."""
    found = examine()
    if json:
        say(as_json(found))
    else:
        for heading, details in found.items():
            say(_(heading))
            for name, value in details.items():
                say(f"  {_(name)}: {_word(value)}")
    if found["plug-ins that failed"] or found["settings that are wrong"]:
        raise typer.Exit(1)


def examine() -> dict[str, dict[str, Any]]:
    """Look at everything that decides what Tamis can do here."""
    plugins = {group: registry.load(group) for group in registry.GROUPS}
    return {
        "versions": {
            "tamis": __version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        }
        | {name: _version(name) for name in LIBRARIES},
        "decoders": _decoders(),
        "confinement of workers": _confinement(),
        "plug-ins": {
            group: ", ".join(f"{name} {kind.version}" for name, kind in loaded.found.items())
            for group, loaded in plugins.items()
        },
        "plug-ins that failed": {
            name: reason for loaded in plugins.values() for name, reason in loaded.failed.items()
        },
        "places": {
            "settings": str(settings_file()),
            "hash lists": str(site_folder()),
            "detectors": str(detectors_folder()),
            "keys": str(home() / "keys"),
        },
        "fit of the pixels": _fit(),
        **_settings(),
        "variables that mean nothing": dict.fromkeys(meaningless_variables(), _("misspelt?")),
    }


def _settings() -> dict[str, dict[str, Any]]:
    from tamis.pipeline.fit_in_force import in_force
    from tamis.triage.policy import load_policy

    wrong, values = {}, {"language": current_language()}
    try:
        values = settings().model_dump(mode="json") | values
        load_policy(settings().policy)
        settings().resources()
        in_force()
    except TamisError as error:
        wrong = {type(error).__name__: str(error)}
    return {"settings": values, "settings that are wrong": wrong}


def _fit() -> dict[str, Any]:
    from tamis.pipeline.fit_in_force import described, in_force

    try:
        found = described(in_force())
    except TamisError as error:
        return {"state": str(error)}
    told = {
        "version": found["version"],
        "of this site": found["of_this_site"],
        "Cllr": {name: item["cllr"] for name, item in found["strata"].items()},
        "sha256": found["sha256"],
    }
    return told | ({"not used": found["refused"]} if found["refused"] else {})


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _decoders() -> dict[str, bool]:
    from PIL import features

    return {
        "JPEG": importlib.util.find_spec("simplejpeg") is not None,
        "PNG, GIF, BMP, TIFF": bool(features.check("zlib")),
        "WebP": bool(features.check("webp")),
        "AVIF": bool(features.check("avif")),
        "JPEG 2000": bool(features.check("jpg_2000")),
        "HEIC": importlib.util.find_spec("pillow_heif") is not None,
        "RAW (extra raw)": importlib.util.find_spec("rawpy") is not None,
    }


def _confinement() -> dict[str, Any]:
    from tamis.isolate.confinement import probe

    found = probe()
    return {
        "level": found.level.value,
        "landlock": found.landlock,
        "seccomp": found.seccomp,
        "limits": ", ".join(found.limits),
        "reasons": "; ".join(found.reasons),
    }


def _word(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _("nothing") if value is None else str(value)
