"""The repository keeps its own rules."""

from __future__ import annotations

import ast
import re
import string
import subprocess
from typing import TYPE_CHECKING

import pytest
import typer.main

from conftest import ROOT
from tamis.assess import assessment, declarations
from tamis.assess.verbal import Strength
from tamis.cli.app import app
from tamis.cli.doctor import examine
from tamis.config import Settings, allowed
from tamis.i18n import catalogue
from tamis.model import FileState, ListKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCES = sorted((ROOT / "src").rglob("*.py"))
SHOW_HEADINGS = (
    "media", "files", "fingerprints", "known", "declared", "observations", "assessment", "links",
    "decisions",
)  # fmt: skip


def _messages(path: Path) -> Iterator[str]:
    """Every message of a module that goes through `_`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            message = node.args[0]
            if isinstance(message, ast.Constant) and isinstance(message.value, str):
                yield message.value


def _needed() -> set[str]:
    literal = {message for path in SOURCES for message in _messages(path)}
    literal |= {row.reason for row in declarations.table()}
    headings = set(examine()) | set(SHOW_HEADINGS)
    words = {word.value for kind in (FileState, ListKind) for word in kind}
    assessed = {word.value.replace("_", " ") for word in Strength}
    assessed |= {*declarations.PROPOSITIONS, assessment.DECLARATIONS, assessment.PIXELS}
    return literal | words | headings | assessed


def test_every_message_has_its_french() -> None:
    assert sorted(_needed() - catalogue("fr").keys()) == []


def test_the_catalogue_holds_nothing_dead() -> None:
    details = {name for group in examine().values() for name in group}
    assert sorted(catalogue("fr").keys() - _needed() - details) == []


def test_translations_keep_the_fields() -> None:
    def fields(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    for english, french in catalogue("fr").items():
        assert fields(english) == fields(french), english


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    command = typer.main.get_command(app)
    for name, sub in command.commands.items():
        members = getattr(sub, "commands", {"": sub})
        for member, leaf in members.items():
            title = f"tamis {name} {member}".strip()
            assert f"## `{title}" in text, title
            section = text.split(f"## `{title}", 1)[1].split("\n## ", 1)[0]
            for parameter in leaf.params:
                for option in parameter.opts:
                    if option.startswith("--"):
                        assert f"`{option}" in section, f"{title} {option}"


def _shown(default: object) -> str:
    """A default as TOML has it."""
    if isinstance(default, bool):
        return str(default).lower()
    return "none" if default is None else str(default)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert (
            f"| `{name}` | {_shown(field.default)} | {allowed(name)} | {field.description} |"
            in text
        )


def test_links_between_documents_hold() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} → {target}"


def test_no_picture_in_git_but_those_of_the_documents() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    pictures = re.compile(r"\.(jpe?g|png|gif|webp|avif|heic|tiff?|bmp|mp4|mov)$", re.IGNORECASE)
    found = [name for name in done.stdout.splitlines() if pictures.search(name)]
    assert [name for name in found if not name.startswith("docs/")] == []
