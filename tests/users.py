"""A user at a site of their own, who runs the real commands."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Site:
    """A user at a site of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.evidence = folder / "evidence"
        self.case = folder / "case"
        self.environment = os.environ | {"TAMIS_HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tamis", *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.environment, encoding="utf-8"
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: object, status: int = 0):
        return json.loads(self.run(*arguments, "--json", status=status).stdout)

    def queue(self) -> list[dict[str, str]]:
        text = self.run("queue", self.case, "--format", "csv").stdout
        return list(csv.DictReader(io.StringIO(text)))
